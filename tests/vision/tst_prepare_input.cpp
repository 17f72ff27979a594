#include "vision/preprocess.h"

#include <QElapsedTimer>
#include <QTest>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <random>

using namespace livegloss;

namespace {

constexpr unsigned seed = 20240611;

Frame randomFrame(int width, int height) {
    std::mt19937 random(seed);
    Frame frame;
    frame.width = width;
    frame.height = height;
    frame.rgb.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
    std::generate(frame.rgb.begin(), frame.rgb.end(), [&] { return static_cast<std::uint8_t>(random() & 255U); });
    return frame;
}

std::vector<float> prepare(const Frame& frame, int resize, int resolution) {
    std::vector<float> out(static_cast<std::size_t>(resolution) * static_cast<std::size_t>(resolution) * 3, -100.0F);
    vision::prepareInput(frame, resize, resolution, out);
    return out;
}

float at(const std::vector<float>& planes, int resolution, int channel, int y, int x) {
    return planes[static_cast<std::size_t>((channel * resolution + y) * resolution + x)];
}

} // namespace

/// Lanczos' kernel over eight pixels, its weights made to sum to one; a pixel of the frame, repeated beyond its edges.
double lanczosPixel(const Frame& frame, int side, int y, int x, int channel) {
    const auto kernel = [](double distance) {
        if (std::abs(distance) < 1e-9) {
            return 1.0;
        }
        const double angle = std::numbers::pi * distance;
        return std::abs(distance) < 4.0 ? std::sin(angle) / angle * std::sin(angle / 4.0) / (angle / 4.0) : 0.0;
    };
    const double centreX = (x + 0.5) * frame.width / side - 0.5;
    const double centreY = (y + 0.5) * frame.height / side - 0.5;
    double sum = 0.0;
    double weights = 0.0;
    for (int row = static_cast<int>(std::floor(centreY)) - 3; row <= static_cast<int>(std::floor(centreY)) + 4; ++row) {
        for (int column = static_cast<int>(std::floor(centreX)) - 3;
             column <= static_cast<int>(std::floor(centreX)) + 4; ++column) {
            const double weight = kernel(centreY - row) * kernel(centreX - column);
            const int top = std::clamp(row, 0, frame.height - 1);
            const int left = std::clamp(column, 0, frame.width - 1);
            sum += weight * frame.rgb[static_cast<std::size_t>((top * frame.width + left) * 3 + channel)];
            weights += weight;
        }
    }
    return std::clamp(sum / weights, 0.0, 255.0);
}

class TestPrepareInput : public QObject {
    Q_OBJECT

private slots:
    /// 210 x 260 to 256 x 256, as PHOENIX is prepared: one side grows, the other shrinks, neither is smoothed.
    void lanczosIsTheFormula() {
        const Frame frame = randomFrame(21, 26);
        for (const int side : {26, 40, 15}) {
            const std::vector<std::uint8_t> picture = vision::lanczosPicture(frame, side);
            double largest = 0.0;
            for (int y = 0; y < side; ++y) {
                for (int x = 0; x < side; ++x) {
                    for (int channel = 0; channel < 3; ++channel) {
                        const double expected = lanczosPixel(frame, side, y, x, channel);
                        largest = std::max(
                            largest,
                            std::abs(expected - picture[static_cast<std::size_t>((y * side + x) * 3 + channel)]));
                    }
                }
            }
            QVERIFY2(largest <= 2.0, qPrintable(QString("side %1: %2 grey levels off").arg(side).arg(largest)));
        }
        Frame square = randomFrame(16, 16);
        QCOMPARE(vision::lanczosPicture(square, 16), square.rgb);
    }

    void matchesOpenCv_data();
    void matchesOpenCv();
    void keepsPixelsOfTheRightSize();
    void separatesChannels();
    void shrinksByMeans();
    void visibleRegionIsTheCrop();
    void staysFast();
};

void TestPrepareInput::matchesOpenCv_data() {
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("height");
    QTest::addColumn<int>("resize");
    QTest::addColumn<int>("resolution");
    QTest::newRow("the demo's own clips") << 320 << 320 << 219 << 192;
    QTest::newRow("PHOENIX grows") << 210 << 260 << 280 << 224;
    QTest::newRow("high definition") << 1920 << 1080 << 256 << 224;
    QTest::newRow("odd rest of the crop") << 333 << 301 << 225 << 192;
    QTest::newRow("no crop") << 100 << 90 << 64 << 64;
    QTest::newRow("tiny picture grows") << 3 << 2 << 36 << 32;
    QTest::newRow("one pixel") << 1 << 1 << 8 << 6;
    QTest::newRow("whole factors") << 128 << 192 << 64 << 48;
}

