#include "clip_maker.h"
#include "dataset/check.h"
#include "dataset_media.h"
#include "index_clip.h"
#include "media/picture_folder.h"
#include "media/rate_resampler.h"
#include "model/model_config.h"
#include "small_datasets.h"

#include <QImage>
#include <QTemporaryDir>
#include <memory>
#include <random>

using namespace livegloss;
using namespace livegloss::dataset;

namespace {

/// Pictures named as the corpora name theirs; picture i is of grey 5 * i.
void drawPictures(const QString& folder, int count, const QString& ending = "png", int width = 26, int height = 32) {
    QVERIFY(QDir().mkpath(folder));
    for (int i = 0; i < count; ++i) {
        QImage image(width, height, QImage::Format_RGB888);
        image.fill(QColor(5 * i, 5 * i, 5 * i));
        QVERIFY(image.save(QStringLiteral("%1/images%2.%3").arg(folder).arg(i + 1, 4, 10, QChar('0')).arg(ending)));
    }
}

/// Every clip of the data set gets pictures.
void drawAll(const Dataset& data, int count, const QString& ending = "png") {
    for (const Clip& clip : data.clips) {
        drawPictures(QString::fromStdString(clip.media.string()), count, ending);
    }
}

Dataset open(const QString& root) {
    return openDataset(root.toStdString()).value();
}

CheckReport check(const Dataset& data, bool quick = false, std::vector<std::string> vocabulary = {}) {
    CheckOptions options;
    options.probe = [quick](const Clip& clip) { return cli::probeMedia(clip, quick); };
    options.stepsOf = [](const MediaFacts& facts) { return model::temporalSteps(2, facts.frames + 12); };
    options.vocabulary = std::move(vocabulary);
    return checkDataset(data, options).value();
}

QStringList problems(const CheckReport& report) {
    QStringList list;
    for (const Finding& finding : report.findings) {
        list << QString::fromStdString(problemKey(finding.problem) + " " + finding.clip);
    }
    return list;
}

} // namespace

class TestDatasetCheck : public QObject {
    Q_OBJECT

private slots:
    void wholeDatasetsAreFine_data() {
        QTest::addColumn<int>("layout");
        for (const Layout layout : allLayouts()) {
            if (layout != Layout::Synth) {
                QTest::newRow(std::string(layoutKey(layout)).c_str()) << static_cast<int>(layout);
            }
        }
    }
    void wholeDatasetsAreFine() {
        QFETCH(int, layout);
        const QTemporaryDir folder;
        switch (static_cast<Layout>(layout)) {
        case Layout::Phoenix2014:
            small::phoenix2014(folder.path());
            break;
        case Layout::Phoenix2014Si5:
            small::phoenix2014(folder.path(), ".SI5");
            break;
        case Layout::Phoenix2014T:
            small::phoenix2014T(folder.path());
            break;
        case Layout::CslDaily:
            small::cslDaily(folder.path());
            break;
        case Layout::Csl:
            small::csl(folder.path());
            break;
        default:
            small::table(folder.path());
            for (const char* name : {"one", "two", "three", "four"}) {
                drawPictures(folder.filePath(name), 30);
            }
        }
        const Dataset data = open(folder.path());
        QCOMPARE(static_cast<int>(data.layout), layout);
        const bool jpeg = data.layout == Layout::CslDaily || data.layout == Layout::Csl;
        drawAll(data, 30, jpeg ? "jpg" : "png");
        const CheckReport report = check(open(folder.path()));
        QVERIFY2(report.findings.empty(), qPrintable(problems(report).join(", ")));
        QCOMPARE(report.splits.at("train").clips, 2);
        QCOMPARE(report.splits.at("train").signers, 2);
        QCOMPARE(report.splits.at("train").glosses, 5);
        QCOMPARE(report.splits.at("train").frames, 60);
        QCOMPARE(check(open(folder.path()), true).splits.at("train").frames, 60);
    }

    void everythingWrongIsFound() {
        const QTemporaryDir folder;
        small::write(folder.filePath("dataset.tsv"), "path\tglosses\tsplit\n"
                                                     "fine\tA B C\ttrain\n"
                                                     "missing\tA\ttrain\n"
                                                     "empty\tA\ttrain\n"
                                                     "damaged\tA\ttrain\n"
                                                     "sizes\tA\ttrain\n"
                                                     "silent\t\ttrain\n"
                                                     "short\tA A A B B C\tdev\n"
                                                     "new\tA X Y\tdev\n");
        for (const char* name : {"fine", "damaged", "sizes", "silent", "new"}) {
            drawPictures(folder.filePath(name), 30);
        }
        drawPictures(folder.filePath("short"), 16);
        QVERIFY(QDir().mkpath(folder.filePath("empty")));
        small::write(folder.filePath("damaged/images0017.png"), "this is no picture");
        QImage other(40, 40, QImage::Format_RGB888);
        other.fill(Qt::black);
        QVERIFY(other.save(folder.filePath("sizes/images0020.png")));
        const CheckReport report = check(open(folder.path()));
        QCOMPARE(problems(report), (QStringList{"media_missing missing", "media_missing empty",
                                                "media_unreadable damaged", "media_unreadable sizes",
                                                "no_glosses silent", "too_short short", "out_of_vocabulary new"}));
        const auto message = [&](std::size_t i) { return QString::fromStdString(report.findings[i].message); };
        QVERIFY2(message(2).contains("images0017.png"), qPrintable(message(2)));
        QVERIFY2(message(3).contains("images0020.png is 40x40, not 26x32"), qPrintable(message(3)));
        QVERIFY2(message(5).contains("need 9"), qPrintable(message(5)));
        QVERIFY2(message(6).contains("X, Y: not in the training part"), qPrintable(message(6)));
        QVERIFY(report.findings[6].place.ends_with("dataset.tsv, line 9"));
    }

