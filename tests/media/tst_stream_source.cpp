#include "clip_maker.h"
#include "index_clip.h"
#include "jpeg_server.h"
#include "media/frame_source.h"

#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <chrono>
#include <thread>

using namespace livegloss;
using namespace livegloss::media;
using namespace std::chrono_literals;
using test::HttpServer;

namespace {

const SteadyClock steadyClock;

int codeOf(const Error& error) {
    return static_cast<int>(error.code);
}

/// Keeps the connection open and silent.
void stall(const std::function<bool()>& stopped) {
    while (!stopped()) {
        std::this_thread::sleep_for(5ms);
    }
}

} // namespace

class TestStreamSource : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void framesArrive();
    void timesFollowArrival();
    void endOfConnection();
    void aVideoFileBehindAnAddressIsNotLive();
    void stalledStreamTimesOut();
    void interruptWakesAReader();
    void cancelWakesOpening();
    void refusals_data();
    void refusals();
    void nobodyListens();
    void redirectionsReachNoFiles();
    void credentialsStayHidden();
    void playlistsInFilesReachNoNetwork();

private:
    HttpServer::Answer pictures(int count, std::chrono::milliseconds interval) const;
    std::string jpeg(int index) const { return jpegs_[static_cast<std::size_t>(index) % jpegs_.size()]; }
    QTemporaryDir folder_;
    std::vector<std::string> jpegs_;
};

void TestStreamSource::initTestCase() {
    for (int index = 0; index < 12; ++index) {
        const std::string path = (folder_.path() + "/picture.mjpg").toStdString();
        test::EncodeOptions options;
        options.codec = "mjpeg";
        options.pixels = AV_PIX_FMT_YUVJ420P;
        options.matrix = AVCOL_SPC_BT470BG;
        options.fullRange = true;
        options.width = 640;
        options.height = 360;
        options.frames = 1;
        QCOMPARE(test::encodeClip(path, options, [&](int) { return test::indexPicture(index, 640, 360); }), QString());
        QFile file(QString::fromStdString(path));
        QVERIFY(file.open(QIODevice::ReadOnly));
        jpegs_.push_back(file.readAll().toStdString());
        // FFmpeg looks at 2 KiB before it believes in a stream; pictures of cameras are larger anyway.
        QVERIFY(jpegs_.back().size() > 2048);
    }
}

/// `count` pictures, then silence; for ever if `count` is negative.
HttpServer::Answer TestStreamSource::pictures(int count, std::chrono::milliseconds interval) const {
    return [this, count, interval](const HttpServer::Send& send, const std::function<bool()>& stopped) {
        if (!send(test::multipartHead())) {
            return;
        }
        for (int index = 0; count < 0 || index < count; ++index) {
            if (!send(test::multipartPicture(jpeg(index)))) {
                return;
            }
            std::this_thread::sleep_for(interval);
        }
        // The reader sees a picture's end only when the next part begins.
        send("--picture\r\n");
        stall(stopped);
    };
}

void TestStreamSource::framesArrive() {
    const HttpServer server(pictures(-1, 10ms));
    auto source = openSource(parseSource(server.address()), steadyClock);
    QVERIFY2(source, source ? "" : source.error().message.c_str());
    QCOMPARE((*source)->info().codec, std::string("mjpeg"));
    QCOMPARE((*source)->info().width, 640);
    QVERIFY((*source)->info().live);
    QVERIFY(!(*source)->info().seekable);
    QVERIFY(!(*source)->info().duration);
    for (int i = 0; i < 30; ++i) {
        const auto frame = (*source)->read();
        QVERIFY2(frame && *frame, frame ? "" : frame.error().message.c_str());
        QCOMPARE(test::indexOf(***frame), i % 12);
        QCOMPARE((**frame)->index, std::int64_t{i});
    }
}

void TestStreamSource::timesFollowArrival() {
    // Uneven on purpose: the pictures carry no time, so it is that of their arrival.
    const HttpServer server([this](const HttpServer::Send& send, const std::function<bool()>& stopped) {
        send(test::multipartHead());
        for (int index = 0; index < 4; ++index) {
            send(test::multipartPicture(jpeg(index)));
            std::this_thread::sleep_for(index == 1 ? 300ms : 30ms);
        }
        send("--picture\r\n");
        stall(stopped);
    });
    auto source = openSource(parseSource(server.address()), steadyClock);
    QVERIFY(source);
    std::vector<FramePtr> frames;
    for (int i = 0; i < 4; ++i) {
        auto frame = (*source)->read();
        QVERIFY(frame && *frame);
        frames.push_back(**frame);
    }
    QCOMPARE(frames[0]->time, MediaTime(0));
    for (std::size_t i = 1; i < 4; ++i) {
        QCOMPARE(frames[i]->time, std::chrono::duration_cast<MediaTime>(frames[i]->capturedAt - frames[0]->capturedAt));
    }
    QVERIFY(frames[3]->time >= 300ms);
}