// OpenCV on floats is the reference: area where both sides shrink, linear where both grow.
void TestPrepareInput::matchesOpenCv() {
    QFETCH(int, width);
    QFETCH(int, height);
    QFETCH(int, resize);
    QFETCH(int, resolution);
    Frame frame = randomFrame(width, height);
    cv::Mat source;
    cv::Mat(height, width, CV_8UC3, frame.rgb.data()).convertTo(source, CV_32FC3);
    cv::Mat resized;
    const bool shrinks = width >= resize && height >= resize;
    cv::resize(source, resized, {resize, resize}, 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
    const int offset = (resize - resolution) / 2;

    const std::vector<float> planes = prepare(frame, resize, resolution);
    float worst = 0.0F;
    for (int channel = 0; channel < 3; ++channel) {
        for (int y = 0; y < resolution; ++y) {
            for (int x = 0; x < resolution; ++x) {
                const float expected = resized.at<cv::Vec3f>(y + offset, x + offset)[channel] / 127.5F - 1.0F;
                worst = std::max(worst, std::abs(at(planes, resolution, channel, y, x) - expected));
            }
        }
    }
    QVERIFY2(worst < 2e-5F, qPrintable(QString("largest difference %1, seed %2").arg(worst).arg(seed)));
}

void TestPrepareInput::keepsPixelsOfTheRightSize() {
    const Frame frame = randomFrame(20, 20);
    const std::vector<float> planes = prepare(frame, 20, 16);
    for (int y = 0; y < 16; ++y) {
        for (int x = 0; x < 16; ++x) {
            for (int channel = 0; channel < 3; ++channel) {
                const int value = frame.rgb[static_cast<std::size_t>(((y + 2) * 20 + x + 2) * 3 + channel)];
                QVERIFY(std::abs(at(planes, 16, channel, y, x) - (static_cast<float>(value) / 127.5F - 1.0F)) < 1e-6F);
            }
        }
    }
}

void TestPrepareInput::separatesChannels() {
    Frame frame = randomFrame(40, 30);
    for (std::size_t i = 0; i < frame.rgb.size(); i += 3) {
        frame.rgb[i] = 255;
        frame.rgb[i + 1] = 0;
        frame.rgb[i + 2] = 51;
    }
    for (const int resize : {20, 64}) {
        const std::vector<float> planes = prepare(frame, resize, 16);
        for (int i = 0; i < 256; ++i) {
            QVERIFY(std::abs(planes[static_cast<std::size_t>(i)] - 1.0F) < 1e-5F);
            QVERIFY(std::abs(planes[static_cast<std::size_t>(i + 256)] + 1.0F) < 1e-5F);
            QVERIFY(std::abs(planes[static_cast<std::size_t>(i + 512)] + 0.6F) < 1e-5F);
        }
    }
}

void TestPrepareInput::shrinksByMeans() {
    Frame frame = randomFrame(4, 2);
    for (int x = 0; x < 4; ++x) {
        for (int y = 0; y < 2; ++y) {
            const auto value = static_cast<std::uint8_t>(x * 60 + y * 10);
            std::fill_n(frame.rgb.begin() + (y * 4 + x) * 3, 3, value);
        }
    }
    // Left half: 0, 60, 10, 70. Right half: 120, 180, 130, 190. The rows stay apart by copying: 2 -> 2.
    const std::vector<float> planes = prepare(frame, 2, 2);
    QCOMPARE(at(planes, 2, 0, 0, 0), 30.0F / 127.5F - 1.0F);
    QCOMPARE(at(planes, 2, 1, 0, 1), 150.0F / 127.5F - 1.0F);
    QCOMPARE(at(planes, 2, 2, 1, 0), 40.0F / 127.5F - 1.0F);
}

void TestPrepareInput::visibleRegionIsTheCrop() {
    const vision::Region region = vision::visibleRegion(256, 224);
    QCOMPARE(region.left, 16.0 / 256.0);
    QCOMPARE(region.top, 16.0 / 256.0);
    QCOMPARE(region.width, 224.0 / 256.0);
    QCOMPARE(region.height, 224.0 / 256.0);
    // The odd rest lies right and below, as prepareInput() crops.
    const vision::Region odd = vision::visibleRegion(219, 192);
    QCOMPARE(odd.left, 13.0 / 219.0);
    const vision::Region whole = vision::visibleRegion(64, 64);
    QCOMPARE(whole.left, 0.0);
    QCOMPARE(whole.width, 1.0);
}

// Well above what it takes (0.25 ms), so that a busy machine passes and a lost optimisation does not.
void TestPrepareInput::staysFast() {
    const Frame frame = randomFrame(320, 320);
    std::vector<float> out(std::size_t{192} * 192 * 3);
    qint64 best = std::numeric_limits<qint64>::max();
    for (int run = 0; run < 100; ++run) {
        QElapsedTimer timer;
        timer.start();
        vision::prepareInput(frame, 219, 192, out);
        best = std::min(best, timer.nsecsElapsed());
    }
    qInfo("prepareInput 320x320 -> 219 -> 192: %.3f ms", static_cast<double>(best) / 1e6);
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    QVERIFY(best < 1'500'000);
#endif
}

QTEST_GUILESS_MAIN(TestPrepareInput)
#include "tst_prepare_input.moc"
