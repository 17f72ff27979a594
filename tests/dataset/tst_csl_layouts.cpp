#include "layout_summaries.h"

#include <QTemporaryDir>

using namespace livegloss;
using namespace livegloss::dataset;
using namespace small;

class TestCslLayouts : public QObject {
    Q_OBJECT

private slots:
    void cslDaily() {
        const QTemporaryDir folder;
        small::cslDaily(folder.path());
        const auto data = open(folder.path());
        QVERIFY2(data, data ? "" : data.error().message.c_str());
        QCOMPARE(data->layout, Layout::CslDaily);
        // What no split names is trained on, as in published work.
        QCOMPARE(summaries(*data),
                 (QStringList{"train S000001_P0000_T00 P0000: A B", "train S000007_P0001_T00 P0001: B C D",
                              "dev S000003_P0001_T00 P0001: C", "test S000004_P0000_T00 P0000: D A"}));
        QCOMPARE(data->clips[0].announcedFrames, std::optional(30));
        QCOMPARE(relativeMedia(*data, 0), QStringLiteral("sentence/frames_512x512/S000001_P0000_T00"));
    }

    void cslDailyWithAListThatIsCutOffIsRefused() {
        const QTemporaryDir folder;
        small::cslDaily(folder.path());
        small::write(folder.filePath("sentence_label/split_1.txt"),
                     "name|split\nS000001_P0000_T00|train\nS000003_P0001_T00|dev\n");
        const auto data = open(folder.path());
        QVERIFY(!data);
        const QString message = QString::fromStdString(data.error().message);
        QVERIFY2(message.contains("split_1.txt names no split for 2 of the clips") &&
                     message.contains("S000004_P0000_T00"),
                 qPrintable(message));
    }

    void cslByLists() {
        const QTemporaryDir folder;
        small::csl(folder.path());
        QDir().mkpath(folder.filePath("color/000/P01_s1_00_0_color"));
        const auto data = open(folder.path());
        QVERIFY2(data, data ? "" : data.error().message.c_str());
        QCOMPARE(data->layout, Layout::Csl);
        QCOMPARE(summary(data->clips[0]), QStringLiteral("train 000/P01_s1_00_0_color P01: A B"));
        QCOMPARE(relativeMedia(*data, 0), QStringLiteral("color/000/P01_s1_00_0_color"));
        QCOMPARE(summary(data->clips[2]), QStringLiteral("dev 000/P41_s1_00_0_color P41: A B"));
    }

    void cslAsShipped() {
        const QTemporaryDir folder;
        small::write(folder.filePath("corpus.txt"), "000 A B\n001 B C D\n");
        small::write(folder.filePath("color/000/P01_s1_00_0_color.avi"), "x");
        small::write(folder.filePath("color/000/P41_s1_00_0_color.avi"), "x");
        small::write(folder.filePath("color/001/P40_s1_01_0_color.avi"), "x");
        const auto data = open(folder.path());
        QVERIFY2(data, data ? "" : data.error().message.c_str());
        QCOMPARE(summaries(*data),
                 (QStringList{"train 000/P01_s1_00_0_color P01: A B", "train 001/P40_s1_01_0_color P40: B C D",
                              "test 000/P41_s1_00_0_color P41: A B"}));
        QVERIFY(!data->clips[0].pictures);
    }

    /// Lists of published work name clips by one number, under a folder of their machine.
    void cslByListsOfNumberedClips() {
        const QTemporaryDir folder;
        small::write(folder.filePath("train.txt"),
                     "/disk1/CSL_Continuous/video250|A B\n/disk1/CSL_Continuous/video7|C\n");
        small::write(folder.filePath("dev.txt"), "/disk1/CSL_Continuous/video12|B A\n");
        QVERIFY(QDir().mkpath(folder.filePath("video250")));
        QVERIFY(QDir().mkpath(folder.filePath("CSL_Continuous/video12")));
        const auto data = open(folder.path());
        QVERIFY2(data, data ? "" : data.error().message.c_str());
        QCOMPARE(summaries(*data),
                 (QStringList{"train CSL_Continuous/video250 unknown: A B", "train CSL_Continuous/video7 unknown: C",
                              "dev CSL_Continuous/video12 unknown: B A"}));
        QCOMPARE(relativeMedia(*data, 0), QStringLiteral("video250"));
        QCOMPARE(relativeMedia(*data, 1), QStringLiteral("video7"));
        QCOMPARE(relativeMedia(*data, 2), QStringLiteral("CSL_Continuous/video12"));
        QCOMPARE(data->protocol, Protocol::Csl);
    }

