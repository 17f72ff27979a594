#include "base/new_file.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace livegloss;

namespace {

QByteArray contentsOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(unreadable)");
}

} // namespace

class TestNewFile : public QObject {
    Q_OBJECT

private slots:
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }

    void filesAppearWhole() {
        {
            NewFile file(path("a.txt"));
            QVERIFY(file.opened());
            QVERIFY(file.write("one ", 4));
            QVERIFY(!QFile::exists(at("a.txt")));
            QVERIFY(file.write("two", 3));
            QVERIFY(file.commit());
        }
        QCOMPARE(contentsOf(at("a.txt")), QByteArray("one two"));
        QCOMPARE(names(), QStringList{"a.txt"});
    }

    void withoutCommitNothingChanges() {
        QVERIFY(writeNewFile(path("a.txt"), "old"));
        {
            NewFile file(path("a.txt"));
            QVERIFY(file.write("new", 3));
        }
        QCOMPARE(contentsOf(at("a.txt")), QByteArray("old"));
        QCOMPARE(names(), QStringList{"a.txt"});
    }

    /// A download in progress may be called so, and two programs may write the same file.
    void namesOfOthersAreLeftAlone() {
        QVERIFY(writeNewFile(path("a.txt.part"), "half of something else"));
        NewFile other(path("a.txt"));
        QVERIFY(other.write("other", 5));
        QVERIFY(writeNewFile(path("a.txt"), "mine"));
        QCOMPARE(contentsOf(at("a.txt.part")), QByteArray("half of something else"));
        QCOMPARE(contentsOf(at("a.txt")), QByteArray("mine"));
        QVERIFY(other.commit());
        QCOMPARE(contentsOf(at("a.txt")), QByteArray("other"));
    }

    void linksStayLinks() {
        QVERIFY(QDir(folder_->path()).mkdir("elsewhere"));
        QVERIFY(writeNewFile(path("elsewhere/target.txt"), "old"));
        QVERIFY(QFile::link("elsewhere/target.txt", at("link.txt")));
        QVERIFY(writeNewFile(path("link.txt"), "new"));
        QVERIFY(QFileInfo(at("link.txt")).isSymLink());
        QVERIFY(QFile::link("elsewhere/later.txt", at("early.txt"))); // to what is not there yet
        QVERIFY(writeNewFile(path("early.txt"), "new"));
        QVERIFY(QFileInfo(at("early.txt")).isSymLink() && QFileInfo::exists(at("elsewhere/later.txt")));
        QVERIFY(QFile::link("round.txt", at("round.txt")));
        QVERIFY(!writeNewFile(path("round.txt"), "new"));
        QCOMPARE(contentsOf(at("elsewhere/target.txt")), QByteArray("new"));
    }

    void rightsStayAsTheyWere() {
        QVERIFY(writeNewFile(path("a.txt"), "old"));
        QCOMPARE(::chmod(path("a.txt").c_str(), 0600), 0);
        QVERIFY(writeNewFile(path("a.txt"), "new"));
        struct stat status {};
        QCOMPARE(::stat(path("a.txt").c_str(), &status), 0);
        QCOMPARE(status.st_mode & 0777U, 0600U);
    }

    void devicesAreWrittenToAsTheyAre() {
        QVERIFY(writeNewFile("/dev/null", "text"));
        QVERIFY(!QFileInfo("/dev/null").isFile());
        if (QFile::exists("/dev/full")) {
            const auto full = writeNewFile("/dev/full", "text");
            QVERIFY(!full && full.error().code == ErrorCode::WriteFailed);
        }
    }

    void whatCannotBeWrittenIsSaid() {
        const auto missing = writeNewFile(path("no/such/a.txt"), "text");
        QVERIFY(!missing);
        QCOMPARE(missing.error().code, ErrorCode::WriteFailed);
        QVERIFY(missing.error().message.find("no/such/a.txt") != std::string::npos);
        QVERIFY(!missing.error().hint.empty());
        QVERIFY(!checkNewFile(path("no/such/a.txt")));
        QVERIFY(!checkNewFile(folder_->path().toStdString()));
        QVERIFY(!writeNewFile(folder_->path().toStdString(), "text"));
        QVERIFY(checkNewFile(path("a.txt")));
        QVERIFY(names().isEmpty());
    }

    void aDiskThatFillsUpLeavesTheOldFile() {
        QVERIFY(writeNewFile(path("a.txt"), "old"));
        rlimit before{};
        QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
        const auto handler = std::signal(SIGXFSZ, SIG_IGN);
        const rlimit small{10000, before.rlim_max};
        QCOMPARE(::setrlimit(RLIMIT_FSIZE, &small), 0);
        const auto written = writeNewFile(path("a.txt"), std::string(20000, 'x'));
        QCOMPARE(::setrlimit(RLIMIT_FSIZE, &before), 0);
        std::signal(SIGXFSZ, handler);
        QVERIFY(!written);
        QCOMPARE(contentsOf(at("a.txt")), QByteArray("old"));
        QCOMPARE(names(), QStringList{"a.txt"});
    }

private:
    QString at(const char* name) const { return folder_->filePath(QString::fromLatin1(name)); }
    std::filesystem::path path(const char* name) const { return at(name).toStdString(); }
    QStringList names() const {
        return QDir(folder_->path()).entryList(QDir::AllEntries | QDir::NoDotAndDotDot | QDir::Hidden);
    }

    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_APPLESS_MAIN(TestNewFile)
#include "tst_new_file.moc"
