#include "clip_maker.h"
#include "file_outcome.h"
#include "index_clip.h"
#include "media/frame_source.h"
#include "media/video_writer.h"

#include <QTemporaryDir>
#include <QTest>
#include <array>
#include <cmath>

using namespace livegloss;
using namespace livegloss::media;
using namespace std::chrono_literals;
using test::get;
using test::Outcome;
using test::put;
using test::readFile;

namespace {

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

} // namespace

class TestPictureFormats : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void orientations_data();
    void orientations();
    void widePixels();
    void pixelFormats_data();
    void pixelFormats();
    void interlaced();
    void sizeChangesInMidStream();
    void variableFrameRate();

private:
    std::string path(const QString& name) const { return (folder_.path() + "/" + name).toStdString(); }
    QTemporaryDir folder_;
};

void TestPictureFormats::initTestCase() {
    QCOMPARE(test::writeIndexClip(path("index.mp4"), 60), QString());
    auto video = createVideo(path("corners.mp4"), {.width = 128, .height = 64, .fps = 25.0, .crf = 12});
    QVERIFY(video);
    for (int i = 0; i < 3; ++i) {
        QVERIFY((*video)->write(cornerPicture(128, 64).data()));
    }
    QVERIFY((*video)->close());
}

void TestPictureFormats::orientations_data() {
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

void TestPictureFormats::orientations() {
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

void TestPictureFormats::widePixels() {
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

void TestPictureFormats::pixelFormats_data() {
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

void TestPictureFormats::pixelFormats() {
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

void TestPictureFormats::interlaced() {
    test::EncodeOptions options;
    options.codec = "mpeg2video";
    options.interlaced = true;
    options.frames = 20;
    QCOMPARE(test::encodeClip(path("fields.mpg"), options, [](int) { return cornerPicture(64, 64); }), QString());
    const Outcome outcome = readFile(path("fields.mpg"));
    QVERIFY2(!outcome.error, outcome.error ? outcome.error->message.c_str() : "");
    QCOMPARE(outcome.frames.size(), std::size_t{20});
}

void TestPictureFormats::sizeChangesInMidStream() {
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

void TestPictureFormats::variableFrameRate() {
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

QTEST_GUILESS_MAIN(TestPictureFormats)
#include "tst_picture_formats.moc"
