#include "ui/downloads/catalogue.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace livegloss;
using namespace livegloss::downloads;

namespace {

/// Two entries, one of each kind; single quotes stand for double ones.
QByteArray goodText() {
    return QByteArray("{'format': 'livegloss-catalogue-1', 'models': [\n"
                      "{'id': 'a', 'name': 'A', 'how': 'download', 'task': 'backbone', 'file': 'a.pt',"
                      " 'address': 'https://models.example/a.pt', 'bytes': 12,"
                      " 'sha256': '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',"
                      " 'licence': 'MIT'},\n"
                      "{'id': 'b', 'name': 'B', 'how': 'by-hand', 'task': 'recognition', 'sign_language': 'gsg',"
                      " 'page': 'https://models.example/b',"
                      " 'figures': [{'data': 'D', 'dev': 1.5, 'test': 2, 'source': 'https://x.example'}]}]}")
        .replace('\'', '"');
}

} // namespace

/// The list of models that can be had.
class TestCatalogue : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void ownCatalogueIsReadable() {
        const Result<Catalogue> catalogue =
            readCatalogue(QStringLiteral(LIVEGLOSS_SOURCE_DIR "/models/catalogue.json"));
        QVERIFY2(catalogue.has_value(), catalogue ? "" : catalogue.error().message.c_str());
        QVERIFY(catalogue->size() >= 8);
        for (const CatalogueEntry& entry : *catalogue) {
            if (entry.fetchable()) {
                // OpenAI's addresses carry the checksum.
                QVERIFY2(entry.address.path().toLatin1().contains(entry.sha256), qPrintable(entry.id));
                QVERIFY2(entry.address.fileName() == entry.file, qPrintable(entry.id));
            } else if (entry.supply == Supply::ByHand) {
                QVERIFY2(entry.page.isValid() && entry.source.isValid(), qPrintable(entry.id));
            } else {
                QVERIFY(QFile::exists(QStringLiteral(LIVEGLOSS_SOURCE_DIR "/models/") + entry.file));
            }
        }
    }

    void everyFieldIsRead() {
        const Result<Catalogue> catalogue = read(goodText());
        QVERIFY2(catalogue.has_value(), catalogue ? "" : catalogue.error().message.c_str());
        const CatalogueEntry& a = catalogue->at(0);
        QCOMPARE(a.name, QStringLiteral("A"));
        QVERIFY(a.fetchable());
        QVERIFY(a.task == Task::Backbone);
        QCOMPARE(a.address, QUrl(QStringLiteral("https://models.example/a.pt")));
        QCOMPARE(a.bytes, 12);
        QCOMPARE(a.sha256.size(), 64);
        QCOMPARE(a.licence, QStringLiteral("MIT"));
        const CatalogueEntry& b = catalogue->at(1);
        QVERIFY(b.supply == Supply::ByHand);
        QCOMPARE(b.signLanguage, QStringLiteral("gsg"));
        QCOMPARE(b.figures.size(), std::size_t(1));
        QCOMPARE(b.figures[0].dev, 1.5);
    }

    void mistakesAreRefusedByName_data() {
        QTest::addColumn<QByteArray>("what");
        QTest::addColumn<QByteArray>("by");
        QTest::addColumn<QByteArray>("named");
        const auto row = [](const char* name, const char* what, const char* by, const char* named) {
            QTest::newRow(name) << QByteArray(what) << QByteArray(by) << QByteArray(named);
        };
        row("no JSON", "{\"format\"", "{format", "byte");
        row("other format", "catalogue-1", "catalogue-9", "format");
        row("models no list", "[\n", "7, \"x\": [\n", "'models'");
        row("no id", "\"id\": \"a\"", "\"id\": \"\"", "'id'");
        row("no name", "\"name\": \"A\"", "\"name\": 7", "'name'");
        row("unknown supply", "\"download\"", "\"magic\"", "'how'");
        row("unknown task", "\"backbone\"", "\"backboned\"", "'task'");
        row("file in a folder", "\"a.pt\"", "\"../a.pt\"", "'file'");
        row("hidden file", "\"a.pt\"", "\".bashrc\"", "'file'");
        row("no file", "\"file\"", "\"filed\"", "'file'");
        row("plain http", "https://models.example/a.pt", "http://models.example/a.pt", "'address'");
        row("no address", "\"address\"", "\"addressed\"", "'address'");
        row("no size", "\"bytes\": 12,", "", "'bytes'");
        row("size nought", "12", "0", "'bytes'");
        row("size with a fraction", "12", "12.5", "'bytes'");
        row("size as text", "12", "\"12\"", "'bytes'");
        row("size beyond reason", "12", "1e15", "'bytes'");
        row("no checksum", "\"sha256\"", "\"md5\"", "'sha256'");
        row("short checksum", "0123456789abcdef\"", "\"", "'sha256'");
        row("checksum in capitals", "0123456789abcdef\"", "0123456789ABCDEF\"", "'sha256'");
        row("page missing", "\"page\"", "\"paged\"", "'page'");
        row("page of another kind", "https://models.example/b", "file:///etc/passwd", "'page'");
        row("figures no list", "[{\"data\"", "{\"x\": [{\"data\"", "byte");
        row("figure without data", "\"data\": \"D\", ", "", "'figures'");
        row("figure without source", "https://x.example", "x", "'figures'");
        row("the same id twice", "\"id\": \"b\"", "\"id\": \"a\"", "twice");
    }
    void mistakesAreRefusedByName() {
        QFETCH(QByteArray, what);
        QFETCH(QByteArray, by);
        QFETCH(QByteArray, named);
        QByteArray text = goodText();
        QVERIFY(text.contains(what));
        text.replace(text.indexOf(what), what.size(), by);
        const Result<Catalogue> catalogue = read(text);
        QVERIFY(!catalogue);
        QVERIFY2(QByteArray::fromStdString(catalogue.error().message).contains(named),
                 catalogue.error().message.c_str());
        QVERIFY(!catalogue.error().hint.empty());
    }

    void missingFileIsTold() {
        const Result<Catalogue> catalogue = readCatalogue(QStringLiteral("/nowhere/catalogue.json"));
        QVERIFY(!catalogue);
        QCOMPARE(catalogue.error().code, ErrorCode::NotFound);
    }

    void onlyPlainNamesAreFileNames() {
        for (const char* name : {"a.pt", "ViT-B-32.pt", "x_1.safetensors"}) {
            QVERIFY2(isPlainFileName(QLatin1String(name)), name);
        }
        for (const char* name : {"", ".", "..", ".x", "a/b", "/a", "a\\b", "a b", "a.", "-rf", "a\nb", "\xc3\xa4.pt"}) {
            QVERIFY2(!isPlainFileName(QString::fromUtf8(name)), name);
        }
    }

private:
    static Result<Catalogue> read(const QByteArray& text) {
        const QTemporaryDir folder;
        QFile file(folder.filePath(QStringLiteral("catalogue.json")));
        if (!file.open(QIODevice::WriteOnly)) {
            qFatal("cannot write the test's catalogue");
        }
        file.write(text);
        file.close();
        return readCatalogue(file.fileName());
    }
};

QTEST_GUILESS_MAIN(TestCatalogue)
#include "tst_catalogue.moc"
