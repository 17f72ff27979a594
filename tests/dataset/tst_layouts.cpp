#include "dataset/check.h"
#include "dataset/dataset.h"
#include "dataset/vocabulary.h"
#include "layout_summaries.h"

#include <QTemporaryDir>
#include <algorithm>
#include <random>

using namespace livegloss;
using namespace livegloss::dataset;
using namespace small;

class TestLayouts : public QObject {
    Q_OBJECT

private slots:
    void phoenix2014() {
        const QTemporaryDir folder;
        small::phoenix2014(folder.path());
        const auto data = open(folder.path());
        QVERIFY2(data, data ? "" : data.error().message.c_str());
        QCOMPARE(data->layout, Layout::Phoenix2014);
        QCOMPARE(summaries(*data),
                 (QStringList{"train one_default-0 Signer01: A B", "train two_default-1 Signer02: B C D",
                              "dev three_default-0 Signer01: C", "test four_default-0 Signer02: D A"}));
        QCOMPARE(relativeMedia(*data, 1), QStringLiteral("features/fullFrame-210x260px/train/two_default-1/1"));
        QVERIFY(data->clips[0].pictures);
        QVERIFY(listedAt(data->clips[1]).ends_with("train.corpus.csv, line 3"));
        QCOMPARE(data->splits(), (std::vector<std::string>{"train", "dev", "test"}));
    }

    void phoenix2014SignerIndependent() {
        const QTemporaryDir folder;
        const QString root = folder.filePath("phoenix-2014-signerindependent-SI5");
        small::phoenix2014(root, ".SI5");
        QDir().mkpath(folder.filePath("phoenix-2014-multisigner/features/fullFrame-210x260px"));
        // The pictures are those of the other corpus where it lies beside this one.
        const QString shared =
            QFileInfo(folder.filePath("phoenix-2014-multisigner/features/fullFrame-210x260px")).canonicalFilePath();
        for (const QString& name : {root, root + "/", root + "/."}) {
            const auto data = open(name);
            QVERIFY2(data, data ? "" : data.error().message.c_str());
            QCOMPARE(data->layout, Layout::Phoenix2014Si5);
            QCOMPARE(QDir::cleanPath(QString::fromStdString(data->clips[0].media.string())),
                     shared + "/train/one_default-0/1");
        }
        // Of no other corpus.
        small::phoenix2014T(folder.filePath("phoenix-2014-T"));
        QCOMPARE(relativeMedia(*open(folder.filePath("phoenix-2014-T")), 0),
                 QStringLiteral("features/fullFrame-210x260px/train/one-1"));
    }

    void phoenix2014T() {
        const QTemporaryDir folder;
        small::phoenix2014T(folder.path());
        const auto data = open(folder.path());
        QVERIFY2(data, data ? "" : data.error().message.c_str());
        QCOMPARE(data->layout, Layout::Phoenix2014T);
        QCOMPARE(summary(data->clips[3]), QStringLiteral("test four-4 Signer02: D A"));
        QCOMPARE(relativeMedia(*data, 3), QStringLiteral("features/fullFrame-210x260px/test/four-4"));
    }

    /// The copy that the released preparation makes comes before the pictures that it is made from.
    void phoenixTakesPreparedPictures() {
        const QTemporaryDir folder;
        small::phoenix2014(folder.path());
        QVERIFY(QDir().mkpath(folder.filePath("features/fullFrame-210x260px")));
        QCOMPARE(relativeMedia(*open(folder.path()), 0),
                 QStringLiteral("features/fullFrame-210x260px/train/one_default-0/1"));
        QVERIFY(QDir().mkpath(folder.filePath("features/fullFrame-256x256px")));
        QCOMPARE(relativeMedia(*open(folder.path()), 0),
                 QStringLiteral("features/fullFrame-256x256px/train/one_default-0/1"));
    }

    void phoenixLeavesOutTheBrokenClip() {
        const QTemporaryDir folder;
        small::phoenix2014(folder.path());
        const QString list = folder.filePath("annotations/manual/train.corpus.csv");
        QFile file(list);
        QVERIFY(file.open(QIODevice::Append));
        const char* broken = "13April_2011_Wednesday_tagesschau_default-14";
        file.write(QByteArray(broken) + "|" + broken + "/1/*.png|Signer04|A B\n");
        file.close();
        const auto data = open(folder.path());
        QVERIFY2(data, data ? "" : data.error().message.c_str());
        QVERIFY(std::ranges::none_of(data->clips, [&](const Clip& clip) { return clip.id == broken; }));
        QVERIFY(data->notes.size() == 1 && data->notes[0].starts_with(broken));
        QCOMPARE(data->protocol, Protocol::Phoenix);
    }

