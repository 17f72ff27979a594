#include "fake_names.h"
#include "jpeg_server.h"
#include "media/frame_source.h"

#include <QElapsedTimer>
#include <QTest>
#include <thread>

using namespace livegloss;
using namespace livegloss::media;
using namespace std::chrono_literals;
using test::HttpServer;

namespace {

const SteadyClock steadyClock;

/// What opening `address` came to, once `cancel` is given while the look-up waits.
struct CancelledOpening {
    Error error;
    qint64 milliseconds = -1; ///< from the cancel to the return
};

CancelledOpening openAndCancel(const std::string& address, int lookUpThatWaits) {
    std::atomic<bool> cancel{false};
    std::atomic<bool> returned{false};
    QElapsedTimer timer;
    std::thread canceller([&] {
        while (test::namesLookedUp() < lookUpThatWaits) {
            std::this_thread::sleep_for(2ms);
        }
        timer.start();
        cancel = true;
        // A reader that cannot be woken fails the test instead of hanging it.
        while (!returned && timer.elapsed() < 3000) {
            std::this_thread::sleep_for(2ms);
        }
        test::releaseNames();
    });
    const auto source = openSource(parseSource(address), steadyClock, &cancel);
    const qint64 elapsed = timer.isValid() ? timer.elapsed() : -1;
    returned = true;
    canceller.join();
    return {source ? Error{} : source.error(), elapsed};
}

} // namespace

/// Names of computers: unknown ones are told as such, and looking one up never holds anybody up.
class TestStreamNames : public QObject {
    Q_OBJECT
private slots:
    void cleanup() { test::releaseNames(); }

    void unknownNamesAreSaid_data() {
        QTest::addColumn<QString>("address");
        for (const char* address :
             {"http://nowhere.invalid/video", "https://nowhere.invalid:8443/video?x=@y", "rtsp://nowhere.invalid/live",
              "http://anna:secret@nowhere.invalid:8080", "rtsp://anna:p@ss@nowhere.invalid#1"}) {
            QTest::newRow(address) << QString::fromLatin1(address);
        }
    }
    void unknownNamesAreSaid() {
        QFETCH(QString, address);
        const auto source = openSource(parseSource(address.toStdString()), steadyClock);
        QVERIFY(!source);
        QCOMPARE(static_cast<int>(source.error().code), static_cast<int>(ErrorCode::NotFound));
        QCOMPARE(source.error().message, std::string("no computer of the name nowhere.invalid is known"));
        QVERIFY(!source.error().hint.empty());
    }

    void knownNamesAndNumbersConnect_data() {
        QTest::addColumn<QString>("host");
        QTest::newRow("name") << "camera.test";
        QTest::newRow("number") << "127.0.0.1";
    }
    /// The server has nothing, and says so: it was reached.
    void knownNamesAndNumbersConnect() {
        QFETCH(QString, host);
        const HttpServer server([](const HttpServer::Send& send, const std::function<bool()>&) {
            send("HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        });
        const std::string address = "http://" + host.toStdString() + ":" + std::to_string(server.port()) + "/video";
        const auto source = openSource(parseSource(address), steadyClock);
        QVERIFY(!source);
        QCOMPARE(source.error().message, "the server has nothing at " + address);
        QCOMPARE(server.connections(), 1);
    }

    void lookingUpIsLeftBehind_data() {
        QTest::addColumn<int>("answered");
        QTest::newRow("our own look-up") << 0;
        QTest::newRow("FFmpeg's") << 1;
    }
    void lookingUpIsLeftBehind() {
        QFETCH(int, answered);
        test::holdNamesAfter(answered);
        const CancelledOpening opening = openAndCancel("http://camera.test:9/video", answered + 1);
        QCOMPARE(static_cast<int>(opening.error.code), static_cast<int>(ErrorCode::Cancelled));
        QVERIFY2(opening.milliseconds >= 0 && opening.milliseconds < 1000,
                 qPrintable(QString::number(opening.milliseconds)));
    }

    /// A redirection leads to a name that takes long; what was opened until then is let go by the thread left behind.
    void redirectionsAreLeftBehindToo() {
        const HttpServer server([](const HttpServer::Send& send, const std::function<bool()>&) {
            send("HTTP/1.0 302 Found\r\nLocation: http://elsewhere.test/video\r\nContent-Length: 0\r\n\r\n");
        });
        test::holdNamesAfter(0);
        const CancelledOpening opening = openAndCancel(server.address(), 1);
        QCOMPARE(static_cast<int>(opening.error.code), static_cast<int>(ErrorCode::Cancelled));
        QVERIFY(opening.milliseconds >= 0 && opening.milliseconds < 1000);
    }
};

QTEST_GUILESS_MAIN(TestStreamNames)
#include "tst_stream_names.moc"
