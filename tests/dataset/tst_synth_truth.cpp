#include "dataset/dataset.h"
#include "dataset/synth_truth.h"
#include "small_datasets.h"

#include <QTemporaryDir>

using namespace livegloss;
using namespace livegloss::dataset;

/// What the synthetic signer writes of its clips.
class TestSynthTruth : public QObject {
    Q_OBJECT

private slots:
    /// Beside videos lie many files that are called as they are.
    void onlyTruthIsTakenForTruth() {
        const QTemporaryDir folder;
        const std::filesystem::path video = folder.filePath("clips/a.mp4").toStdString();
        const QString beside = folder.filePath("clips/a.json");
        const QString ofFolder = folder.filePath("clips.json");
        const QByteArray truth =
            R"({"fps": 25, "frames": 50, "spans": [{"gloss": "A", "firstFrame": 5, "lastFrame": 14}]})";
        QVERIFY(QDir().mkpath(folder.filePath("clips")));
        for (const QByteArray other : {R"({"model": "m", "glosses": []})", "[1, 2]", "7", "{\"a\": 1}\n{\"b\": 2}"}) {
            small::write(beside, other);
            small::write(ofFolder, other);
            const auto signs = findSigns(video);
            QVERIFY2(signs && !*signs, other.constData());
        }
        // What another program left beside the video does not hide what the folder's file knows of it.
        small::write(ofFolder, R"({"clips": [{"id": "a", "file": "clips/a.mp4", )" + truth.mid(1) + "]}");
        QCOMPARE(findSigns(video).value().value().size(), 1U);
        small::write(beside, truth);
        QCOMPARE(findSigns(video).value().value()[0].endSeconds, 0.6);
        for (const QByteArray& damaged :
             {truth.chopped(5), QByteArray(truth).replace("14", "-1"), QByteArray(R"({"fps": 25, "spans": 7})")}) {
            small::write(beside, damaged);
            QVERIFY2(!findSigns(video), damaged.constData());
        }
    }

    void badTruthIsRefusedWithItsField_data() {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<QByteArray>("to");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char* name, const char* from, const char* to, const char* expected) {
            QTest::newRow(name) << QByteArray(from) << QByteArray(to) << QString(expected);
        };
        row("outside", "dev/a.mp4", "../a.mp4", "clips[0].file is \"../a.mp4\", no path inside the data set");
        row("absolute", "dev/a.mp4", "/etc/a.mp4", "clips[0].file is \"/etc/a.mp4\"");
        row("no file", "\"dev/a.mp4\"", "7", "clips[0].file is no text");
        row("name", "\"b\"", "\"b\\u0000\"", "clips[1].id holds characters that are no text");
        row("twice", "\"b\"", "\"a\"", "clips[1].id is \"a\", which an earlier clip is called");
        row("gloss", "\"B\"", "\"\"", "clips[1].spans[1].gloss is empty");
        row("not UTF-8", "\"B\"", "\"\xC4\"", "UTF-8");
        row("rate of 0", "25.0", "0", "clips[1].fps is 0, but a rate");
        row("negative rate", "25.0", "-25", "clips[1].fps is -25, but a rate");
        row("rate in words", "25.0", "\"fast\"", "clips[1].fps is \"fast\", but a rate");
        row("negative length", "51", "-1", "clips[1].frames is -1, but frames");
        row("endless", "51", "18446744073709551615", "clips[1].frames is 18446744073709551615, but frames");
        row("negative frame", "20", "-20", "clips[1].spans[1].firstFrame is -20, but frames");
        row("half a frame", "20", "20.5", "clips[1].spans[1].firstFrame is 20.5, but frames");
        row("reversed", "29", "19", "clips[1].spans[1].lastFrame is 19, before its firstFrame 20");
        row("past the end", "29", "51", "clips[1].spans[1].lastFrame is 51, but the clip has 51 frames");
    }
    void badTruthIsRefusedWithItsField() {
        QFETCH(QByteArray, from);
        QFETCH(QByteArray, to);
        QFETCH(QString, expected);
        const QTemporaryDir folder;
        QByteArray truth = R"({"clips": [{"id": "a", "file": "dev/a.mp4", "fps": 24, "frames": 50, "spans": []},
            {"id": "b", "file": "dev/b.mp4", "fps": 25.0, "frames": 51, "spans": [
                {"gloss": "A", "firstFrame": 5, "lastFrame": 14},
                {"gloss": "B", "firstFrame": 20, "lastFrame": 29}]}]})";
        small::write(folder.filePath("dev.stm"), "a 1 s 0 1 A\nb 1 s 0 1 A B\n");
        small::write(folder.filePath("dev.json"), truth);
        QVERIFY(openDataset(folder.path().toStdString()));
        QCOMPARE(truth.count(from), 1);
        small::write(folder.filePath("dev.json"), truth.replace(from, to));
        const auto data = openDataset(folder.path().toStdString());
        QVERIFY(!data);
        const QString message = QString::fromStdString(data.error().message);
        QVERIFY2(message.contains("dev.json: ") && message.contains(expected), qPrintable(message));
        QVERIFY(!data.error().hint.empty());
    }
};

QTEST_APPLESS_MAIN(TestSynthTruth)
#include "tst_synth_truth.moc"