    /// Sentences without spaces are divided by the words of dictionary.txt; folders have as many zeros as they like.
    void cslAsShippedUndivided() {
        const QTemporaryDir folder;
        small::write(folder.filePath("corpus.txt"), "000000 他的同学是警察\n000001 他妈妈的同学\n");
        small::write(folder.filePath("color/000000/P01_s1_00_0_color.avi"), "x");
        small::write(folder.filePath("color/000001/P01_s1_01_0_color.avi"), "x");
        const auto lacking = open(folder.path());
        QVERIFY(!lacking && lacking.error().message.find("no dictionary.txt") != std::string::npos);
        const char* words = "000\t他\n001\t的\n002\t同学（同窗、学友）\n003\t是\n004\t妈妈\n";
        small::write(folder.filePath("dictionary.txt"), words);
        const auto uncovered = open(folder.path());
        QVERIFY(!uncovered);
        QVERIFY2(uncovered.error().message.find("corpus.txt, line 1: \"他的同学是警察\"") != std::string::npos,
                 uncovered.error().message.c_str());
        small::write(folder.filePath("dictionary.txt"), QByteArray(words) + "005\t警察\n");
        const auto data = open(folder.path());
        QVERIFY2(data, data ? "" : data.error().message.c_str());
        QCOMPARE(summaries(*data), (QStringList{"train 000000/P01_s1_00_0_color P01: 他 的 同学 是 警察",
                                                "train 000001/P01_s1_01_0_color P01: 他 妈妈 的 同学"}));
        // 他妈 + 妈 as well as 他 + 妈妈.
        small::write(folder.filePath("dictionary.txt"), QByteArray(words) + "005\t警察\n006\t他妈\n007\t妈\n");
        const auto ambiguous = open(folder.path());
        QVERIFY(!ambiguous && ambiguous.error().message.find("in one way") != std::string::npos);
    }

    void cslVideosBesideTheirPicturesCountOnce() {
        const QTemporaryDir folder;
        small::write(folder.filePath("corpus.txt"), "000 A B\n");
        small::write(folder.filePath("color/000/P01_s1_00_0_color.avi"), "x");
        QVERIFY(QDir().mkpath(folder.filePath("color/000/P01_s1_00_0_color")));
        QVERIFY(QDir().mkpath(folder.filePath("color/000/P02_s1_00_0_color")));
        const auto data = open(folder.path());
        QVERIFY2(data, data ? "" : data.error().message.c_str());
        QCOMPARE(summaries(*data),
                 (QStringList{"train 000/P01_s1_00_0_color P01: A B", "train 000/P02_s1_00_0_color P02: A B"}));
        QVERIFY(!data->clips[0].pictures && data->clips[1].pictures);
    }

    void cslWithGapsAndLitter() {
        const QTemporaryDir folder;
        small::write(folder.filePath("corpus.txt"), "000 A B\n001 B C D\n002 C\n");
        small::write(folder.filePath("color/000/P01_s1_00_0_color.avi"), "x");
        for (const char* litter : {".DS_Store", "Thumbs.db", "Photos.txt", "desktop.ini"}) {
            small::write(folder.filePath(QString("color/000/") + litter), "x");
        }
        QVERIFY(QDir().mkpath(folder.filePath("color/001")));
        const auto data = open(folder.path());
        QVERIFY2(data, data ? "" : data.error().message.c_str());
        // Sentences without a clip stay in the list, so that a check can say that they are missing.
        QCOMPARE(summaries(*data), (QStringList{"train 000/P01_s1_00_0_color P01: A B", "train 001 unknown: B C D",
                                                "train 002 unknown: C"}));
        QCOMPARE(relativeMedia(*data, 2), QStringLiteral("color/002"));
    }
};

QTEST_GUILESS_MAIN(TestCslLayouts)
#include "tst_csl_layouts.moc"
