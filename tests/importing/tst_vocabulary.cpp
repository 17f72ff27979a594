#include "importing/frame_rate.h"
#include "importing/vocabulary.h"
#include "model_files.h"
#include "reference_data.h"
#include "refusal_check.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <sys/stat.h>

using namespace livegloss;

namespace {

QString shared(const char* name) {
    return QDir(QStringLiteral(LIVEGLOSS_SHARED_DIR)).filePath(QString::fromUtf8(name));
}

} // namespace

class TestVocabulary : public QObject {
    Q_OBJECT

private:
    QTemporaryDir folder_;

    std::filesystem::path written(const QByteArray& contents) {
        const QString path = folder_.filePath("glosses");
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(contents) != contents.size()) {
            qFatal("cannot write %s", qPrintable(path));
        }
        return path.toStdString();
    }

private slots:
    void releasedDictionaries_data() {
        QTest::addColumn<int>("glosses");
        QTest::addColumn<QString>("one");
        QTest::addColumn<double>("fps"); // 0: they do not tell
        QTest::newRow("phoenix2014") << 1295 << "REGEN" << 0.0;
        QTest::newRow("phoenix2014-T") << 1115 << QStringLiteral("MOEGLICH") << 0.0;
        QTest::newRow("CSL-Daily") << 2000 << QString::fromUtf8("我") << 30.0;
        QTest::newRow("CSL") << 179 << QString::fromUtf8("我") << 30.0;
    }
    void releasedDictionaries() {
        QFETCH(int, glosses);
        QFETCH(QString, one);
        QFETCH(double, fps);
        const QString path = shared("data/glosses/") + QTest::currentDataTag() + ".npy";
        if (!QFile::exists(path)) {
            LIVEGLOSS_WITHOUT_REFERENCE_DATA("the reference data is not here");
        }
        const auto found = importing::readVocabulary(path.toStdString());
        QVERIFY2(found, found ? "" : found.error().message.c_str());
        QCOMPARE(static_cast<int>(found->size()), glosses);
        QVERIFY2(std::ranges::find(*found, one.toStdString()) != found->end(), qPrintable(one));
        QCOMPARE(importing::usualFrameRate({}, *found).value_or(0.0), fps);
    }

    void framesOfChineseDataSets() {
        using importing::usualFrameRate;
        QCOMPARE(usualFrameRate("CSL", {}), std::optional(30.0));
        QCOMPARE(usualFrameRate("Chinese Sign Language", {"", "A"}), std::optional(30.0));
        QCOMPARE(usualFrameRate("DGS", {"", "REGEN", "ÄRGER", "我"}), std::nullopt);
        QCOMPARE(usualFrameRate({}, {"", "我", "你", "1"}), std::nullopt); // half is not most
        QCOMPARE(usualFrameRate({}, {"", "我", "你", "今天", "1"}), std::optional(30.0));
        QCOMPARE(usualFrameRate({}, {"", "あ", "가", "\xE4"}), std::nullopt);
        QCOMPARE(usualFrameRate({}, {}), std::nullopt);
    }

    void everyFormatGivesTheSame_data() {
        QTest::addColumn<QByteArray>("contents");
        QTest::newRow("lines") << QByteArray("HALLO\nMÜDE\n你好\n");
        QTest::newRow("lines of Windows, byte order mark, no last line end, spaces")
            << QByteArray("\xEF\xBB\xBFHALLO\r\n  MÜDE \r\n\r\n你好");
        QTest::newRow("lines of all classes, the blank first") << QByteArray("<blank>\nHALLO\nMÜDE\n你好\n");
        QTest::newRow("list of all classes") << QByteArray("[\"[BLANK]\", \"HALLO\", \"MÜDE\", \"你好\"]");
        QTest::newRow("list") << QByteArray("[\"HALLO\", \"MÜDE\", \"你好\"]");
        QTest::newRow("gloss to index") << QByteArray("{\"你好\": 3, \"HALLO\": 1, \"MÜDE\": 2}");
        QTest::newRow("gloss to index and count") << QByteArray(" {\"MÜDE\":[2,9],\"HALLO\":[1,7],\"你好\":[3,1]}");
        using namespace testfiles;
        const std::string dictionary =
            textDict({{"MÜDE", list({integer(2), integer(9)})}, {"HALLO", integer(1)}, {"你好", integer(3)}});
        QTest::newRow("NumPy dictionary") << QByteArray::fromStdString(glossFile(dictionary));
        QTest::newRow("bare pickle of protocol 2") << QByteArray::fromStdString(pickle(dictionary, 2));
        QTest::newRow("bare pickle of protocol 4") << QByteArray::fromStdString(pickle(dictionary, 4));
        QTest::newRow("gloss to index and more")
            << QByteArray("{\"MÜDE\":[2,null,0.5,\"x\"],\"HALLO\":1,\"你好\":[3]}");
        QTest::newRow("index to gloss") << QByteArray("{\"2\":\"MÜDE\",\"3\":\"你好\",\"1\":\"HALLO\"}");
        QTest::newRow("index to gloss with the blank")
            << QByteArray("{\"0\":\"<blank>\",\"2\":\"MÜDE\",\"3\":\"你好\",\"1\":\"HALLO\"}");
    }
    void everyFormatGivesTheSame() {
        QFETCH(QByteArray, contents);
        const auto found = importing::readVocabulary(written(contents));
        QVERIFY2(found, found ? "" : found.error().message.c_str());
        QCOMPARE(*found, (std::vector<std::string>{"HALLO", "MÜDE", "你好"}));
    }

    void badListsSayWhatIsWrong_data() {
        QTest::addColumn<QByteArray>("contents");
        QTest::addColumn<QString>("says");
        const auto repeated = [](const QByteArray& part, int count) { return part.repeated(count); };
        QTest::newRow("empty") << QByteArray() << "holds no gloss";
        QTest::newRow("blank lines") << QByteArray("\n \n\t\n") << "holds no gloss";
        QTest::newRow("twice") << QByteArray("A\nB\nA\n") << "classes 1 and 3";
        QTest::newRow("Latin-1") << QByteArray("A\nM\xDC\x44\x45\n") << "line 2 is not UTF-8";
        QTest::newRow("UTF-16") << QByteArray("\xFF\xFEH\0I\0", 6) << "line 1 is not UTF-8";
        QTest::newRow("picture") << QByteArray("\x89PNG\r\n\x1a\n\0\0", 10) << "line 1 is not UTF-8";
        QTest::newRow("broken JSON") << QByteArray("[\"A\", ") << "not valid JSON at byte";
        QTest::newRow("numbers in a list") << QByteArray("[\"A\", 2]") << "entry 2";
        QTest::newRow("gap") << QByteArray("{\"A\": 1, \"B\": 3}") << "class number 2";
        QTest::newRow("from 0, short") << QByteArray("{\"G1\": 0, \"G2\": 1}") << "class number 1";
        QTest::newRow("from 0") << QByteArray("{\"LONG-GLOSS\": 0, \"B\": 1}") << "class number 1";
        QTest::newRow("same number") << QByteArray("{\"A\": 1, \"B\": 1}") << "same class number 1";
        QTest::newRow("negative") << QByteArray("{\"A\": -1, \"B\": 1}") << "class number 1";
        QTest::newRow("no number") << QByteArray("{\"A\": null}") << "'A' has no class number";
        QTest::newRow("fraction") << QByteArray("{\"A\": 1.5}") << "'A' has no class number";
        QTest::newRow("word as index") << QByteArray("{\"x\": \"A\"}") << "'x' has no class number";
        QTest::newRow("empty gloss") << QByteArray("[\"A\", \"\"]") << "class 2 is empty";
        QTest::newRow("NumPy, cut short") << QByteArray("\x93NUMPY\x01") << "cut off at byte 7";
        QTest::newRow("pickle, cut short") << QByteArray("\x80\x02}") << "ends too early";
        QTest::newRow("pickle that runs something")
            << QByteArray::fromStdString(
                   testfiles::pickle(testfiles::call(testfiles::global("os", "system"), {testfiles::text("x")})))
            << "'os system'";
        QTest::newRow("list in a list") << QByteArray("[[\"A\"]]") << "entry 1";
        QTest::newRow("object in a list") << QByteArray("[\"A\", {}]") << "entry 2";
        QTest::newRow("object in an object") << QByteArray("{\"A\": {}}") << "'A' has no class number";
        QTest::newRow("list in a pair") << QByteArray("{\"A\": [1, [2]]}") << "'A' has no class number";
        QTest::newRow("empty pair") << QByteArray("{\"A\": []}") << "'A' has no class number";
        QTest::newRow("gloss with two numbers") << QByteArray("{\"A\": 1, \"A\": 2}") << "'A' is there twice";
        QTest::newRow("number past 64 bits") << QByteArray("{\"A\": 18446744073709551615}") << "class number 1";
        QTest::newRow("ten million brackets") << repeated("[", 10'000'000) << "entry 1";
        QTest::newRow("five million empty lists") << "[" + repeated("[],", 5'000'000) + "[]]"
                                                  << "entry 1";
        QTest::newRow("five million empty texts") << "[" + repeated("\"\",", 5'000'000) + "\"\"]"
                                                  << "more than a million";
        QTest::newRow("five million numbers") << "{\"A\":[1" + repeated(",1", 5'000'000) + "],\"B\":1}"
                                              << "same class number 1";
        QTest::newRow("eight million lines") << repeated("A\n", 8'000'000) << "more than a million";
        QTest::newRow("16 MB in a line") << repeated("A", 16'000'000) << "16000000 bytes, more than any real gloss";
        QTest::newRow("16 MB in a JSON text") << "[\"" + repeated("A", 16'000'000) + "\"]"
                                              << "16000000 bytes";
        QTest::newRow("17 MB") << repeated("A\n", 8'500'000) << "larger than 16 MB";
    }
    void badListsSayWhatIsWrong() {
        QFETCH(QByteArray, contents);
        QFETCH(QString, says);
        const auto open = [](const std::filesystem::path& path) -> Result<void> {
            const auto found = importing::readVocabulary(path);
            return found ? Result<void>() : tl::unexpected(found.error());
        };
        const QString problem = testfiles::refusalProblem(folder_, contents, says, open);
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
    }

    /// A pipe that nobody writes to must not be waited for, a device not be read for ever.
    void pipesAndDevicesAreRefused() {
        const std::string pipe = folder_.filePath("pipe").toStdString();
        QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
        for (const std::string& path : {pipe, std::string("/dev/zero"), folder_.path().toStdString()}) {
            const auto found = importing::readVocabulary(path);
            QVERIFY(!found);
            QCOMPARE(found.error().code, ErrorCode::Unreadable);
            QVERIFY2(found.error().message.find("not a regular file") != std::string::npos,
                     found.error().message.c_str());
        }
    }

    void missingFileIsNamed() {
        const auto found = importing::readVocabulary(folder_.filePath("nowhere.txt").toStdString());
        QVERIFY(!found);
        QVERIFY(found.error().code == ErrorCode::NotFound);
        QVERIFY(QString::fromStdString(found.error().message).contains("nowhere.txt"));
    }
};

QTEST_APPLESS_MAIN(TestVocabulary)
#include "tst_vocabulary.moc"
