#include "clip_maker.h"
#include "index_clip.h"
#include "media/frame_source.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <functional>
#include <random>

using namespace livegloss;
using namespace livegloss::media;
using namespace std::chrono_literals;

namespace {

constexpr unsigned seed = 31337;
const SteadyClock steadyClock;

struct Colour {
    int red, green, blue;
};
// Corners, from the left above to the right below.
constexpr std::array<Colour, 4> cornerColours{{{200, 40, 40}, {40, 190, 60}, {50, 60, 200}, {210, 200, 60}}};

std::vector<std::uint8_t> cornerPicture(int width, int height) {
    std::vector<std::uint8_t> rgb;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const Colour& colour =
                cornerColours[static_cast<std::size_t>((y >= height / 2 ? 2 : 0) + (x >= width / 2 ? 1 : 0))];
            for (const int value : {colour.red, colour.green, colour.blue}) {
                rgb.push_back(static_cast<std::uint8_t>(value));
            }
        }
    }
    return rgb;
}

/// Which corner's colour stands in each corner of the frame; -1 where none comes within `tolerance`.
std::array<int, 4> cornersOf(const Frame& frame, int tolerance) {
    std::array<int, 4> corners{};
    for (int corner = 0; corner < 4; ++corner) {
        const int x = (corner % 2 == 0 ? 1 : 3) * frame.width / 4;
        const int y = (corner / 2 == 0 ? 1 : 3) * frame.height / 4;
        const std::uint8_t* pixel = frame.rgb.data() + (static_cast<std::ptrdiff_t>(y) * frame.width + x) * 3;
        corners[static_cast<std::size_t>(corner)] = -1;
        for (int candidate = 0; candidate < 4; ++candidate) {
            const Colour& colour = cornerColours[static_cast<std::size_t>(candidate)];
            if (std::abs(pixel[0] - colour.red) <= tolerance && std::abs(pixel[1] - colour.green) <= tolerance &&
                std::abs(pixel[2] - colour.blue) <= tolerance) {
                corners[static_cast<std::size_t>(corner)] = candidate;
            }
        }
    }
    return corners;
}

struct Outcome {
    std::vector<FramePtr> frames;
    std::optional<Error> error;
    SourceInfo info;
    SourceLosses losses;
};

Outcome readFile(const std::string& path) {
    Outcome outcome;
    auto source = openSource({SourceKind::File, path}, steadyClock);
    if (!source) {
        outcome.error = source.error();
        return outcome;
    }
    outcome.info = (*source)->info();
    for (;;) {
        auto frame = (*source)->read();
        outcome.losses = (*source)->losses();
        if (!frame) {
            outcome.error = frame.error();
            return outcome;
        }
        if (!*frame) {
            return outcome;
        }
        outcome.frames.push_back(**frame);
    }
}

void put(const std::string& path, const QByteArray& bytes) {
    QFile file(QString::fromStdString(path));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(bytes), bytes.size());
}

QByteArray get(const std::string& path) {
    QFile file(QString::fromStdString(path));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

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
    void truncatedFiles_data();
    void truncatedFiles();
    void missingEndsAreTold_data();
    void missingEndsAreTold();
    void damagedMiddlesAreCounted();
    void losesNothingTwice();
    void damagedPacketsAreSkipped();
    void damagedBytesNeverCrash();
    void orientations_data();
    void orientations();
    void widePixels();
    void pixelFormats_data();
    void pixelFormats();
    void interlaced();
    void sizeChangesInMidStream();
    void variableFrameRate();
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
    auto video = createVideo(path("corners.mp4"), {.width = 128, .height = 64, .fps = 25.0, .crf = 12});
    QVERIFY(video);
    for (int i = 0; i < 3; ++i) {
        QVERIFY((*video)->write(cornerPicture(128, 64).data()));
    }
    QVERIFY((*video)->close());
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

void TestFileSource::truncatedFiles_data() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"index.mp4", "cut.mkv", "cut.ts", "cut.flv"}) {
        QTest::newRow(name) << QString(name);
    }
}

