#include "cli_runner.h"
#include "clip_maker.h"
#include "index_clip.h"
#include "media/frame_source.h"
#include "media/video_writer.h"
#include "random_model.h"

#include <QFile>
#include <QImage>
#include <QTemporaryDir>
#include <QTest>
#include <nlohmann/json.hpp>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace livegloss;

namespace {

/// What a run of the command that must succeed holds in memory at its peak; negative where it fails (Linux).
double peakMegabytes(const QStringList& arguments) {
    std::vector<QByteArray> texts{LIVEGLOSS_CLI};
    for (const QString& argument : arguments) {
        texts.push_back(argument.toUtf8());
    }
    std::vector<char*> words;
    for (QByteArray& text : texts) {
        words.push_back(text.data());
    }
    words.push_back(nullptr);
    pid_t child = 0;
    int status = 0;
    rusage usage{};
    if (::posix_spawn(&child, words.front(), nullptr, nullptr, words.data(), environ) != 0 ||
        ::wait4(child, &status, 0, &usage) != child || status != 0) {
        return -1.0;
    }
    return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

} // namespace

/// `attention` and `attention-check`, as a person calls them.
class TestCliAttention : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    QString clip_;
    QString model_;

    QString at(const char* name) const { return folder_.filePath(QString::fromLatin1(name)); }
    Outcome attention(QStringList arguments) const {
        return runCli(QStringList{"attention", clip_, "--model", model_} + arguments);
    }

private slots:
    void initTestCase() {
        clip_ = at("clip.mp4");
        model_ = at("model.safetensors");
        auto writer = media::createVideo(clip_.toStdString(), {.width = 96, .height = 64, .fps = 50.0, .crf = 28});
        QVERIFY(writer.has_value());
        for (int frame = 0; frame < 24; ++frame) {
            std::vector<std::uint8_t> rgb(96 * 64 * 3, 40);
            for (std::size_t x = 0; x < 20; ++x) {
                rgb[(20 * 96 + x + static_cast<std::size_t>(frame) * 3) * 3] = 220;
            }
            QVERIFY((*writer)->write(rgb.data()).has_value());
        }
        QVERIFY((*writer)->close().has_value());
        test::RandomModel model(11);
        QVERIFY(model.save(model_.toStdString()).has_value());
    }