    /// The number of frames at a rate is that which training gets, whatever the two rates.
    void framesAtAnotherRateAreThoseOfTheResampler() {
        const unsigned seed = std::random_device{}();
        qInfo("seed %u", seed);
        std::mt19937 random(seed);
        std::uniform_int_distribution<int> rates(5, 60);
        for (int round = 0; round < 300; ++round) {
            const MediaFacts facts{2 + static_cast<int>(random() % 200), static_cast<double>(rates(random))};
            const double fps = round < 3 ? facts.fps : rates(random);
            media::RateResampler resampler(fps);
            std::size_t given = 0;
            for (int i = 0; i < facts.frames; ++i) {
                auto frame = std::make_shared<Frame>();
                frame->time = fromSeconds(i / facts.fps);
                given += resampler.push(frame).size();
            }
            given += resampler.finish().size();
            QCOMPARE(atRate(facts, fps).frames, static_cast<int>(given));
        }
        QCOMPARE(atRate({120, 30.0}, 25.0).frames, 100);
        QCOMPARE(atRate({0, 30.0}, 25.0).frames, 0);
    }

    void clipsAreTooShortAtTheRateOfTraining() {
        const QTemporaryDir folder;
        small::write(folder.filePath("train.txt"), "000/a|A B C D\n");
        small::write(folder.filePath("dev.txt"), "000/b|A\n");
        for (const char* clip : {"000/a", "000/b"}) {
            drawPictures(folder.filePath(clip), 16, "jpg");
        }
        const Dataset data = open(folder.path());
        CheckOptions options;
        options.probe = [](const Clip& clip) { return cli::probeMedia(clip, false); };
        options.stepsOf = [](const MediaFacts& facts) { return facts.frames / 4; };
        QVERIFY(checkDataset(data, options)->findings.empty());
        options.fps = 25.0;
        const auto report = checkDataset(data, options);
        QCOMPARE(problems(*report), QStringList{"too_short 000/a"});
        const QString message = QString::fromStdString(report->findings[0].message);
        QVERIFY2(message.startsWith("14 frames at 25 a second give 3 steps"), qPrintable(message));
    }

    void framesAndGlossesAreHeldAgainstWhatIsAnnounced() {
        const QTemporaryDir folder;
        small::cslDaily(folder.path());
        const Dataset data = open(folder.path());
        drawAll(data, 28, "jpg");
        QCOMPARE(problems(check(data)).filter("fewer_frames").size(), 4);
        QCOMPARE(problems(check(data, true, {"A", "B", "C"})).filter("out_of_vocabulary"),
                 (QStringList{"out_of_vocabulary S000007_P0001_T00", "out_of_vocabulary S000004_P0000_T00"}));
    }

    void checksCanBeStopped() {
        const QTemporaryDir folder;
        small::table(folder.path());
        CheckOptions options;
        options.cancelled = [] { return true; };
        QCOMPARE(checkDataset(open(folder.path()), options).error().code, ErrorCode::Cancelled);
    }

    void picturesComeInTheOrderOfTheirNumbers() {
        const QTemporaryDir folder;
        for (const int number : {9, 10, 1, 100, 2}) {
            QImage image(8, 8, QImage::Format_RGB888);
            image.fill(QColor(number, number, number));
            QVERIFY(image.save(folder.filePath(QStringLiteral("%1.png").arg(number))));
        }
        small::write(folder.filePath("readme.txt"), "no picture");
        const SteadyClock clock;
        auto source = media::openPictureFolder(folder.path().toStdString(), 25.0, clock);
        QVERIFY(source);
        QList<int> greys;
        for (;;) {
            auto frame = (*source)->read();
            QVERIFY2(frame, frame ? "" : frame.error().message.c_str());
            if (!*frame) {
                break;
            }
            QCOMPARE((**frame)->time, fromSeconds(static_cast<double>(greys.size()) / 25.0));
            greys << (**frame)->rgb[0];
        }
        QCOMPARE(greys, (QList<int>{1, 2, 9, 10, 100}));
        QVERIFY((*source)->seek(fromSeconds(3.0 / 25.0)));
        QCOMPARE(static_cast<int>((***(*source)->read()).rgb[0]), 10);
    }

