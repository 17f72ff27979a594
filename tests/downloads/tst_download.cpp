#include "file_server.h"
#include "ui/downloads/download.h"

#include <QCryptographicHash>
#include <QDir>
#include <QNetworkAccessManager>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <sys/resource.h>

using namespace livegloss::downloads;
using namespace livegloss::downloads::testing;
using State = Download::State;

namespace {

constexpr qint64 fileBytes = 300'000;
constexpr qint64 firstPiece = 100'000;

QByteArray randomBytes(quint32 seed) {
    QRandomGenerator generator(seed);
    QByteArray bytes(fileBytes, Qt::Uninitialized);
    for (char& byte : bytes) {
        byte = static_cast<char>(generator.bounded(256));
    }
    return bytes;
}

/// Sets the largest size that this process may give a file, and takes it back.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) {
        std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

private:
    rlimit before_{};
};

} // namespace

/// Downloads from a server on this computer that behaves well or badly. After every failure no model is installed.
class TestDownload : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        constexpr quint32 seed = 20261121;
        qInfo("seed %u", seed);
        file_ = randomBytes(seed);
        otherFile_ = randomBytes(seed + 1);
    }
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        server_ = std::make_unique<FileServer>();
        network_ = std::make_unique<QNetworkAccessManager>();
        rules_ = DownloadRules();
        rules_.allowLoopbackHttp = true;
        request_ = {server_->url(), path("x.part"), path("model.pt"), fileBytes,
                    QCryptographicHash::hash(file_, QCryptographicHash::Sha256).toHex()};
    }
    void cleanup() {
        download_.reset();
        network_.reset();
        server_.reset();
    }

    void wholeFileIsInstalled() {
        server_->answer = wellBehaved(file_);
        fetch();
        verifyInstalled();
        QCOMPARE(server_->requests.size(), std::size_t(1));
        QVERIFY(!server_->requests[0].headers.contains("range"));
        QCOMPARE(server_->requests[0].headers.value("accept-encoding"), QByteArray("identity"));
    }

    void brokenConnectionIsContinuedFromWhereItBroke() {
        server_->answer = sendsOnly(file_, firstPiece, true);
        fetch();
        verifyFailed(Problem::CutOff);
        QCOMPARE(partBytes(), firstPiece);
        server_->answer = wellBehaved(file_);
        again();
        verifyInstalled();
        QCOMPARE(server_->requests.back().rangeStart(), firstPiece);
        QCOMPARE(server_->requests.back().headers.value("if-range"), QByteArray("\"v1\""));
    }

    void anotherRunOfTheProgramContinues() {
        server_->answer = sendsOnly(file_, firstPiece, true);
        fetch();
        verifyFailed(Problem::CutOff);
        download_.reset();
        server_->answer = wellBehaved(file_);
        fetch();
        verifyInstalled();
        QCOMPARE(server_->requests.back().rangeStart(), firstPiece);
    }

    void pauseKeepsWhatCameAndResumeContinues() {
        server_->answer = sendsOnly(file_, firstPiece, false);
        make();
        download_->start();
        QTRY_COMPARE(download_->received(), firstPiece);
        download_->pause();
        QCOMPARE(download_->state(), State::Paused);
        QCOMPARE(partBytes(), firstPiece);
        server_->answer = wellBehaved(file_);
        again();
        verifyInstalled();
        QCOMPARE(server_->requests.back().rangeStart(), firstPiece);
    }

    void cancelRemovesWhatCame() {
        server_->answer = sendsOnly(file_, firstPiece, false);
        make();
        download_->start();
        QTRY_COMPARE(download_->received(), firstPiece);
        download_->discard();
        QCOMPARE(download_->state(), State::Paused);
        QCOMPARE(download_->received(), 0);
        verifyFolderHolds({});
    }

    void cancelWhileCheckingInstallsNothing() {
        writePart(file_);
        make();
        download_->start();
        QCOMPARE(download_->state(), State::Checking);
        download_->discard();
        QTest::qWait(50);
        verifyFolderHolds({});
    }

    void completeFileOfAnEarlierRunIsOnlyChecked() {
        writePart(file_);
        fetch();
        verifyInstalled();
        QVERIFY(server_->requests.empty());
    }

    void serverThatGoesSilentIsGivenUp() {
        rules_.stallMs = 1000;
        server_->answer = sendsOnly(file_, firstPiece, false);
        fetch();
        verifyFailed(Problem::Stalled);
        QCOMPARE(partBytes(), firstPiece);
        server_->answer = wellBehaved(file_);
        again();
        verifyInstalled();
    }

    void serverThatNeverAnswersIsGivenUp() {
        rules_.stallMs = 1000;
        server_->answer = [](QTcpSocket&, const Request&) {};
        fetch();
        verifyFailed(Problem::Stalled);
    }

    void usualStallTimeIsThirtySeconds() { QCOMPARE(DownloadRules().stallMs, 30'000); }

    void slowServerIsNotAStalledOne() {
        rules_.stallMs = 1600;
        server_->answer = [this](QTcpSocket& socket, const Request&) {
            sendHead(socket, "200 OK", {lengthHeader(fileBytes)});
            auto* timer = new QTimer(&socket);
            auto sent = std::make_shared<qint64>(0);
            connect(timer, &QTimer::timeout, &socket, [this, &socket, sent] {
                constexpr qint64 piece = 40'000;
                socket.write(file_.mid(*sent, piece));
                *sent += piece;
            });
            timer->start(400); // 8 pieces: twice the time-out in all
        };
        fetch();
        verifyInstalled();
    }

    void serverThatIgnoresRangesSendsTheWholeAgain() {
        writePart(file_.left(firstPiece));
        server_->answer = [this](QTcpSocket& socket, const Request&) {
            sendAll(socket, "200 OK", {lengthHeader(fileBytes)}, file_);
        };
        fetch();
        QCOMPARE(server_->requests[0].rangeStart(), firstPiece);
        verifyInstalled();
    }

    void changedVersionIsFetchedFromItsStart() {
        server_->answer = sendsOnly(otherFile_, firstPiece, true, "\"old\"");
        fetch();
        verifyFailed(Problem::CutOff);
        server_->answer = wellBehaved(file_, "\"new\"");
        again();
        verifyInstalled();
    }

    void changedVersionIsNoticedWhereTheConditionIsIgnored() {
        server_->answer = sendsOnly(otherFile_, firstPiece, true, "\"old\"");
        fetch();
        verifyFailed(Problem::CutOff);
        const FileServer::Answer good = wellBehaved(file_, "\"new\"");
        server_->answer = [good](QTcpSocket& socket, const Request& request) {
            Request unconditional = request;
            unconditional.headers.remove("if-range");
            good(socket, unconditional);
        };
        again();
        verifyInstalled();
        QCOMPARE(server_->requests.size(), std::size_t(3));
        QCOMPARE(server_->requests.back().rangeStart(), -1);
    }

    void anotherRangeThanAskedForIsNotAppended() {
        writePart(file_.left(firstPiece));
        server_->answer = [this](QTcpSocket& socket, const Request& request) {
            if (request.rangeStart() < 0) {
                sendAll(socket, "200 OK", {lengthHeader(fileBytes)}, file_);
                return;
            }
            sendAll(socket, "206 Partial Content",
                    {lengthHeader(fileBytes - 5), "Content-Range: bytes 5-299999/300000"}, file_.mid(5));
        };
        fetch();
        verifyInstalled();
    }

    void rangeOfALongerFileIsRefused() {
        writePart(file_.left(firstPiece));
        server_->answer = [this](QTcpSocket& socket, const Request&) {
            sendAll(socket, "206 Partial Content", {"Content-Range: bytes 100000-399999/400000"}, otherFile_);
        };
        fetch();
        verifyFailed(Problem::WrongLength);
    }

    void nonsenseRangeIsRefused() {
        server_->answer = [this](QTcpSocket& socket, const Request&) {
            sendAll(socket, "206 Partial Content", {"Content-Range: bytes from here"}, file_);
        };
        fetch();
        verifyFailed(Problem::ServerFault);
    }

    void rangeThatCannotBeServedStartsOver() {
        writePart(file_.left(firstPiece));
        server_->answer = [this](QTcpSocket& socket, const Request& request) {
            if (request.rangeStart() >= 0) {
                sendAll(socket, "416 Range Not Satisfiable", {lengthHeader(0)}, {});
            } else {
                sendAll(socket, "200 OK", {lengthHeader(fileBytes)}, file_);
            }
        };
        fetch();
        verifyInstalled();
        QCOMPARE(server_->requests.size(), std::size_t(2));
    }

    void rangeRefusedForEverEnds() {
        writePart(file_.left(firstPiece));
        answerStatus("416 Range Not Satisfiable");
        fetch();
        verifyFailed(Problem::Refused);
        QCOMPARE(server_->requests.size(), std::size_t(2));
    }

    void announcedLengthMustBeTheCatalogues() {
        server_->answer = [this](QTcpSocket& socket, const Request&) {
            sendAll(socket, "200 OK", {lengthHeader(fileBytes + 1)}, file_ + 'x');
        };
        fetch();
        verifyFailed(Problem::WrongLength);
        verifyFolderHolds({"x.part"});
        QCOMPARE(partBytes(), 0);
    }

    void lengthThatIsAnnouncedTooLongBreaksOff() {
        request_.bytes = fileBytes + 10; // the catalogue believes it, too
        server_->answer = [this](QTcpSocket& socket, const Request&) {
            sendAll(socket, "200 OK", {lengthHeader(fileBytes + 10)}, file_);
        };
        fetch();
        verifyFailed(Problem::CutOff);
    }

    void lengthThatIsAnnouncedTooShortIsRefused() {
        server_->answer = [this](QTcpSocket& socket, const Request&) {
            sendAll(socket, "200 OK", {lengthHeader(firstPiece)}, file_);
        };
        fetch();
        verifyFailed(Problem::WrongLength);
    }

    void moreBytesThanTheFileHasAreRefused() {
        server_->answer = [this](QTcpSocket& socket, const Request&) {
            sendAll(socket, "200 OK", {}, file_ + otherFile_);
        };
        fetch();
        verifyFailed(Problem::WrongLength);
        verifyFolderHolds({});
    }

    void fewerBytesWithoutALengthBreakOff() {
        server_->answer = [this](QTcpSocket& socket, const Request&) {
            sendAll(socket, "200 OK", {}, file_.left(firstPiece));
        };
        fetch();
        verifyFailed(Problem::CutOff);
    }

    void fileWithoutALengthIsInstalled() {
        server_->answer = [this](QTcpSocket& socket, const Request&) { sendAll(socket, "200 OK", {}, file_); };
        fetch();
        verifyInstalled();
    }

    void wrongFileOfTheRightLengthIsNotInstalled() {
        server_->answer = wellBehaved(otherFile_);
        fetch();
        verifyFailed(Problem::WrongChecksum);
        verifyFolderHolds({});
        server_->answer = wellBehaved(file_);
        again();
        verifyInstalled();
    }

    void oneWrongBitIsNoticed() {
        QByteArray damaged = file_;
        damaged[fileBytes / 2] = static_cast<char>(damaged[fileBytes / 2] ^ 1);
        server_->answer = wellBehaved(damaged);
        fetch();
        verifyFailed(Problem::WrongChecksum);
    }

    void damagedPartOfAnEarlierRunIsNotInstalled() {
        writePart(otherFile_.left(firstPiece));
        server_->answer = wellBehaved(file_);
        fetch();
        verifyFailed(Problem::WrongChecksum);
        verifyFolderHolds({});
    }

    void partThatIsTooLongIsDropped() {
        writePart(file_ + "more");
        server_->answer = wellBehaved(file_);
        fetch();
        verifyInstalled();
        QCOMPARE(server_->requests[0].rangeStart(), -1);
    }

    void redirectIsFollowedAndKeepsTheRange() {
        writePart(file_.left(firstPiece));
        const FileServer::Answer good = wellBehaved(file_);
        server_->answer = [this, good](QTcpSocket& socket, const Request& request) {
            if (request.path == "/elsewhere") {
                good(socket, request);
            } else {
                sendAll(socket, "302 Found", {"Location: " + server_->url("/elsewhere").toEncoded(), lengthHeader(0)},
                        {});
            }
        };
        fetch();
        verifyInstalled();
        QCOMPARE(server_->requests.back().rangeStart(), firstPiece);
    }

    void redirectsInALoopEnd() {
        server_->answer = [this](QTcpSocket& socket, const Request&) {
            sendRedirect(socket, server_->url().toEncoded());
        };
        fetch();
        verifyFailed(Problem::RedirectLoop);
        QCOMPARE(server_->requests.size(), std::size_t(6));
    }

    void redirectsToUnsafeAddressesAreRefused_data() {
        QTest::addColumn<QByteArray>("target");
        QTest::newRow("plain http") << QByteArray("http://models.example/file.pt");
        QTest::newRow("a local file") << QByteArray("file:///etc/passwd");
        QTest::newRow("ftp") << QByteArray("ftp://models.example/file.pt");
        QTest::newRow("data") << QByteArray("data:text/plain,hello");
    }
    void redirectsToUnsafeAddressesAreRefused() {
        QFETCH(QByteArray, target);
        server_->answer = [target](QTcpSocket& socket, const Request&) { sendRedirect(socket, target); };
        fetch();
        verifyFailed(Problem::UnsafeRedirect);
    }

    void unsafeAddressIsNotAskedAtAll() {
        rules_.allowLoopbackHttp = false;
        fetch();
        verifyFailed(Problem::UnsafeAddress);
        QVERIFY(server_->requests.empty());
    }

    void errorAnswersAreTold_data() {
        QTest::addColumn<QByteArray>("status");
        QTest::addColumn<Problem>("problem");
        QTest::newRow("404") << QByteArray("404 Not Found") << Problem::NotFound;
        QTest::newRow("410") << QByteArray("410 Gone") << Problem::NotFound;
        QTest::newRow("401") << QByteArray("401 Unauthorized") << Problem::Refused;
        QTest::newRow("403") << QByteArray("403 Forbidden") << Problem::Refused;
        QTest::newRow("416") << QByteArray("416 Range Not Satisfiable") << Problem::Refused;
        QTest::newRow("429") << QByteArray("429 Too Many Requests") << Problem::ServerFault;
        QTest::newRow("500") << QByteArray("500 Internal Server Error") << Problem::ServerFault;
        QTest::newRow("503") << QByteArray("503 Service Unavailable") << Problem::ServerFault;
    }
    void errorAnswersAreTold() {
        QFETCH(QByteArray, status);
        QFETCH(Problem, problem);
        answerStatus(status);
        fetch();
        verifyFailed(problem);
    }

    void errorAnswerKeepsWhatHadCome() {
        writePart(file_.left(firstPiece));
        answerStatus("503 Service Unavailable");
        fetch();
        verifyFailed(Problem::ServerFault);
        QCOMPARE(partBytes(), firstPiece);
        server_->answer = wellBehaved(file_);
        again();
        verifyInstalled();
    }

    void webPageIsNotTakenForTheFile() {
        writePart(file_.left(firstPiece));
        server_->answer = [](QTcpSocket& socket, const Request&) {
            const QByteArray page = "<html><body>Please log in</body></html>";
            sendAll(socket, "200 OK", {"Content-Type: text/html; charset=utf-8", lengthHeader(page.size())}, page);
        };
        fetch();
        verifyFailed(Problem::WebPage);
        QCOMPARE(partBytes(), firstPiece);
        server_->answer = wellBehaved(file_);
        again();
        verifyInstalled();
    }

    void answerThatIsNoHttpIsAFault() {
        server_->answer = [](QTcpSocket& socket, const Request&) {
            socket.write("SSH-2.0-server\r\n\r\n");
            socket.disconnectFromHost();
        };
        fetch();
        QVERIFY(download_->failure());
        verifyNothingInstalled();
    }

    void serverThatIsNotThereIsTold() {
        server_->close();
        fetch();
        verifyFailed(Problem::NoConnection);
    }

    void serverThatClosesAtOnceIsTold() {
        server_->answer = [](QTcpSocket& socket, const Request&) { socket.abort(); };
        fetch();
        verifyFailed(Problem::NoConnection);
    }

    void fullDiskIsNoticedBeforehand() {
        rules_.freeBytes = [](const QString&) { return fileBytes / 2; };
        fetch();
        verifyFailed(Problem::DiskFull);
        QVERIFY(server_->requests.empty());
    }

    void diskThatFillsUpKeepsWhatFitted() {
        server_->answer = wellBehaved(file_);
        {
            const FileSizeLimit limit(firstPiece);
            fetch();
        }
        verifyFailed(Problem::DiskFull);
        QCOMPARE(partBytes(), firstPiece);
        again();
        verifyInstalled();
        QCOMPARE(server_->requests.back().rangeStart(), firstPiece);
    }

    void folderThatCannotBeMadeIsTold() {
        QFile blocker(path("blocker"));
        QVERIFY(blocker.open(QIODevice::WriteOnly));
        request_.part = path("blocker/x.part");
        fetch();
        verifyFailed(Problem::CannotWrite);
        QVERIFY(server_->requests.empty());
    }

    void fileOfTheSameNameIsNotOverwritten() {
        QFile own(request_.target);
        QVERIFY(own.open(QIODevice::WriteOnly));
        own.write("mine");
        own.close();
        server_->answer = wellBehaved(file_);
        fetch();
        QCOMPARE(download_->failure()->problem, Problem::NameTaken);
        QVERIFY(own.open(QIODevice::ReadOnly));
        QCOMPARE(own.readAll(), QByteArray("mine"));
    }

    void progressIsTold() {
        server_->answer = wellBehaved(file_);
        make();
        QSignalSpy progress(download_.get(), &Download::progressed);
        again();
        verifyInstalled();
        QVERIFY(progress.count() > 0);
    }

    void everyFailureHasWords() {
        for (int problem = 0; problem <= static_cast<int>(Problem::Busy); ++problem) {
            QVERIFY2(!FailureText::title(static_cast<Problem>(problem)).isEmpty(),
                     qPrintable(QString::number(problem)));
            QVERIFY2(!FailureText::advice(static_cast<Problem>(problem)).isEmpty(),
                     qPrintable(QString::number(problem)));
        }
    }

private:
    QString path(const char* name) const { return folder_->filePath(QLatin1String(name)); }
    qint64 partBytes() const { return QFileInfo(request_.part).size(); }
    void writePart(const QByteArray& bytes) {
        QFile part(request_.part);
        QVERIFY(part.open(QIODevice::WriteOnly));
        QCOMPARE(part.write(bytes), bytes.size());
    }
    void answerStatus(const QByteArray& status) {
        server_->answer = [status](QTcpSocket& socket, const Request&) {
            const QByteArray page = "<html><body>Error</body></html>";
            sendAll(socket, status, {"Content-Type: text/html", lengthHeader(page.size())}, page);
        };
    }
    void make() { download_ = std::make_unique<Download>(*network_, request_, rules_); }
    void fetch() {
        make();
        again();
    }
    /// Starts, and waits until it has ended one way or the other.
    void again() {
        download_->start();
        QTRY_VERIFY_WITH_TIMEOUT(!download_->active(), 20'000);
    }
    void verifyInstalled() {
        QVERIFY2(download_->state() == State::Installed,
                 qPrintable(download_->failure() ? download_->failure()->detail : QStringLiteral("not failed")));
        QFile installed(request_.target);
        QVERIFY(installed.open(QIODevice::ReadOnly));
        QVERIFY(installed.readAll() == file_);
        verifyFolderHolds({"model.pt"});
    }
    void verifyNothingInstalled() { QVERIFY(!QFileInfo::exists(request_.target)); }
    void verifyFailed(Problem problem) {
        QCOMPARE(download_->state(), State::Failed);
        QVERIFY(download_->failure());
        QVERIFY2(download_->failure()->problem == problem, qPrintable(download_->failure()->detail));
        QVERIFY(!download_->failure()->detail.isEmpty());
        verifyNothingInstalled();
    }
    void verifyFolderHolds(const QStringList& names) {
        QCOMPARE(QDir(folder_->path()).entryList(QDir::Files | QDir::Hidden), names);
    }

    QByteArray file_;
    QByteArray otherFile_;
    std::unique_ptr<QTemporaryDir> folder_;
    std::unique_ptr<FileServer> server_;
    std::unique_ptr<QNetworkAccessManager> network_;
    std::unique_ptr<Download> download_;
    DownloadRules rules_;
    DownloadRequest request_;
};

QTEST_GUILESS_MAIN(TestDownload)
#include "tst_download.moc"