    void protocolsOfTablesStandBesideThem() {
        const QTemporaryDir folder;
        small::write(folder.filePath("dataset.tsv"), "path\tglosses\na.mp4\tA\n");
        QCOMPARE(open(folder.path())->protocol, Protocol::None);
        QVERIFY(open(folder.path())->notes.empty());
        small::write(folder.filePath("copies.tsv"), "path\n"); // a copy, of a version that did not say it
        QCOMPARE(open(folder.path())->notes.size(), std::size_t(1));
        small::write(folder.filePath("scoring-protocol.txt"), "phoenix\n");
        QCOMPARE(open(folder.path())->protocol, Protocol::Phoenix);
        QVERIFY(open(folder.path())->notes.empty());
        small::write(folder.filePath("scoring-protocol.txt"), "fenix\n");
        const auto wrong = open(folder.path());
        QVERIFY(!wrong && wrong.error().message.find("scoring-protocol.txt, line 1") != std::string::npos);
    }

    void tables() {
        const QTemporaryDir folder;
        small::table(folder.path());
        const auto data = open(folder.path());
        QVERIFY2(data, data ? "" : data.error().message.c_str());
        QCOMPARE(data->layout, Layout::Table);
        QCOMPARE(summaries(*data), (QStringList{"train one anna: A B", "train two ben: B C D", "dev three@0.2 anna: C",
                                                "test four ben: D A"}));
        QCOMPARE(data->clips[2].startSeconds, 0.2);
        QCOMPARE(data->clips[2].endSeconds, std::optional(1.0));
    }

    /// As editors leave them that drop tabs at the end of a line, and as docs/datasets.md shows.
    void rowsOfATableMayEndEarly() {
        const QTemporaryDir folder;
        const QByteArray heading = "path\tglosses\tsplit\tsigner\tstart\tend\n";
        small::write(folder.filePath("dataset.tsv"),
                     heading + "a.mp4\tA B\ttrain\tanna\nb.mp4\tC\tdev\tben\t1.20\t4.85\nc.mp4\tD\n");
        const auto data = open(folder.path());
        QVERIFY2(data, data ? "" : data.error().message.c_str());
        QCOMPARE(summaries(*data), (QStringList{"train a anna: A B", "dev b@1.20 ben: C", "train c unknown: D"}));
        for (const char* row : {"a.mp4\n", "a.mp4\tA\ttrain\tanna\t1\t2\t3\n"}) {
            small::write(folder.filePath("dataset.tsv"), heading + row);
            const auto refused = open(folder.path());
            QVERIFY2(!refused && refused.error().message.find("line 2: expected 6 columns") != std::string::npos, row);
        }
    }

    void filesOfADataSetAreItsListsAndVideos() {
        const QTemporaryDir folder;
        small::write(folder.filePath("dataset.tsv"), "path\tglosses\na.mp4\tA\npictures\tB\n");
        QVERIFY(QDir().mkpath(folder.filePath("pictures")));
        QCOMPARE(filesOf(*open(folder.path())),
                 (std::vector<std::string>{folder.filePath("a.mp4").toStdString(),
                                           folder.filePath("dataset.tsv").toStdString()}));
    }