void TestStreamSource::endOfConnection() {
    const HttpServer server([this](const HttpServer::Send& send, const std::function<bool()>&) {
        send(test::multipartHead());
        for (int index = 0; index < 5; ++index) {
            send(test::multipartPicture(jpeg(index)));
        }
    });
    auto source = openSource(parseSource(server.address()), steadyClock);
    QVERIFY(source);
    int count = 0;
    auto frame = (*source)->read();
    for (; frame && *frame; frame = (*source)->read()) {
        ++count;
    }
    QVERIFY(count >= 4);
    QVERIFY2(!frame, "a live stream has no end of its own");
    QCOMPARE(codeOf(frame.error()), static_cast<int>(ErrorCode::Disconnected));
}

// It waits for its reader, so that it can be shown at its own rate and recognised frame by frame.
void TestStreamSource::aVideoFileBehindAnAddressIsNotLive() {
    const std::string clip = (folder_.path() + "/clip.mp4").toStdString();
    QCOMPARE(test::writeIndexClip(clip, 60), QString());
    QFile file(QString::fromStdString(clip));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const std::string bytes = file.readAll().toStdString();
    for (const bool whole : {true, false}) {
        const HttpServer server([&](const HttpServer::Send& send, const std::function<bool()>&) {
            send("HTTP/1.0 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: " + std::to_string(bytes.size()) +
                 "\r\n\r\n" + bytes.substr(0, whole ? bytes.size() : bytes.size() * 9 / 10));
        });
        auto source = openSource(parseSource(server.address("/clip.mp4")), steadyClock);
        QVERIFY2(source, source ? "" : source.error().message.c_str());
        QVERIFY(!(*source)->info().live);
        QVERIFY(!(*source)->info().seekable);
        QCOMPARE((*source)->info().duration, std::optional(MediaTime(60 * 40ms)));
        int count = 0;
        auto frame = (*source)->read();
        for (; frame && *frame; frame = (*source)->read()) {
            QCOMPARE(test::indexOf(***frame), count);
            QVERIFY(std::chrono::abs((**frame)->time - count * 40ms) < 1ms);
            ++count;
        }
        if (whole) {
            QVERIFY2(frame, frame ? "" : frame.error().message.c_str());
            QCOMPARE(count, 60);
            QCOMPARE((*source)->losses().frames, std::int64_t{0});
        } else { // the connection broke: an error, or at least a loss
            QVERIFY(count > 5 && count < 60);
            QVERIFY(!frame || (*source)->losses().endsAt);
        }
    }
}

void TestStreamSource::stalledStreamTimesOut() {
    const HttpServer server(pictures(5, 5ms));
    auto source = openSource(parseSource(server.address()), steadyClock);
    QVERIFY(source);
    QElapsedTimer timer;
    auto frame = (*source)->read();
    for (; frame && *frame; frame = (*source)->read()) {
        timer.start();
    }
    QVERIFY(!frame);
    QCOMPARE(codeOf(frame.error()), static_cast<int>(ErrorCode::Timeout));
    QVERIFY2(timer.elapsed() > 2000 && timer.elapsed() < 5000, qPrintable(QString::number(timer.elapsed())));
}

void TestStreamSource::interruptWakesAReader() {
    const HttpServer server(pictures(3, 5ms));
    auto source = openSource(parseSource(server.address()), steadyClock);
    QVERIFY(source);
    for (int i = 0; i < 3; ++i) {
        QVERIFY((*source)->read());
    }
    QElapsedTimer timer;
    std::thread interrupter([&] {
        std::this_thread::sleep_for(100ms); // by then the reader blocks; if it does not yet, it will not begin to
        timer.start();
        (*source)->interrupt();
    });
    const auto frame = (*source)->read();
    const qint64 elapsed = timer.elapsed();
    interrupter.join();
    QVERIFY(!frame);
    QCOMPARE(codeOf(frame.error()), static_cast<int>(ErrorCode::Cancelled));
    QVERIFY2(elapsed < 500, qPrintable(QString("%1 ms").arg(elapsed)));
}

void TestStreamSource::cancelWakesOpening() {
    const HttpServer server([](const HttpServer::Send&, const std::function<bool()>& stopped) { stall(stopped); });
    std::atomic<bool> cancel{false};
    QElapsedTimer timer;
    std::thread canceller([&] {
        std::this_thread::sleep_for(100ms);
        timer.start();
        cancel = true;
    });
    const auto source = openSource(parseSource(server.address()), steadyClock, &cancel);
    const qint64 elapsed = timer.elapsed();
    canceller.join();
    QVERIFY(!source);
    QCOMPARE(codeOf(source.error()), static_cast<int>(ErrorCode::Cancelled));
    QVERIFY2(elapsed < 500, qPrintable(QString("%1 ms").arg(elapsed)));
}