// A file cut anywhere gives the frames before the cut, or says that there are none; it never crashes or hangs.
void TestFileSource::truncatedFiles() {
    QFETCH(QString, name);
    if (name != "index.mp4") {
        QCOMPARE(test::remux(path("index.mp4"), path(name)), QString());
    }
    const QByteArray whole = get(path(name));
    std::size_t most = 0;
    for (int tenth = 1; tenth < 10; ++tenth) {
        put(path("short-" + name), whole.left(whole.size() * tenth / 10));
        const Outcome outcome = readFile(path("short-" + name));
        QVERIFY(!outcome.frames.empty() || outcome.error);
        if (outcome.error) {
            QVERIFY2(outcome.error->code == ErrorCode::Unreadable, outcome.error->message.c_str());
        }
        QVERIFY(outcome.frames.size() < 60);
        // Shortly before the cut, frames may be missing that the file stores behind later ones.
        constexpr std::size_t reordered = 6;
        for (std::size_t i = 0; i + reordered < outcome.frames.size(); ++i) {
            QCOMPARE(test::indexOf(*outcome.frames[i]), static_cast<int>(i));
        }
        most = std::max(most, outcome.frames.size());
    }
    QVERIFY2(most > 20, qPrintable(QString("at most %1 frames").arg(most)));
}

void TestFileSource::missingEndsAreTold_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("startSeconds"); // as of a video beside sound that begins earlier
    QTest::newRow("MP4") << "index.mp4" << 0;
    QTest::newRow("Matroska") << "tail.mkv" << 0;
    QTest::newRow("Matroska, late") << "tail.mkv" << 2;
    QTest::newRow("FLV") << "tail.flv" << 0;
    QTest::newRow("FLV, late") << "tail.flv" << 2;
    QTest::newRow("MP4, late") << "tail.mp4" << 2;
}

void TestFileSource::missingEndsAreTold() {
    QFETCH(QString, name);
    QFETCH(int, startSeconds);
    if (name != "index.mp4") {
        test::ClipEdits edits;
        edits.retime = [&](std::int64_t time) { return time + startSeconds * 1000; };
        edits.muxerOptions = "movflags=faststart";
        QCOMPARE(test::remux(path("index.mp4"), path(name), edits), QString());
    }
    const Outcome whole = readFile(path(name));
    QCOMPARE(whole.frames.size(), std::size_t{60});
    QCOMPARE(whole.losses.frames, std::int64_t{0});
    QVERIFY(!whole.losses.endsAt);
    const QByteArray bytes = get(path(name));
    // Half a second has to be missing before containers without a list of frames are believed.
    Outcome cut;
    for (int percent = 95; percent > 20 && (cut.frames.empty() || cut.frames.size() > 40); percent -= 3) {
        put(path("cut-" + name), bytes.left(bytes.size() * percent / 100));
        cut = readFile(path("cut-" + name));
    }
    QVERIFY(cut.frames.size() > 5 && cut.frames.size() <= 40);
    QVERIFY(cut.losses.endsAt);
    const double end = static_cast<double>(cut.frames.size()) / 25.0;
    const auto told = std::to_string(toSeconds(*cut.losses.endsAt)) + " s, " + std::to_string(cut.losses.frames);
    QVERIFY2(std::abs(toSeconds(*cut.losses.endsAt) - end) < 0.3, told.c_str());
    const auto missing = 60 - static_cast<std::int64_t>(cut.frames.size());
    QVERIFY2(std::abs(cut.losses.frames - missing) <= (name == "index.mp4" ? 0 : 4), told.c_str());
}