    void sheetsOfEveryKind_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("name");
        QTest::newRow("figure 3") << QStringList{} << "a.png";
        QTest::newRow("spatial, aggregation query")
            << QStringList{"--what", "spatial", "--query", "aggregation", "--block", "1"} << "b.svg";
        QTest::newRow("difference, one head, per frame")
            << QStringList{"--what", "difference", "--head", "1", "--normalise", "frame"} << "c.pdf";
        QTest::newRow("figure 4, from a patch, absolute")
            << QStringList{"--what", "cross-frame", "--query", "patch:2,3", "--normalise", "absolute"} << "d.png";
        QTest::newRow("contour lines") << QStringList{"--colours", "contours"} << "e.png";
    }
    void sheetsOfEveryKind() {
        QFETCH(QStringList, arguments);
        QFETCH(QString, name);
        const QString path = folder_.filePath(name);
        const Outcome outcome = attention(arguments + QStringList{"--frames", "4,10,99", "--output", path});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        QVERIFY(QFile(path).size() > 2000);
        if (name.endsWith("png")) {
            QVERIFY(QImage(path).width() > 1000);
        }
    }

    void aVideoCarriesTheAttention() {
        const QString path = at("attention.mp4");
        const Outcome outcome = attention({"--what", "difference", "--output", path});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        const SteadyClock clock;
        const auto source = media::openSource({media::SourceKind::File, path.toStdString()}, clock).value();
        QVERIFY(source->info().width >= 480);
        int frames = 0;
        while (source->read().value()) {
            ++frames;
        }
        QCOMPARE(frames, 24);
    }

    /// The model sees every second frame of this video: frame 5 is shown as frame 4, and named so.
    void valuesNameTheFrameThatTheNetworkSaw() {
        const QString path = at("values.csv");
        const Outcome outcome = attention({"--what", "spatial", "--frames", "5", "--output", path});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        double sum = 0.0;
        int values = 0;
        for (const QString& line : QString::fromUtf8(file.readAll()).split('\n', Qt::SkipEmptyParts)) {
            const QStringList cells = line.split(',');
            if (cells.size() == 7 && cells[0] != QStringLiteral("frame")) {
                QCOMPARE(cells[0], QStringLiteral("4"));
                QCOMPARE(cells[1], QStringLiteral("0.08"));
                sum += cells[6].toDouble();
                ++values;
            }
        }
        QCOMPARE(values, 16 + 2);
        QVERIFY(std::abs(sum - 1.0) < 1e-5);
    }

    void withoutFramesValuesOfAllAreWritten() {
        const QString path = at("values.safetensors");
        const Outcome outcome = attention({"--what", "cross-frame", "--output", path});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        const auto reader = tensorfile::SafetensorsReader::open(path.toStdString()).value();
        QCOMPARE(reader.find("cross-frame")->shape, (tensorfile::Shape{12, 5, 4, 4}));
        QVERIFY(reader.metadata().contains("temporal weight"));
    }

    /// Pictures of 6 MB a frame: kept to the end, 50 of them would be seen.
    void valuesOfLongVideosTakeLittleMemory() {
        QVERIFY(test::writeIndexClip(at("long.mp4").toStdString(), 50, 25.0, 1920, 1080).isEmpty());
        QVERIFY(test::writeIndexClip(at("short.mp4").toStdString(), 5, 25.0, 1920, 1080).isEmpty());
        const auto peakOf = [&](const QString& clip) {
            return peakMegabytes({"attention", clip, "--model", model_, "--what", "spatial", "--output", at("v.csv")});
        };
        const double few = peakOf(at("short.mp4"));
        const double many = peakOf(at("long.mp4"));
        QVERIFY(few > 0.0 && many > 0.0);
        QVERIFY2(many < few + 150.0, qPrintable(QString("%1 MB, %2 MB").arg(few).arg(many)));
    }

    /// Ten frames at 25 a second, ten at a quarter of that: 2 s, not the 0.8 s that their number would make.
    void videosKeepTheMomentsOfFramesThatComeLate() {
        QVERIFY(test::writeIndexClip(at("even.mp4").toStdString(), 20).isEmpty());
        livegloss::test::ClipEdits edits;
        edits.retime = [](std::int64_t time) { return time < 400 ? time : 400 + 4 * (time - 400); };
        QCOMPARE(test::remux(at("even.mp4").toStdString(), at("uneven.mp4").toStdString(), edits), QString());
        const QString path = at("uneven-attention.mp4");
        const Outcome outcome = runCli({"attention", at("uneven.mp4"), "--model", model_, "--output", path});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        const SteadyClock clock;
        const auto source = media::openSource({media::SourceKind::File, path.toStdString()}, clock).value();
        MediaTime last{0};
        while (const auto frame = source->read().value()) {
            last = (*frame)->time;
        }
        QVERIFY2(last > std::chrono::milliseconds(1850) && last < std::chrono::milliseconds(2050),
                 qPrintable(QString::number(toSeconds(last))));
    }

    void theInputIsNeverTheOutput() {
        QVERIFY(QFile::link(clip_, at("link.mp4")));
        const qint64 size = QFileInfo(clip_).size();
        const Outcome outcome = attention({"--output", at("link.mp4")});
        QCOMPARE(outcome.code, 2);
        QVERIFY2(outcome.err.contains("link.mp4"), qPrintable(outcome.err));
        QCOMPARE(QFileInfo(clip_).size(), size);
        QCOMPARE(runCli({"recognize", clip_, "--model", model_, "--output", clip_}).code, 2);
        QCOMPARE(QFileInfo(clip_).size(), size);
    }

    /// Told before the model is even opened.
    void outputsAreTriedFirst() {
        const Outcome outcome =
            runCli({"attention", clip_, "--model", at("none.safetensors"), "--output", at("no/such/folder/x.csv")});
        QCOMPARE(outcome.code, 5);
    }

    void wrongUseIsExplained_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("says");
        QTest::newRow("kind of file") << QStringList{"--frames", "1", "--output", "x.bmp"} << "x.bmp";
        QTest::newRow("no frames") << QStringList{"--output", "x.png"} << "--frames";
        QTest::newRow("frames of a video") << QStringList{"--frames", "1", "--output", "x.mp4"} << "--frames";
        QTest::newRow("block") << QStringList{"--frames", "1", "--block", "9", "--output", "x.png"} << "2 blocks";
        QTest::newRow("head") << QStringList{"--frames", "1", "--head", "two", "--output", "x.png"} << "1 heads";
        QTest::newRow("patch") << QStringList{"--frames", "1", "--query", "patch:5,1", "--output", "x.png"}
                               << "from 1 to 4";
        QTest::newRow("query") << QStringList{"--frames", "1", "--query", "hand", "--output", "x.png"} << "hand";
        QTest::newRow("frozen aggregation")
            << QStringList{"--frames", "1", "--query", "aggregation", "--output", "x.png"} << "--what spatial";
    }
    void wrongUseIsExplained() {
        QFETCH(QStringList, arguments);
        QFETCH(QString, says);
        const Outcome outcome = attention(arguments);
        QCOMPARE(outcome.code, 2);
        QVERIFY2(outcome.err.contains(says), qPrintable(outcome.err));
        QVERIFY(!QFile::exists("x.png") && !QFile::exists("x.mp4"));
    }

    void theCheckCountsAttentionOnHandsAndFace() {
        const Outcome outcome = runCli({"attention-check", "--clips", "1", "--model", model_, "--json"});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        const auto report = nlohmann::json::parse(outcome.out.toStdString());
        QCOMPARE(report["attention"].size(), std::size_t{2 * 3});
        const double area = report["hands_and_face_area"]["percent"];
        QVERIFY(area > 2.0 && area < 25.0);
        for (const auto& row : report["attention"]) {
            const double both = row["hands_and_face"]["percent"];
            QVERIFY(both > 0.0 && both <= 100.0);
            QVERIFY(std::abs(both - row["hands"]["percent"].get<double>() - row["face"]["percent"].get<double>()) <
                    1e-6);
        }
    }
};

QTEST_GUILESS_MAIN(TestCliAttention)
#include "tst_cli_attention.moc"