void TestStreamSource::refusals_data() {
    QTest::addColumn<QString>("reply");
    QTest::addColumn<int>("code");
    QTest::newRow("not found") << "HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n"
                               << static_cast<int>(ErrorCode::NotFound);
    QTest::newRow("forbidden") << "HTTP/1.0 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
                               << static_cast<int>(ErrorCode::PermissionDenied);
    QTest::newRow("who are you")
        << "HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n"
        << static_cast<int>(ErrorCode::PermissionDenied);
    QTest::newRow("a web page") << "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" +
                                       QString("<html>hello</html>").repeated(300)
                                << static_cast<int>(ErrorCode::NoVideo);
    QTest::newRow("a playlist") << QString("HTTP/1.0 200 OK\r\nContent-Type: application/vnd.apple.mpegurl\r\n\r\n"
                                           "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:2.4,\na.ts\n#EXT-X-ENDLIST\n")
                                << static_cast<int>(ErrorCode::Unsupported);
}

void TestStreamSource::refusals() {
    QFETCH(QString, reply);
    QFETCH(int, code);
    const HttpServer server(
        [&](const HttpServer::Send& send, const std::function<bool()>&) { send(reply.toStdString()); });
    const auto source = openSource(parseSource(server.address()), steadyClock);
    QVERIFY(!source);
    QVERIFY2(codeOf(source.error()) == code, source.error().message.c_str());
    QVERIFY(!source.error().hint.empty());
}

void TestStreamSource::nobodyListens() {
    std::string address;
    {
        const HttpServer server([](const HttpServer::Send&, const std::function<bool()>&) {});
        address = server.address();
    }
    for (const std::string& text : {address, "rtsp" + address.substr(4)}) {
        const auto source = openSource(parseSource(text), steadyClock);
        QVERIFY(!source);
        QVERIFY2(codeOf(source.error()) == static_cast<int>(ErrorCode::NotFound), source.error().message.c_str());
    }
}

void TestStreamSource::redirectionsReachNoFiles() {
    const std::string clip = (folder_.path() + "/canary.mp4").toStdString();
    QCOMPARE(test::writeIndexClip(clip, 10), QString());
    for (const std::string& target : std::vector<std::string>{"file://" + clip, "file:" + clip, clip, "concat:" + clip,
                                                              "data:video/mp4;base64,AAAA"}) {
        const HttpServer server([&](const HttpServer::Send& send, const std::function<bool()>&) {
            send("HTTP/1.0 302 Found\r\nLocation: " + target + "\r\nContent-Length: 0\r\n\r\n");
        });
        const auto source = openSource(parseSource(server.address()), steadyClock);
        QVERIFY2(!source, target.c_str());
        QVERIFY(server.connections() >= 1);
    }
}

void TestStreamSource::credentialsStayHidden() {
    const HttpServer server(pictures(-1, 5ms));
    const std::string address = "http://anna:secret@127.0.0.1:" + std::to_string(server.port()) + "/video";
    auto source = openSource(parseSource(address), steadyClock);
    QVERIFY(source);
    QCOMPARE((*source)->info().name, server.address());
    const auto missing = openSource(parseSource("rtsp://anna:secret@127.0.0.1:9/x"), steadyClock);
    QVERIFY(!missing);
    QVERIFY(missing.error().message.find("secret") == std::string::npos);
    QVERIFY(missing.error().hint.find("secret") == std::string::npos);
}

// The canary: lists that name this server, under a video's name. It must never be asked.
void TestStreamSource::playlistsInFilesReachNoNetwork() {
    const HttpServer server(pictures(-1, 5ms));
    const QString address = QString::fromStdString(server.address());
    const QStringList lists{
        "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:2.4,\n" + address + "\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n" + address + "\n",
        "ffconcat version 1.0\nfile " + address + "\n",
        "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"><Period><AdaptationSet "
        "mimeType=\"video/mp4\">"
        "<Representation id=\"1\" bandwidth=\"1\"><BaseURL>" +
            address + "</BaseURL></Representation></AdaptationSet></Period></MPD>",
        "[playlist]\nFile1=" + address + "\nNumberOfEntries=1\nVersion=2\n",
        "RTSPtextRTSP://127.0.0.1:" + QString::number(server.port()) + "/x\n",
    };
    for (const QString& list : lists) {
        for (const char* name : {"/list.mp4", "/list.m3u8", "/list.mpd", "/list.ffconcat", "/list.mov"}) {
            QFile file(folder_.path() + name);
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(list.toUtf8());
            file.close();
            QVERIFY(!openSource({SourceKind::File, file.fileName().toStdString()}, steadyClock));
        }
    }
    QCOMPARE(server.connections(), 0);
}

QTEST_GUILESS_MAIN(TestStreamSource)
#include "tst_stream_source.moc"