    void synthFolders() {
        const QTemporaryDir folder;
        small::write(folder.filePath("dev.stm"), "dev-1-00000 1 anna 0 2 A B\ndev-1-00001 1 ben 0 2 C\n");
        small::write(folder.filePath("dev.json"),
                     R"({"clips": [{"id": "dev-1-00000", "file": "dev/dev-1-00000.mp4", "fps": 25.0, "frames": 50,
                         "spans": [{"gloss": "A", "firstFrame": 5, "lastFrame": 14}]}]})");
        const auto data = open(folder.path());
        QVERIFY2(data, data ? "" : data.error().message.c_str());
        QCOMPARE(data->layout, Layout::Synth);
        QCOMPARE(data->clips[0].spans.size(), 1U);
        QCOMPARE(data->clips[0].spans[0].endSeconds, 0.6);
        QCOMPARE(relativeMedia(*data, 1), QStringLiteral("dev/dev-1-00001.mp4"));
    }

    void badListsAreRefusedWithTheirLine_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QByteArray>("contents");
        QTest::addColumn<QString>("expected");
        const QString phoenix = "annotations/manual/train.corpus.csv";
        const QByteArray heading = "id|folder|signer|annotation\n";
        QTest::newRow("heading") << phoenix << QByteArray("id|signer\n") << "line 1: expected the columns id|folder";
        QTest::newRow("empty") << phoenix << QByteArray() << "is empty";
        QTest::newRow("columns") << phoenix << heading + "a|a/1/*.png|s\n"
                                 << "line 2: expected 4 columns, not 3";
        QTest::newRow("no name") << phoenix << heading + "|a/1/*.png|s|A\n"
                                 << "line 2: the clip has no name";
        QTest::newRow("twice") << phoenix << heading + "a|a/1|s|A\n\na|a/1|s|A\n"
                               << "line 4: the clip \"a\" is listed twice";
        QTest::newRow("in two splits") << phoenix << heading + "three_default-0|a/1|s|A\n"
                                       << "dev.corpus.csv, line 2: the clip";
        QTest::newRow("outside") << phoenix << heading + "a|../../etc/*.png|s|A\n"
                                 << "line 2: \"../../etc/*.png\"";
        QTest::newRow("absolute") << phoenix << heading + "a|/etc/1|s|A\n"
                                  << "line 2: \"/etc/1\" is no path inside";
        QTest::newRow("name outside") << phoenix << heading + "../../x|a/1|s|A\n"
                                      << "line 2: \"../../x\" is no path inside";
        QTest::newRow("not UTF-8") << phoenix << heading + "a|a/1|s|\xff\xfe\n"
                                   << "line 2: this is no text";
        QTest::newRow("zero byte") << phoenix << heading + QByteArray("a|a/1|s|A\0B\n", 12)
                                   << "line 2: this is no text";
        const QString map = "sentence_label/video_map.txt";
        const QByteArray columns = "index|name|length|gloss|char|word|postag\n";
        QTest::newRow("length") << map << columns + "0|S1|many|A|a|a|n\n"
                                << "line 2: \"many\" is no number of frames";
        QTest::newRow("split") << "sentence_label/split_1.txt" << QByteArray("name|split\nS1|validation\n")
                               << "line 2: \"validation\" is no split";
        QTest::newRow("split twice") << "sentence_label/split_1.txt" << QByteArray("name|split\nS1|dev\nS1|dev\n")
                                     << "line 3: \"S1\" is listed twice";
        QTest::newRow("lists") << "train.txt" << QByteArray("a/b/c\n") << "line 1: expected a path and glosses";
        const QString table = "dataset.tsv";
        QTest::newRow("column") << table << QByteArray("path\tglosses\tsinger\n") << "line 1: \"singer\" is no column";
        QTest::newRow("column missing") << table << QByteArray("path\tsplit\n")
                                        << "line 1: the column glosses is missing";
        QTest::newRow("column twice") << table << QByteArray("path\tpath\tglosses\n") << "line 1: the column path is";
        QTest::newRow("time") << table << QByteArray("path\tglosses\tstart\na\tA\tsoon\n")
                              << "line 2: \"soon\" is no time";
        QTest::newRow("end before start") << table << QByteArray("path\tglosses\tstart\tend\na\tA\t2\t1\n")
                                          << "line 2: \"1\" is no end after the start";
        QTest::newRow("rate") << table << QByteArray("path\tglosses\tfps\na\tA\tfast\n")
                              << "line 2: \"fast\" is no number of pictures a second";
        QTest::newRow("absolute name") << table << QByteArray("path\tglosses\tid\na\tA\t/tmp/x\n")
                                       << "line 2: \"/tmp/x\" is no path inside";
        QTest::newRow("other split") << table << QByteArray("path\tglosses\tsplit\na\tA\tvalid\n")
                                     << "line 2: \"valid\" is no split";
        QTest::newRow("space in a name") << table << QByteArray("path\tglosses\nmy clip.mp4\tA\n")
                                         << "line 2: the name \"my clip\" holds a space";
        QTest::newRow("only a heading") << table << QByteArray("path\tglosses\n") << "lists no clips";
        QTest::newRow("reference") << "dev.stm" << QByteArray("a 1 s 0 1 A\nb 1 s zero 1 A\n") << "dev.stm, line 2";
        QTest::newRow("reference in Latin-1") << "dev.stm" << QByteArray("a 1 s 0 1 A\nb 1 s 0 1 \xC4RGER\n")
                                              << "dev.stm, line 2: this is no text in UTF-8";
        QTest::newRow("reference with a zero byte")
            << "dev.stm" << QByteArray("a 1 s 0 1 A\0B\n", 14) << "dev.stm, line 1: this is no text in UTF-8";
        QTest::newRow("truth") << "dev.json" << QByteArray("{\"clips\": [{}]}") << "dev.json: ";
        QTest::newRow("no JSON") << "dev.json" << QByteArray("{") << "dev.json: ";
    }
    void badListsAreRefusedWithTheirLine() {
        QFETCH(QString, file);
        QFETCH(QByteArray, contents);
        QFETCH(QString, expected);
        const QTemporaryDir folder;
        if (file.startsWith("annotations")) {
            small::phoenix2014(folder.path());
        } else if (file.startsWith("sentence_label")) {
            small::cslDaily(folder.path());
        } else if (file == "train.txt") {
            small::csl(folder.path());
        } else if (file.endsWith(".json")) {
            small::write(folder.filePath("dev.stm"), "a 1 s 0 1 A\n");
        }
        small::write(folder.filePath(file), contents);
        const auto data = open(folder.path());
        QVERIFY(!data);
        QVERIFY2(QString::fromStdString(data.error().message).contains(expected), data.error().message.c_str());
        QVERIFY(!data.error().hint.empty());
    }

    void missingListsAndFoldersAreErrors() {
        const QTemporaryDir folder;
        QCOMPARE(open(folder.filePath("none")).error().code, ErrorCode::NotFound);
        const auto unknown = open(folder.path());
        QVERIFY(!unknown);
        QCOMPARE(unknown.error().code, ErrorCode::Unsupported);
        QVERIFY(unknown.error().message.find("dataset.tsv") != std::string::npos);
        small::phoenix2014(folder.path());
        QVERIFY(QFile::remove(folder.filePath("annotations/manual/dev.corpus.csv")));
        const auto half = open(folder.path());
        QVERIFY(!half);
        QVERIFY2(half.error().message.find("dev.corpus.csv does not exist") != std::string::npos,
                 half.error().message.c_str());
    }

    void listsOfEveryOriginAreRead() {
        const QTemporaryDir folder;
        small::write(folder.filePath("dataset.tsv"), "\xEF\xBB\xBFpath\tglosses\r\none.mp4\tÄRGER  今天 \r\n\r\n");
        const auto data = open(folder.path());
        QVERIFY2(data, data ? "" : data.error().message.c_str());
        QCOMPARE(data->clips[0].glosses, (std::vector<std::string>{"ÄRGER", "今天"}));
        QCOMPARE(data->clips[0].split, std::string("train"));
    }

    void garbageNeverCrashes() {
        const unsigned seed = std::random_device{}();
        qInfo("seed %u", seed);
        std::mt19937 random(seed);
        const QTemporaryDir folder;
        small::phoenix2014(folder.path());
        const QString path = folder.filePath("annotations/manual/train.corpus.csv");
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray whole = file.readAll();
        int refused = 0;
        for (int round = 0; round < 500; ++round) {
            QByteArray damaged = whole;
            for (int change = 0; change < 1 + round % 5; ++change) {
                damaged[static_cast<int>(random() % static_cast<unsigned>(damaged.size()))] =
                    static_cast<char>(random());
            }
            small::write(path, damaged);
            refused += open(folder.path()) ? 0 : 1;
        }
        QVERIFY(refused > 100);
    }

    void vocabulariesAreSortedAndCounted() {
        const QTemporaryDir folder;
        small::phoenix2014(folder.path());
        const auto vocabulary = vocabularyOf(*open(folder.path()));
        QCOMPARE(glossesOf(vocabulary), (std::vector<std::string>{"A", "B", "C", "D"}));
        QCOMPARE(vocabulary[0].train, 1);
        QCOMPARE(vocabulary[0].test, 1);
        QCOMPARE(vocabulary[1].train, 2);
        const std::filesystem::path file = folder.filePath("glosses.txt").toStdString();
        QVERIFY(writeVocabulary(file, vocabulary));
        QCOMPARE(*readVocabulary(file), glossesOf(vocabulary));
        small::write(folder.filePath("glosses.txt"), "A\nB\nA\n");
        const auto twice = readVocabulary(file);
        QVERIFY(!twice && twice.error().message.find("line 3") != std::string::npos);
        small::write(folder.filePath("glosses.txt"), "A\nB C\n");
        QVERIFY(readVocabulary(file).error().message.find("line 2") != std::string::npos);
    }

    void stepsNeededCountRepetitions() {
        QCOMPARE(stepsNeeded({}), 0);
        QCOMPARE(stepsNeeded({"A", "B", "A"}), 3);
        QCOMPARE(stepsNeeded({"A", "A", "A", "B"}), 6);
    }
};

QTEST_APPLESS_MAIN(TestLayouts)
#include "tst_layouts.moc"