void TestFileSource::damagedMiddlesAreCounted() {
    QCOMPARE(test::remux(path("index.mp4"), path("middle.mkv")), QString());
    for (const QString name : {"index.mp4", "middle.mkv"}) {
        QByteArray bytes = get(path(name));
        const qsizetype from = bytes.size() * 8 / 10;
        for (qsizetype at = from; at < bytes.size() * 9 / 10; ++at) {
            bytes[at] = static_cast<char>(0xAA);
        }
        put(path("hurt-" + name), bytes);
        const Outcome outcome = readFile(path("hurt-" + name));
        const auto read = static_cast<std::int64_t>(outcome.frames.size());
        QVERIFY(read > 5);
        if (name == "index.mp4") {
            QVERIFY(read < 60);
            QCOMPARE(read + outcome.losses.frames, std::int64_t{60});
        } else if (read < 60) { // this container does not say how many there should be
            QVERIFY(outcome.losses.frames > 0);
        }
    }
}

void TestFileSource::losesNothingTwice() {
    const QByteArray bytes = get(path("index.mp4"));
    put(path("twice.mp4"), bytes.left(bytes.size() * 9 / 10));
    auto source = openSource({SourceKind::File, path("twice.mp4")}, steadyClock);
    QVERIFY(source);
    const auto readOn = [&] {
        while (auto frame = (*source)->read()) {
            if (!*frame) {
                break;
            }
        }
        return (*source)->losses().frames;
    };
    const std::int64_t once = readOn();
    QVERIFY(once > 3);
    QCOMPARE(readOn(), once);
    QVERIFY((*source)->seek(400ms));
    QCOMPARE(readOn(), 2 * once); // it was come by again
}

void TestFileSource::damagedPacketsAreSkipped() {
    test::ClipEdits edits;
    edits.change = [](AVPacket& packet, int number) {
        if (number == 20) {
            av_packet_make_writable(&packet);
            std::fill(packet.data, packet.data + packet.size, 0xFF);
        } else if (number == 30) {
            av_shrink_packet(&packet, 3);
        }
    };
    QCOMPARE(test::remux(path("index.mp4"), path("damaged.mkv"), edits), QString());
    const Outcome outcome = readFile(path("damaged.mkv"));
    QVERIFY2(!outcome.error, outcome.error ? outcome.error->message.c_str() : "");
    QVERIFY2(outcome.frames.size() >= 50, qPrintable(QString::number(outcome.frames.size())));
    QVERIFY(outcome.frames.back()->time >= 59 * 40ms - 1ms);
    if (outcome.frames.size() < 60) {
        QVERIFY(outcome.losses.frames > 0);
    }
}

void TestFileSource::damagedBytesNeverCrash() {
    std::mt19937 random(seed);
    const QByteArray whole = get(path("index.mp4"));
    for (int round = 0; round < 60; ++round) {
        QByteArray bytes = whole;
        const int hits = 1 + static_cast<int>(random() % 40);
        for (int hit = 0; hit < hits; ++hit) {
            bytes[static_cast<qsizetype>(random() % static_cast<unsigned>(bytes.size()))] =
                static_cast<char>(random() & 255U);
        }
        put(path("hurt.mp4"), bytes);
        const Outcome outcome = readFile(path("hurt.mp4"));
        QVERIFY(!outcome.frames.empty() || outcome.error);
        QVERIFY(outcome.frames.size() < 1000);
    }
}

void TestFileSource::orientations_data() {
    QTest::addColumn<QList<int>>("matrix");
    QTest::addColumn<QList<int>>("corners");
    // a, b, c, d: a stored point (x, y) is shown at (a x + c y, b x + d y). Corners as they are then seen.
    QTest::newRow("upright") << QList<int>{1, 0, 0, 1} << QList<int>{0, 1, 2, 3};
    QTest::newRow("a quarter clockwise") << QList<int>{0, 1, -1, 0} << QList<int>{2, 0, 3, 1};
    QTest::newRow("upside down") << QList<int>{-1, 0, 0, -1} << QList<int>{3, 2, 1, 0};
    QTest::newRow("a quarter anticlockwise") << QList<int>{0, -1, 1, 0} << QList<int>{1, 3, 0, 2};
    QTest::newRow("mirrored") << QList<int>{-1, 0, 0, 1} << QList<int>{1, 0, 3, 2};
    QTest::newRow("flipped") << QList<int>{1, 0, 0, -1} << QList<int>{2, 3, 0, 1};
    QTest::newRow("transposed") << QList<int>{0, 1, 1, 0} << QList<int>{0, 2, 1, 3};
    QTest::newRow("transposed the other way") << QList<int>{0, -1, -1, 0} << QList<int>{3, 1, 2, 0};
}

