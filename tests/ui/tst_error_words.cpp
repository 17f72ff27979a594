#include "media/frame_source.h"
#include "tensorfile/safetensors.h"
#include "ui/error_words.h"
#include "ui/setup.h"
#include "ui/style/language.h"
#include "ui/text_format.h"

#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <array>

using namespace livegloss;
using namespace livegloss::ui;

namespace {

/// The source of core and of downloads, with what stands in neighbouring quotation marks joined.
QString sourceOfCore() {
    QString all;
    for (const char* folder : {LIVEGLOSS_SOURCE_DIR "/core", LIVEGLOSS_SOURCE_DIR "/ui/downloads"}) {
        QDirIterator files(QString::fromUtf8(folder), {QStringLiteral("*.cpp"), QStringLiteral("*.h")}, QDir::Files,
                           QDirIterator::Subdirectories);
        while (files.hasNext()) {
            QFile file(files.next());
            if (file.open(QIODevice::ReadOnly)) {
                all += QString::fromUtf8(file.readAll());
            }
        }
    }
    static const QRegularExpression between(QStringLiteral("(?<!\\\\)\"\\s*\\n\\s*\""));
    all.remove(between);
    return all.replace(QStringLiteral("\\\""), QStringLiteral("\""));
}

QString written(const QTemporaryDir& folder, const QString& name, const QByteArray& bytes) {
    const QString path = folder.filePath(name);
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() ? path : QString();
}

} // namespace

/// What errors of core say in a window that does not speak English.
class TestErrorWords : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { prepareInterface(); }
    void init() { language_.use(QStringLiteral("de")); }

    void coreStillSpeaksTheseSentences() {
        const QString source = sourceOfCore();
        QVERIFY(source.size() > 500'000);
        static const QRegularExpression place(QStringLiteral("%[1-9]"));
        int sentences = 0;
        for (const auto& list : {errorFacts(), errorHints()}) {
            for (const char* sentence : list) {
                for (const QString& part : QString::fromUtf8(sentence).split(place)) {
                    QVERIFY2(source.contains(part),
                             qPrintable(QStringLiteral("\"%1\" of: %2").arg(part, QString::fromUtf8(sentence))));
                }
                ++sentences;
            }
        }
        QVERIFY(sentences > 250);
    }

    void whatDownloadsSayIsGerman() {
        QCOMPARE(factInWindowLanguage(QStringLiteral("12 of 34 bytes")), QStringLiteral("12 von 34 Byte"));
        QCOMPARE(factInWindowLanguage(QStringLiteral("12 bytes instead of 34")), QStringLiteral("12 Byte statt 34"));
        QCOMPARE(factInWindowLanguage(QStringLiteral("example.org: nothing for 30 s")),
                 QStringLiteral("example.org: seit 30 s nichts"));
    }

    void errorsOfRealFilesAreGerman_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("ofMedia");
        QTest::addColumn<QString>("ofModel");
        QTest::newRow("empty") << QByteArray()
                               << QStringLiteral("a.mp4 ist leer. Holen oder nehmen Sie sie noch einmal auf.")
                               << QStringLiteral("Nur 0 Bytes lang; schon die Länge des Kopfes braucht 8. Die Datei "
                                                 "ist beschädigt oder unvollständig; kopieren oder laden Sie sie noch "
                                                 "einmal.");
        QTest::newRow("a document")
            << QByteArray("%PDF-1.7\n%some binary words that follow")
            << QStringLiteral("a.mp4 ist beschädigt oder kein Video: ihre Daten ergeben keinen Sinn. "
                              "Spielen Sie es in einem anderen Programm ab; wenn auch das nicht geht, holen oder "
                              "wandeln Sie es noch einmal um.")
            << QStringLiteral("Das ist ein PDF-Dokument. Wählen Sie eine .safetensors-Datei oder einen Checkpoint von "
                              "PyTorch (.pt, .pth).");
    }
    void errorsOfRealFilesAreGerman() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, ofMedia);
        QFETCH(QString, ofModel);
        const QTemporaryDir folder;
        const QString path = written(folder, QStringLiteral("a.mp4"), bytes);
        const auto source = media::openSource({media::SourceKind::File, path.toStdString()}, SteadyClock());
        QVERIFY(!source);
        QCOMPARE(withHint(source.error()), ofMedia);
        const auto model = tensorfile::SafetensorsReader::open(path.toStdString());
        QVERIFY(!model);
        QCOMPARE(withHint(model.error()), QStringLiteral("'%1': ").arg(path) + ofModel);
    }

    void namesMayHoldAnything() {
        const QString name = QStringLiteral("100 %1 is empty: %2.mp4");
        QCOMPARE(factInWindowLanguage(name + QStringLiteral(" does not exist")),
                 name + QStringLiteral(" gibt es nicht"));
        QCOMPARE(factInWindowLanguage(QStringLiteral("cannot write a: b")),
                 QStringLiteral("a lässt sich nicht schreiben: b"));
    }

    void sentencesWithinSentencesAreGermanOrEnglishAsAWhole() {
        const auto german = [](const char* english) { return factInWindowLanguage(QString::fromUtf8(english)); };
        QCOMPARE(german("'/a/x.pt': it is empty"), QStringLiteral("'/a/x.pt': Sie ist leer"));
        QCOMPARE(german("'g.npy': the gloss dictionary is empty"),
                 QStringLiteral("'g.npy': Das Glossenverzeichnis ist leer"));
        QCOMPARE(german("cannot load the model 'm': it is a PDF document"),
                 QStringLiteral("Das Modell „m“ lässt sich nicht laden: Das ist ein PDF-Dokument"));
        QVERIFY(!german("the name of the tensor is empty"));
        QVERIFY(!german("'x.pt': the storage '4' is empty"));
    }

    void whatIsUnknownStaysEnglishAfterItsKind() {
        QVERIFY(!factInWindowLanguage(QStringLiteral("the memo has entry 7 twice")));
        QVERIFY(!factInWindowLanguage(QStringLiteral(" is empty")));
        const QString text = withHint({ErrorCode::Unreadable, "the memo has entry 7 twice", "Choose another file."});
        QCOMPARE(text,
                 QStringLiteral("Die Datei ist beschädigt oder von anderer Art, als sie scheint: the memo has entry 7 "
                                "twice. Wählen Sie eine andere Datei."));
    }

    void englishStaysAsCoreWroteIt() {
        language_.use(QStringLiteral("en"));
        QVERIFY(!factInWindowLanguage(QStringLiteral("a.mp4 is empty")));
        QCOMPARE(withHint({ErrorCode::Unreadable, "a.mp4 is empty", "Fetch or record it again."}),
                 QStringLiteral("a.mp4 is empty. Fetch or record it again."));
    }

private:
    Language language_;
};

QTEST_MAIN(TestErrorWords)
#include "tst_error_words.moc"
