#include "ui/downloads/file_install.h"
#include "ui/downloads/model_folder.h"

#include <QCryptographicHash>
#include <QDir>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace livegloss;
using namespace livegloss::downloads;

namespace {

void write(const QString& path, const QByteArray& bytes) {
    QDir().mkpath(QFileInfo(path).absolutePath());
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(bytes), bytes.size());
}

QByteArray contents(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("unreadable");
}

CatalogueEntry fetchableEntry(const char* name, char digit) {
    CatalogueEntry entry;
    entry.id = QLatin1String(name);
    entry.file = QLatin1String(name) + QStringLiteral(".pt");
    entry.supply = Supply::Download;
    entry.bytes = 4;
    entry.sha256 = QByteArray(64, digit);
    return entry;
}

} // namespace

/// The user's folder of models, and how files come into it.
class TestModelFolder : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        root_ = std::make_unique<QTemporaryDir>();
        folder_ = std::make_unique<ModelFolder>(root_->filePath(QStringLiteral("models")));
    }

    void onlyModelsAreListed() {
        for (const char* name : {"b.safetensors", "A.pt", "notes.txt", ".hidden.pt", ".partial/x.part"}) {
            write(in(name), "x");
        }
        QStringList names;
        for (const QFileInfo& file : folder_->files()) {
            names.append(file.fileName());
        }
        QCOMPARE(names, QStringList({QStringLiteral("A.pt"), QStringLiteral("b.safetensors")}));
    }

    void foreignNamesBecomePlainAndFree_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("plain");
        QTest::newRow("plain") << "m.safetensors"
                               << "m.safetensors";
        QTest::newRow("spaces") << "my model (2).PT"
                                << "my-model-2-.pt";
        QTest::newRow("only signs") << QString::fromUtf8("模型.pt") << "model-.pt";
        QTest::newRow("dots") << "..x.pt"
                              << "model-x.pt";
    }
    void foreignNamesBecomePlainAndFree() {
        QFETCH(QString, name);
        QFETCH(QString, plain);
        QCOMPARE(folder_->freeName(name), plain);
        QVERIFY(isPlainFileName(plain));
        write(in(qPrintable(plain)), "x");
        const QString second = folder_->freeName(name);
        QVERIFY(second != plain && isPlainFileName(second));
        QVERIFY(second.contains(QStringLiteral("-2.")));
    }

    void entryIsThereOnlyWithItsSize() {
        const CatalogueEntry entry = fetchableEntry("a", '0');
        QVERIFY(!folder_->has(entry));
        write(in("a.pt"), "abc");
        QVERIFY(!folder_->has(entry));
        write(in("a.pt"), "abcd");
        QVERIFY(folder_->has(entry));
    }

    void orphansAreSweptAndUnfinishedDownloadsKept() {
        const CatalogueEntry wanted = fetchableEntry("a", '1');
        const CatalogueEntry finished = fetchableEntry("b", '2');
        write(in("b.pt"), "done");
        write(folder_->partOf(wanted), "ab");
        write(folder_->partOf(wanted) + QStringLiteral(".tag"), "\"v\"");
        write(folder_->partOf(finished), "ab");
        write(folder_->newPart(), "half a copy");
        write(in(".partial/0000.part"), "of an older catalogue");
        write(in(".partial/0000.part.tag"), "x");
        folder_->sweep({wanted, finished});
        const QString part = QFileInfo(folder_->partOf(wanted)).fileName();
        QCOMPARE(QDir(in(".partial")).entryList(QDir::Files | QDir::Hidden),
                 QStringList({part, part + QStringLiteral(".tag")}));
        QCOMPARE(contents(in("b.pt")), QByteArray("done"));
    }

    void importsOfEndedProgramsAreSwept() {
        QProcess ended;
        ended.start(QStringLiteral("true"), QStringList());
        QVERIFY(ended.waitForStarted());
        const qint64 gone = ended.processId();
        QVERIFY(ended.waitForFinished());
        const QString running = in("a.safetensors.tmp-%1-0").arg(QCoreApplication::applicationPid());
        const QString left = in("a.safetensors.tmp-%1-0").arg(gone);
        for (const QString& file : {running, left, in("a.safetensors"), in("notes.tmp-1"), in("b.tmp-9999999-0")}) {
            write(file, "x");
        }
        folder_->sweep({});
        QVERIFY(!QFileInfo::exists(left));
        QVERIFY(QFileInfo::exists(running));
        QVERIFY(QFileInfo::exists(in("a.safetensors")));
        QVERIFY(QFileInfo::exists(in("notes.tmp-1")));
        QVERIFY(QFileInfo::exists(in("b.tmp-9999999-0")));
    }

    void nothingIsSweptWhileAnotherProgramWrites() {
        const QString copy = folder_->newPart();
        write(copy, "half a copy");
        const std::unique_ptr<QLockFile> held = folder_->lock();
        QVERIFY(held != nullptr);
        folder_->sweep({});
        QCOMPARE(contents(copy), QByteArray("half a copy"));
    }

    void onlyFilesOfTheFolderAreDeleted() {
        write(root_->filePath(QStringLiteral("precious.pt")), "x");
        write(in("a.pt"), "x");
        QVERIFY(!folder_->remove(root_->filePath(QStringLiteral("precious.pt"))));
        QVERIFY(!folder_->remove(in("../precious.pt")));
        QVERIFY(QFileInfo::exists(root_->filePath(QStringLiteral("precious.pt"))));
        QVERIFY(folder_->remove(in("a.pt")));
        QVERIFY(!QFileInfo::exists(in("a.pt")));
        const Result<void> again = folder_->remove(in("a.pt"));
        QVERIFY(!again);
        QCOMPARE(again.error().code, ErrorCode::WriteFailed);
    }

    void checksumIsSha256() {
        write(in("a.pt"), "abc");
        const StopFlag go = false;
        QCOMPARE(*fileChecksum(in("a.pt"), go),
                 QByteArray("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        const StopFlag stop = true;
        QCOMPARE(fileChecksum(in("a.pt"), stop).error().code, ErrorCode::Cancelled);
        QCOMPARE(fileChecksum(in("none.pt"), go).error().code, ErrorCode::NotFound);
    }

    void copyIsInstalledWhole() {
        const QByteArray bytes(3'000'000, 'm');
        write(root_->filePath(QStringLiteral("source.pt")), bytes);
        QVERIFY(folder_->make());
        const StopFlag go = false;
        QVERIFY(copyAndInstall(root_->filePath(QStringLiteral("source.pt")), folder_->newPart(), in("t.pt"), go));
        QCOMPARE(contents(in("t.pt")), bytes);
        QVERIFY(QDir(in(".partial")).entryList(QDir::Files).isEmpty());
    }

    void stoppedOrFailedCopyLeavesNothing() {
        write(root_->filePath(QStringLiteral("source.pt")), "abc");
        QVERIFY(folder_->make());
        const StopFlag stop = true;
        const StopFlag go = false;
        QCOMPARE(copyAndInstall(root_->filePath(QStringLiteral("source.pt")), folder_->newPart(), in("t.pt"), stop)
                     .error()
                     .code,
                 ErrorCode::Cancelled);
        QCOMPARE(
            copyAndInstall(root_->filePath(QStringLiteral("none.pt")), folder_->newPart(), in("t.pt"), go).error().code,
            ErrorCode::NotFound);
        QVERIFY(folder_->files().isEmpty());
        QVERIFY(QDir(in(".partial")).entryList(QDir::Files).isEmpty());
    }

private:
    QString in(const char* name) const { return folder_->path() + QLatin1Char('/') + QString::fromUtf8(name); }

    std::unique_ptr<QTemporaryDir> root_;
    std::unique_ptr<ModelFolder> folder_;
};

QTEST_GUILESS_MAIN(TestModelFolder)
#include "tst_model_folder.moc"