    /// As a video does: the picture that is on show then, the last one after the end.
    void seeksShowThePictureOfTheMoment() {
        const QTemporaryDir folder;
        drawPictures(folder.path(), 50);
        const SteadyClock clock;
        auto source = media::openPictureFolder(folder.path().toStdString(), 30.0, clock);
        QVERIFY(source);
        const auto at = [&](MediaTime time) {
            return (*source)->seek(time) ? (***(*source)->read()).index : std::int64_t{-1};
        };
        for (int i = 0; i < 50; ++i) {
            const MediaTime start = fromSeconds(i / 30.0);
            QCOMPARE(at(start), std::int64_t{i});
            QCOMPARE(at(start + std::chrono::milliseconds(33)), std::int64_t{i});
            QCOMPARE(at(start - MediaTime(1)), std::int64_t{std::max(0, i - 1)});
        }
        QCOMPARE(at(std::chrono::hours(1)), std::int64_t{49});
        QVERIFY((*source)->read() && !*(*source)->read());
    }

    /// As browsers and some recorders write them.
    void videosThatDoNotStateTheirLengthAreCounted() {
        const QTemporaryDir folder;
        const std::string stated = folder.filePath("stated.mp4").toStdString();
        QCOMPARE(livegloss::test::writeIndexClip(stated, 40), QString());
        livegloss::test::ClipEdits edits;
        edits.muxerOptions = "live=1";
        QCOMPARE(livegloss::test::remux(stated, folder.filePath("a.mkv").toStdString(), edits), QString());
        Clip clip;
        clip.media = folder.filePath("a.mkv").toStdString();
        QCOMPARE(cli::probeMedia(clip, true).value().frames, 40);
        clip.endSeconds = 0.8;
        QCOMPARE(cli::probeMedia(clip, true).value().frames, 20);
    }

    /// Of 60 frames the last are gone. A part counts what it lacks itself.
    void mediaThatIsCutOffIsFound() {
        const QTemporaryDir folder;
        QCOMPARE(livegloss::test::writeIndexClip(folder.filePath("whole.mp4").toStdString(), 60), QString());
        QFile whole(folder.filePath("whole.mp4"));
        QVERIFY(whole.open(QIODevice::ReadOnly));
        small::write(folder.filePath("cut.mp4"), whole.read(whole.size() * 8 / 10));
        small::write(folder.filePath("dataset.tsv"), "path\tglosses\tstart\tend\tid\n"
                                                     "whole.mp4\tA\t\t\twhole\n"
                                                     "cut.mp4\tA\t\t\tcut\n"
                                                     "cut.mp4\tA\t0.4\t0.8\tbefore\n"
                                                     "cut.mp4\tA\t0.8\t1.5\tacross\n"
                                                     "cut.mp4\tA\t1.6\t2.0\tbehind\n");
        const Dataset data = open(folder.path());
        const CheckReport report = check(data, false, {"A"});
        QCOMPARE(problems(report).filter("media_"),
                 (QStringList{"media_damaged cut", "media_damaged across", "media_unreadable behind"}));
        const auto read = [&](std::size_t clip) {
            int frames = 0;
            const auto losses = cli::forEachFrame(data.clips[clip], [&](const FramePtr&) -> Result<void> {
                ++frames;
                return {};
            });
            return std::pair(frames, losses ? static_cast<int>(losses->frames) : -1);
        };
        const auto [frames, lost] = read(1);
        QVERIFY(lost > 0);
        QCOMPARE(frames + lost, 60);
        const auto [partFrames, partLost] = read(3);
        QVERIFY2(partLost > 0 && partLost < lost, qPrintable(QString::number(partLost)));
        QVERIFY(std::abs(partFrames + partLost - 17) <= 1); // 0.7 s
        QCOMPARE(read(0), (std::pair{60, 0}));
        QCOMPARE(read(2), (std::pair{10, 0}));
        const QString message = QString::fromStdString(report.findings.front().message);
        QVERIFY2(message.contains("cut.mp4") && message.contains(QString::number(lost) + " frames are missing"),
                 qPrintable(message));
    }

    void spansOfAClipBeginAtZero() {
        const QTemporaryDir folder;
        drawPictures(folder.filePath("clip"), 25);
        Clip clip;
        clip.media = folder.filePath("clip").toStdString();
        clip.pictures = true;
        clip.startSeconds = 0.2;
        clip.endSeconds = 0.6;
        QList<int> greys;
        QList<qint64> times;
        const auto read = cli::forEachFrame(clip, [&](const FramePtr& frame) -> Result<void> {
            greys << frame->rgb[0] / 5;
            times << frame->time.count();
            return {};
        });
        QVERIFY(read);
        QCOMPARE(greys, (QList<int>{5, 6, 7, 8, 9, 10, 11, 12, 13, 14}));
        QCOMPARE(times.front(), 0);
        clip.startSeconds = 5.0;
        clip.endSeconds = 6.0;
        QVERIFY(!cli::forEachFrame(clip, [](const FramePtr&) -> Result<void> { return {}; }));
    }
};

QTEST_GUILESS_MAIN(TestDatasetCheck)
#include "tst_dataset_check.moc"
