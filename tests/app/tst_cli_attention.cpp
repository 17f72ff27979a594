#include "cli_runner.h"
#include "clip_maker.h"
#include "index_clip.h"
#include "media/frame_source.h"
#include "media/video_writer.h"
#include "onnx_file.h"
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

    /// Ten pictures a second, with the glosses below while they are signed.
    void aGifCarriesAttentionAndGlosses() {
        const QString path = at("attention.gif");
        const Outcome outcome = runCli({"attention", LIVEGLOSS_SOURCE_DIR "/resources/samples/sample-1.mp4", "--what",
                                        "spatial", "--to", "1.5", "--normalise", "absolute", "--output", path});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        const SteadyClock clock;
        const auto source = media::openSource({media::SourceKind::File, path.toStdString()}, clock).value();
        QCOMPARE(source->info().width, 480);
        int frames = 0;
        bool named = false;
        while (const auto frame = source->read().value()) {
            const Frame& picture = **frame;
            int white = 0;
            for (int y = 484; y < 524; ++y) { // below the picture of 480 x 480
                for (int x = 0; x < picture.width; ++x) {
                    white += picture.rgb[static_cast<std::size_t>(y * picture.width + x) * 3] > 200 ? 1 : 0;
                }
            }
            QVERIFY(frames > 2 || white == 0);
            named = named || white > 100;
            ++frames;
        }
        QVERIFY(std::abs(frames - 15) <= 1);
        QVERIFY(named);
    }

    void aGifThatWouldBeTooLargeIsRefused() {
        const QString path = at("long.gif");
        const QString clip = at("long.mp4");
        auto writer = media::createVideo(clip.toStdString(), {.width = 32, .height = 32, .fps = 2.0, .crf = 40});
        const std::vector<std::uint8_t> rgb(32 * 32 * 3, 40);
        for (int frame = 0; frame < 40; ++frame) {
            QVERIFY((*writer)->write(rgb.data()).has_value());
        }
        QVERIFY((*writer)->close().has_value());
        const Outcome refused = runCli({"attention", clip, "--model", model_, "--no-captions", "--output", path});
        QVERIFY(refused.code != 0);
        QVERIFY2(refused.err.contains(QStringLiteral("at most 15 s")), qPrintable(refused.err));
        QVERIFY(!QFile::exists(path));
        const Outcome backwards =
            runCli({"attention", clip, "--model", model_, "--from", "3", "--to", "2", "--output", path});
        QVERIFY(backwards.err.contains(QStringLiteral("--to is not after --from")));
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

    /// Frames 12 to 18 of 50 a second lie in this span, of which the model sees every second.
    void valuesOfASpanAndOfTheFrozenBackbone() {
        const QString path = at("span.csv");
        const Outcome outcome =
            attention({"--what", "frozen-only", "--from", "0.23", "--to", "0.37", "--output", path});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QStringList frames;
        for (const QString& line : QString::fromUtf8(file.readAll()).split('\n', Qt::SkipEmptyParts)) {
            const QStringList cells = line.split(',');
            if (cells.size() == 7 && cells[0] != QStringLiteral("frame")) {
                QVERIFY2(cells[2].startsWith(QStringLiteral("frozen")), qPrintable(line));
                frames.append(cells[0]);
            }
        }
        frames.removeDuplicates();
        QCOMPARE(frames, QStringList({"12", "14", "16", "18"}));
        const Outcome curves = attention({"--what", "frozen-over-time", "--no-captions", "--output", at("frozen.csv")});
        QVERIFY2(curves.code == 0, qPrintable(curves.err));
        QFile csv(at("frozen.csv"));
        QVERIFY(csv.open(QIODevice::ReadOnly));
        QVERIFY(csv.readAll().contains("frozen backbone, block 2 of 2"));
    }

    /// What goes on after the clip's end is as long as the clip.
    void aSpanOfAGifMayEndAfterTheClip() {
        const QStringList rest{"--what", "spatial", "--no-captions", "--normalise", "absolute", "--output"};
        const Outcome outcome = attention(rest + QStringList{at("short.gif"), "--to", "100"});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        // A file that does not say how long it is.
        QVERIFY(test::writeIndexClip(at("endless.mp4").toStdString(), 20 * 5, 5.0, 64, 64).isEmpty());
        livegloss::test::ClipEdits edits;
        edits.muxerOptions = "live=1";
        QCOMPARE(test::remux(at("endless.mp4").toStdString(), at("endless.mkv").toStdString(), edits), QString());
        const SteadyClock clock;
        const auto source =
            media::openSource({media::SourceKind::File, at("endless.mkv").toStdString()}, clock).value();
        QVERIFY(!source->info().duration);
        const Outcome refused =
            runCli(QStringList{"attention", at("endless.mkv"), "--model", model_} + rest + QStringList{at("e.gif")});
        QVERIFY(refused.code != 0);
        QVERIFY2(refused.err.contains(QStringLiteral("at most 15 s")), qPrintable(refused.err));
        QVERIFY(!QFile::exists(at("e.gif")));
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
        QTest::newRow("curves as a video") << QStringList{"--what", "over-time", "--output", "x.mp4"} << "x.mp4";
        QTest::newRow("a span of curves")
            << QStringList{"--what", "over-time", "--from", "1", "--output", "x.png"} << "--from and --to";
        QTest::newRow("a span of a sheet")
            << QStringList{"--frames", "1", "--from", "1", "--output", "x.png"} << "--from and --to";
        QTest::newRow("a span of chosen frames")
            << QStringList{"--frames", "1", "--to", "1", "--output", "x.csv"} << "--from and --to";
        QTest::newRow("glosses of values") << QStringList{"--no-captions", "--output", "x.csv"} << "--no-captions";
        QTest::newRow("a span after the clip")
            << QStringList{"--what", "spatial", "--from", "9", "--output", at("x.csv")} << "no frame in this span";
        QTest::newRow("regions of a sheet")
            << QStringList{"--frames", "1", "--regions", "opencv", "--output", "x.png"} << "--what over-time";
        QTest::newRow("unknown regions") << QStringList{"--what",    "over-time", "--regions",
                                                        "hands.txt", "--output",  "x.png"}
                                         << "hands.txt";
        QTest::newRow("no number") << QStringList{"--from", "nan", "--output", "x.mp4"} << "--from";
        QTest::newRow("a region outside")
            << QStringList{"--what", "over-time", "--region", "50,0,60,50", "--output", "x.png"} << "--region";
    }
    void wrongUseIsExplained() {
        QFETCH(QStringList, arguments);
        QFETCH(QString, says);
        const Outcome outcome = attention(arguments);
        QCOMPARE(outcome.code, 2);
        QVERIFY2(outcome.err.contains(says), qPrintable(outcome.err));
        QVERIFY(!QFile::exists("x.png") && !QFile::exists("x.mp4"));
    }

    void curvesAreMeasuredWithADetectorOfOnesOwn() {
        test::OnnxNetwork network;
        test::OnnxOutput output;
        output.name = "boxes";
        output.shape = {1, 8, 6};
        for (int box = 0; box < 8; ++box) {
            output.values.insert(output.values.end(), {32.0F, 32.0F, 64.0F, 64.0F, 1.0F, 0.9F});
        }
        network.outputs = {output};
        QFile detector(at("own.onnx"));
        QVERIFY(detector.open(QIODevice::WriteOnly));
        detector.write(QByteArray::fromStdString(network.bytes()));
        detector.close();
        const QStringList curves{"--what",   "over-time",     "--no-captions", "--regions", detector.fileName(),
                                 "--output", at("curves.csv")};
        const Outcome unnamed = attention(curves);
        QVERIFY2(unnamed.code != 0 && unnamed.err.contains("own.json"), qPrintable(unnamed.err));
        QVERIFY(!QFile::exists(at("curves.csv")));
        QFile settings(at("own.json"));
        QVERIFY(settings.open(QIODevice::WriteOnly));
        settings.write("{\"hands\": [0]}");
        settings.close();
        const Outcome outcome = attention(curves + QStringList{"--region", "0,0,100,100"});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        QFile csv(at("curves.csv"));
        QVERIFY(csv.open(QIODevice::ReadOnly));
        const QStringList lines = QString::fromUtf8(csv.readAll()).split('\n', Qt::SkipEmptyParts);
        QVERIFY(lines.contains("# hands and face: \"hands and face found by own.onnx, may be wrong\""));
        QVERIFY(lines.size() > 10);
        // A hand as large as the picture takes all of the attention, and so does the region.
        const QStringList cells = lines.last().split(',');
        QVERIFY2(std::abs(cells[2].toDouble() - 1.0) < 1e-4 && cells[3].isEmpty() &&
                     std::abs(cells[4].toDouble() - 1.0) < 1e-4,
                 qPrintable(lines.last()));
        const Outcome drawing = attention({"--what", "over-time", "--output", at("curves.svg")});
        QVERIFY2(drawing.code == 0, qPrintable(drawing.err));
        QVERIFY(QFile(at("curves.svg")).size() > 2000);
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
            const double off = row["class_token_and_prefixes"]["percent"];
            QVERIFY(row["hands_and_face_of_all"]["percent"].get<double>() <= both + 1e-6 || off < 1e-6);
            QVERIFY(row["busier_hand"]["percent"].get<double>() <= row["hands"]["percent"].get<double>() + 0.5);
            const double in = row["hands_and_face_in_signs"]["percent"];
            const double between = row["hands_and_face_between_signs"]["percent"];
            QVERIFY(std::min(in, between) <= both + 1e-6 && both <= std::max(in, between) + 1e-6);
        }
        // The gain is adapted less frozen; with one clip it has no spread.
        for (int block = 0; block < 2; ++block) {
            const auto& gain = report["adapted_less_frozen"][static_cast<std::size_t>(block)]["hands_and_face"];
            const auto of = [&](int kind) {
                return report["attention"][static_cast<std::size_t>(block * 3 + kind)]["hands_and_face"]["percent"]
                    .get<double>();
            };
            QVERIFY(std::abs(gain["percent"].get<double>() - (of(1) - of(0))) < 1e-6);
        }
    }
};

QTEST_GUILESS_MAIN(TestCliAttention)
#include "tst_cli_attention.moc"