void TestFileSource::orientations() {
    QFETCH(QList<int>, matrix);
    QFETCH(QList<int>, corners);
    constexpr int one = 1 << 16;
    test::ClipEdits edits;
    edits.displayMatrix = {matrix[0] * one, matrix[1] * one, 0, matrix[2] * one, matrix[3] * one, 0, 0, 0, 1 << 30};
    QCOMPARE(test::remux(path("corners.mp4"), path("turned.mp4"), edits), QString());
    const Outcome outcome = readFile(path("turned.mp4"));
    QCOMPARE(outcome.frames.size(), std::size_t{3});
    const bool lying = matrix[0] != 0;
    QCOMPARE(outcome.info.width, lying ? 128 : 64);
    QCOMPARE(outcome.info.height, lying ? 64 : 128);
    const std::array<int, 4> seen = cornersOf(*outcome.frames.back(), 12);
    for (int corner = 0; corner < 4; ++corner) {
        QCOMPARE(seen[static_cast<std::size_t>(corner)], corners[corner]);
    }
}

void TestFileSource::widePixels() {
    test::ClipEdits edits;
    edits.pixelAspect = {2, 1};
    QCOMPARE(test::remux(path("corners.mp4"), path("wide.mp4"), edits), QString());
    Outcome outcome = readFile(path("wide.mp4"));
    QCOMPARE(outcome.info.width, 256);
    QCOMPARE(outcome.info.height, 64);
    edits.pixelAspect = {8, 9};
    QCOMPARE(test::remux(path("corners.mp4"), path("narrow.mp4"), edits), QString());
    outcome = readFile(path("narrow.mp4"));
    QCOMPARE(outcome.info.width, 128);
    QCOMPARE(outcome.info.height, 72);
    const std::array<int, 4> upright{0, 1, 2, 3};
    QVERIFY(cornersOf(*outcome.frames.front(), 12) == upright);
    edits.pixelAspect = {5000, 1};
    QCOMPARE(test::remux(path("corners.mp4"), path("absurd.mp4"), edits), QString());
    QCOMPARE(readFile(path("absurd.mp4")).info.width, 128);
}

void TestFileSource::pixelFormats_data() {
    QTest::addColumn<int>("pixels");
    QTest::addColumn<int>("matrix");
    QTest::addColumn<bool>("fullRange");
    const auto row = [](const char* title, AVPixelFormat pixels, AVColorSpace matrix, bool fullRange) {
        QTest::newRow(title) << static_cast<int>(pixels) << static_cast<int>(matrix) << fullRange;
    };
    row("4:2:0, BT.709", AV_PIX_FMT_YUV420P, AVCOL_SPC_BT709, false);
    row("4:2:0, BT.601", AV_PIX_FMT_YUV420P, AVCOL_SPC_SMPTE170M, false);
    row("4:2:0, BT.709, full range", AV_PIX_FMT_YUV420P, AVCOL_SPC_BT709, true);
    row("4:2:2", AV_PIX_FMT_YUV422P, AVCOL_SPC_BT709, false);
    row("4:4:4", AV_PIX_FMT_YUV444P, AVCOL_SPC_SMPTE170M, false);
    row("4:4:4, full range", AV_PIX_FMT_YUV444P, AVCOL_SPC_BT709, true);
    row("10 bits", AV_PIX_FMT_YUV420P10LE, AVCOL_SPC_BT709, false);
    row("10 bits, full range", AV_PIX_FMT_YUV420P10LE, AVCOL_SPC_BT709, true);
    row("12 bits 4:2:2", AV_PIX_FMT_YUV422P12LE, AVCOL_SPC_SMPTE170M, false);
    row("alpha", AV_PIX_FMT_YUVA420P, AVCOL_SPC_BT709, false);
    row("alpha, 4:4:4, 10 bits", AV_PIX_FMT_YUVA444P10LE, AVCOL_SPC_BT709, false);
    row("RGB with alpha", AV_PIX_FMT_BGRA, AVCOL_SPC_RGB, true);
    row("RGB planes", AV_PIX_FMT_GBRP10LE, AVCOL_SPC_RGB, true);
}

