#include "clip_maker.h"
#include "file_outcome.h"
#include "index_clip.h"
#include "media/frame_source.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <random>

using namespace livegloss;
using namespace livegloss::media;
using namespace std::chrono_literals;
using test::get;
using test::Outcome;
using test::put;
using test::readFile;

namespace {

constexpr unsigned seed = 31337;
const SteadyClock steadyClock;

QByteArray bigEndian(int value) {
    return QByteArray{}
        .append(static_cast<char>(value >> 24))
        .append(static_cast<char>(value >> 16))
        .append(static_cast<char>(value >> 8))
        .append(static_cast<char>(value));
}

QByteArray littleEndian(int value) {
    QByteArray bytes = bigEndian(value);
    std::reverse(bytes.begin(), bytes.end());
    return bytes;
}

/// Half a second of silence, with a picture of the album if wished.
QByteArray waveFile(bool withCover) {
    const QByteArray format =
        QByteArray("\x01\0\x01\0", 4) + littleEndian(8000) + littleEndian(16000) + QByteArray("\x02\0\x10\0", 4);
    QByteArray chunks = "WAVEfmt " + littleEndian(16) + format;
    if (withCover) {
        const QByteArray png = QByteArray::fromBase64(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==");
        const QByteArray picture = QByteArray("\0image/png\0\x03\0", 13) + png;
        const QByteArray entry = "APIC" + bigEndian(static_cast<int>(picture.size())) + QByteArray(2, '\0') + picture;
        QByteArray tag = QByteArray("ID3\x03\0\0\0\0", 8);
        tag += static_cast<char>(entry.size() >> 7);
        tag += static_cast<char>(entry.size() & 127);
        tag += entry;
        if (tag.size() % 2 != 0) {
            tag += '\0';
        }
        chunks += "id3 " + littleEndian(static_cast<int>(tag.size())) + tag;
    }
    chunks += "data" + littleEndian(8000) + QByteArray(8000, '\0');
    return "RIFF" + littleEndian(static_cast<int>(chunks.size())) + chunks;
}

} // namespace

class TestFileSource : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void badFiles_data();
    void badFiles();
    void hugePicturesAreRefused();
    void playlistsReachNothing_data();
    void playlistsReachNothing();
    void stampsFramesAsTheyEnter();
    void testPattern();
    void interruptEndsReading();
    void cancelledOpening();

private:
    std::string path(const QString& name) const { return (folder_.path() + "/" + name).toStdString(); }
    QTemporaryDir folder_;
};

void TestFileSource::initTestCase() {
    qInfo("seed %u", seed);
    QCOMPARE(test::writeIndexClip(path("index.mp4"), 60), QString());
}

void TestFileSource::badFiles_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("code");
    const auto row = [](const char* title, const QByteArray& bytes, const char* name, ErrorCode code) {
        QTest::newRow(title) << bytes << QString(name) << static_cast<int>(code);
    };
    row("missing", QByteArray(), "missing.mp4", ErrorCode::NotFound);
    row("folder", QByteArray(), ".", ErrorCode::InvalidArgument);
    row("empty", QByteArray(""), "empty.mp4", ErrorCode::Unreadable);
    row("text", QByteArray("this is no video\n").repeated(500), "text.mp4", ErrorCode::Unreadable);
    row("text by its own name", QByteArray("this is no video\n").repeated(500), "text.txt", ErrorCode::Unsupported);
    row("zeros", QByteArray(100'000, '\0'), "zeros.mp4", ErrorCode::Unreadable);
    row("one byte", QByteArray("x"), "one.mkv", ErrorCode::Unreadable);
    row("audio only", waveFile(false), "sound.wav", ErrorCode::NoVideo);
    row("audio with cover art", waveFile(true), "cover.wav", ErrorCode::NoVideo);
    row("audio by a video's name", waveFile(true), "cover.mp4", ErrorCode::NoVideo);
    row("subtitles", QByteArray("1\n00:00:00,000 --> 00:00:01,000\nhello\n\n").repeated(50), "words.srt",
        ErrorCode::Unsupported);
    QByteArray noise;
    std::mt19937 random(seed);
    for (int i = 0; i < 50'000; ++i) {
        noise += static_cast<char>(random() & 255U);
    }
    row("noise", noise, "noise.bin", ErrorCode::Unreadable);
}

void TestFileSource::badFiles() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, name);
    QFETCH(int, code);
    if (!bytes.isNull()) {
        put(path(name), bytes);
    }
    const Outcome outcome = readFile(path(name));
    QVERIFY(outcome.error);
    const bool noiseMayLookLikeAnything = name == "noise.bin" && outcome.error->code == ErrorCode::Unsupported;
    if (!noiseMayLookLikeAnything) {
        QVERIFY2(static_cast<int>(outcome.error->code) == code, outcome.error->message.c_str());
    }
    QVERIFY(!outcome.error->message.empty());
    QVERIFY(!outcome.error->hint.empty());
    QVERIFY(outcome.frames.empty());
}