void TestFileSource::pixelFormats() {
    QFETCH(int, pixels);
    QFETCH(int, matrix);
    QFETCH(bool, fullRange);
    test::EncodeOptions options;
    options.pixels = static_cast<AVPixelFormat>(pixels);
    options.matrix = static_cast<AVColorSpace>(matrix);
    options.fullRange = fullRange;
    QCOMPARE(test::encodeClip(path("format.mkv"), options, [](int) { return cornerPicture(64, 64); }), QString());
    const Outcome outcome = readFile(path("format.mkv"));
    QVERIFY2(!outcome.error, outcome.error ? outcome.error->message.c_str() : "");
    QCOMPARE(outcome.frames.size(), std::size_t{5});
    const std::array<int, 4> upright{0, 1, 2, 3};
    QVERIFY(cornersOf(*outcome.frames.front(), 4) == upright);
}

void TestFileSource::interlaced() {
    test::EncodeOptions options;
    options.codec = "mpeg2video";
    options.interlaced = true;
    options.frames = 20;
    QCOMPARE(test::encodeClip(path("fields.mpg"), options, [](int) { return cornerPicture(64, 64); }), QString());
    const Outcome outcome = readFile(path("fields.mpg"));
    QVERIFY2(!outcome.error, outcome.error ? outcome.error->message.c_str() : "");
    QCOMPARE(outcome.frames.size(), std::size_t{20});
}

void TestFileSource::sizeChangesInMidStream() {
    QCOMPARE(test::writeIndexClip(path("small.mp4"), 30, 25.0, 160, 96), QString());
    QCOMPARE(test::writeIndexClip(path("large.mp4"), 30, 25.0, 320, 200), QString());
    QCOMPARE(test::remux(path("small.mp4"), path("small.ts")), QString());
    test::ClipEdits slower;
    slower.retime = [](std::int64_t time) { return 2 * time; };
    QCOMPARE(test::remux(path("large.mp4"), path("large.ts"), slower), QString());
    put(path("both.ts"), get(path("small.ts")) + get(path("large.ts")));
    const Outcome outcome = readFile(path("both.ts"));
    QVERIFY2(!outcome.error, outcome.error ? outcome.error->message.c_str() : "");
    QCOMPARE(outcome.frames.size(), std::size_t{60});
    for (std::size_t i = 0; i < 60; ++i) {
        const Frame& frame = *outcome.frames[i];
        QCOMPARE(frame.width, i < 30 ? 160 : 320);
        QCOMPARE(frame.height, i < 30 ? 96 : 200);
        QCOMPARE(test::indexOf(frame), static_cast<int>(i % 30));
        // The second half's time stamps begin anew: on they go, each frame as long as its clip has it.
        if (i != 0 && i != 30) {
            const MediaTime step = frame.time - outcome.frames[i - 1]->time;
            QVERIFY(std::chrono::abs(step - MediaTime(i < 30 ? 40ms : 80ms)) < 1ms);
        }
        QVERIFY(i == 0 || frame.time > outcome.frames[i - 1]->time);
    }
}

void TestFileSource::variableFrameRate() {
    test::ClipEdits edits;
    edits.retime = [](std::int64_t time) { return time < 1000 ? time : 3 * time - 2000; };
    QCOMPARE(test::remux(path("index.mp4"), path("variable.mp4"), edits), QString());
    const Outcome outcome = readFile(path("variable.mp4"));
    QCOMPARE(outcome.frames.size(), std::size_t{60});
    for (int i = 0; i < 60; ++i) {
        const double expected = i <= 25 ? i * 0.040 : 1.0 + (i - 25) * 0.120;
        QVERIFY(std::abs(toSeconds(outcome.frames[static_cast<std::size_t>(i)]->time) - expected) < 0.002);
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