void TestFileSource::hugePicturesAreRefused() {
    put(path("huge.y4m"), "YUV4MPEG2 W60000 H60000 F25:1 Ip A1:1 C420jpeg\nFRAME\n" + QByteArray(1000, 'x'));
    const Outcome outcome = readFile(path("huge.y4m"));
    QVERIFY(outcome.error);
    const auto pattern = openSource({SourceKind::TestPattern, "color=size=12000x12000:rate=1"}, steadyClock);
    QVERIFY(!pattern);
    QCOMPARE(static_cast<int>(pattern.error().code), static_cast<int>(ErrorCode::Unsupported));
}

void TestFileSource::playlistsReachNothing_data() {
    QTest::addColumn<QByteArray>("text");
    // The canary is a good clip beside the list: frames from it would mean that the list was followed.
    QTest::newRow("HLS") << QByteArray("#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:2.4,\nindex.ts\n#EXT-X-ENDLIST\n");
    QTest::newRow("HLS, absolute") << QByteArray(
        "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:2.4,\nfile://FOLDER/index.ts\n#EXT-X-ENDLIST\n");
    QTest::newRow("concat") << QByteArray("ffconcat version 1.0\nfile index.ts\n");
    QTest::newRow("DASH") << QByteArray(
        "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" "
        "mediaPresentationDuration=\"PT2S\"><Period><AdaptationSet mimeType=\"video/mp4\">"
        "<Representation id=\"1\" bandwidth=\"1\"><BaseURL>index.mp4</BaseURL></Representation>"
        "</AdaptationSet></Period></MPD>\n");
    QTest::newRow("session description") << QByteArray("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
                                                       "m=video 45678 RTP/AVP 96\na=rtpmap:96 H264/90000\n");
    QTest::newRow("pictures by number") << QByteArray("frame%03d.png");
}

void TestFileSource::playlistsReachNothing() {
    QFETCH(QByteArray, text);
    QCOMPARE(test::remux(path("index.mp4"), path("index.ts")), QString());
    text.replace("FOLDER", folder_.path().toUtf8());
    for (const QString name :
         {"list.mp4", "list.m3u8", "list.mpd", "list.sdp", "list.ts", "list%03d.mp4", "list.ffconcat"}) {
        put(path(name), text);
        const Outcome outcome = readFile(path(name));
        QVERIFY2(outcome.error, qPrintable(name));
        const bool refused =
            outcome.error->code == ErrorCode::Unsupported || outcome.error->code == ErrorCode::Unreadable;
        QVERIFY2(refused, outcome.error->message.c_str());
        QVERIFY(outcome.frames.empty());
    }
}

void TestFileSource::stampsFramesAsTheyEnter() {
    ManualClock clock;
    clock.advance(5s);
    auto source = openSource({SourceKind::File, path("index.mp4")}, clock);
    QVERIFY(source);
    auto frame = (*source)->read();
    QVERIFY(frame && *frame);
    QCOMPARE((**frame)->capturedAt.time_since_epoch(), Instant::duration(5s));
    clock.advance(2s);
    frame = (*source)->read();
    QVERIFY(frame && *frame);
    QCOMPARE((**frame)->capturedAt.time_since_epoch(), Instant::duration(7s));
    QCOMPARE((**frame)->time, MediaTime(40ms));
    QCOMPARE((**frame)->index, std::int64_t{1});
}

void TestFileSource::testPattern() {
    auto source = openSource(parseSource("lavfi:testsrc=size=320x240:rate=30:duration=2"), steadyClock);
    QVERIFY2(source, source ? "" : source.error().message.c_str());
    QCOMPARE((*source)->info().width, 320);
    QCOMPARE((*source)->info().fps, 30.0);
    QVERIFY(!(*source)->info().live);
    int count = 0;
    for (auto frame = (*source)->read(); frame && *frame; frame = (*source)->read()) {
        ++count;
    }
    QCOMPARE(count, 60);
    const auto wrong = openSource(parseSource("lavfi:nosuchfilter=1"), steadyClock);
    QVERIFY(!wrong);
    QCOMPARE(static_cast<int>(wrong.error().code), static_cast<int>(ErrorCode::InvalidArgument));
    QVERIFY(wrong.error().message.find("nosuchfilter") != std::string::npos);
}

void TestFileSource::interruptEndsReading() {
    auto source = openSource({SourceKind::File, path("index.mp4")}, steadyClock);
    QVERIFY(source);
    QVERIFY((*source)->read());
    (*source)->interrupt();
    const auto frame = (*source)->read();
    QVERIFY(!frame);
    QCOMPARE(static_cast<int>(frame.error().code), static_cast<int>(ErrorCode::Cancelled));
    const auto moved = (*source)->seek(0s);
    QVERIFY(!moved);
    QCOMPARE(static_cast<int>(moved.error().code), static_cast<int>(ErrorCode::Cancelled));
}

void TestFileSource::cancelledOpening() {
    const std::atomic<bool> cancel{true};
    const auto source = openSource({SourceKind::File, path("index.mp4")}, steadyClock, &cancel);
    QVERIFY(!source);
    QCOMPARE(static_cast<int>(source.error().code), static_cast<int>(ErrorCode::Cancelled));
}

QTEST_GUILESS_MAIN(TestFileSource)
#include "tst_file_source.moc"
