#include "media/rate_resampler.h"

#include <QTest>
#include <cmath>
#include <random>

using namespace livegloss;
using namespace livegloss::media;
using namespace std::chrono_literals;

namespace {

constexpr unsigned seed = 99;

FramePtr frameAt(MediaTime time, std::int64_t index) {
    auto frame = std::make_shared<Frame>();
    frame->time = time;
    frame->index = index;
    return frame;
}

std::vector<std::int64_t> resample(const std::vector<MediaTime>& times, double fps, MediaTime maxGap = 1s) {
    RateResampler resampler(fps, maxGap);
    std::vector<std::int64_t> indices;
    const auto take = [&](const std::vector<FramePtr>& given) {
        for (const FramePtr& frame : given) {
            indices.push_back(frame->index);
        }
    };
    for (std::size_t i = 0; i < times.size(); ++i) {
        take(resampler.push(frameAt(times[i], static_cast<std::int64_t>(i))));
    }
    take(resampler.finish());
    return indices;
}

std::vector<MediaTime> constantRate(double fps, int frames, MediaTime start = MediaTime(0)) {
    std::vector<MediaTime> times;
    for (int i = 0; i < frames; ++i) {
        times.push_back(start + fromSeconds(i / fps));
    }
    return times;
}

} // namespace

class TestRateResampler : public QObject {
    Q_OBJECT

private slots:
    void sameRateIsUntouched_data();
    void sameRateIsUntouched();
    void fasterSourceLosesFrames();
    void slowerSourceRepeatsFrames();
    void slotsShowTheFrameOnScreen();
    void variableRate();
    void jitterIsAbsorbed();
    void gapStartsANewRun();
    void timeGoingBackStartsANewRun();
    void singleFrame();
    void resetForgets();
};

void TestRateResampler::sameRateIsUntouched_data() {
    QTest::addColumn<double>("fps");
    QTest::addColumn<bool>("milliseconds");
    for (const double fps : {25.0, 29.97, 30.0, 60.0, 23.976, 15.0}) {
        QTest::addRow("%g", fps) << fps << false;
        QTest::addRow("%g, time stamps in ms", fps) << fps << true;
    }
}

void TestRateResampler::sameRateIsUntouched() {
    QFETCH(double, fps);
    QFETCH(bool, milliseconds);
    std::vector<MediaTime> times = constantRate(fps, 500, 3s);
    if (milliseconds) {
        for (MediaTime& time : times) {
            time = std::chrono::round<std::chrono::milliseconds>(time);
        }
    }
    const auto indices = resample(times, fps);
    QCOMPARE(indices.size(), std::size_t{500});
    for (std::size_t i = 0; i < indices.size(); ++i) {
        QCOMPARE(indices[i], static_cast<std::int64_t>(i));
    }
}

void TestRateResampler::fasterSourceLosesFrames() {
    const auto indices = resample(constantRate(50.0, 100), 25.0);
    QCOMPARE(indices.size(), std::size_t{50});
    for (std::size_t i = 0; i < indices.size(); ++i) {
        QCOMPARE(indices[i], static_cast<std::int64_t>(2 * i));
    }
    QCOMPARE(resample(constantRate(30.0, 300), 25.0).size(), std::size_t{250});
}

void TestRateResampler::slowerSourceRepeatsFrames() {
    const auto indices = resample(constantRate(12.5, 40), 25.0);
    QCOMPARE(indices.size(), std::size_t{80});
    for (std::size_t i = 0; i < indices.size(); ++i) {
        QCOMPARE(indices[i], static_cast<std::int64_t>(i / 2));
    }
}

/// By definition, up to the tolerance of a quarter of a period: the slot's frame began before it and the next had not.
void TestRateResampler::slotsShowTheFrameOnScreen() {
    for (const double sourceFps : {7.3, 24.0, 29.97, 31.0, 59.94, 240.0}) {
        const auto times = constantRate(sourceFps, 400);
        const auto indices = resample(times, 25.0);
        const double tolerance = std::min(1.0 / sourceFps, 1.0 / 25.0) / 4.0 + 1e-5;
        const double length = 400.0 / sourceFps;
        QVERIFY(std::abs(static_cast<double>(indices.size()) / 25.0 - length) <= 1.0 / 25.0);
        for (std::size_t slot = 0; slot < indices.size(); ++slot) {
            const double slotTime = static_cast<double>(slot) / 25.0;
            const double begin = static_cast<double>(indices[slot]) / sourceFps;
            QVERIFY(begin <= slotTime + tolerance);
            QVERIFY(slotTime <= begin + 1.0 / sourceFps + 1e-5);
        }
    }
}

void TestRateResampler::variableRate() {
    // 0 for 100 ms, 1 for 10 ms, 2 for 190 ms, 3 to the end.
    const auto indices = resample({0ms, 100ms, 110ms, 300ms}, 25.0);
    const std::vector<std::int64_t> expected{0, 0, 0, 2, 2, 2, 2, 2, 3, 3, 3, 3};
    QCOMPARE(std::vector<std::int64_t>(indices.begin(), indices.begin() + static_cast<std::ptrdiff_t>(expected.size())),
             expected);
    QVERIFY(std::is_sorted(indices.begin(), indices.end()));
}

void TestRateResampler::jitterIsAbsorbed() {
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> jitter(-4000, 4000);
    std::vector<MediaTime> times = constantRate(30.0, 600);
    for (std::size_t i = 1; i < times.size(); ++i) {
        times[i] += MediaTime(jitter(random));
    }
    const auto indices = resample(times, 30.0);
    for (std::size_t i = 0; i < times.size(); ++i) {
        QVERIFY2(indices[i] == static_cast<std::int64_t>(i), qPrintable(QString("slot %1, seed %2").arg(i).arg(seed)));
    }
}

void TestRateResampler::gapStartsANewRun() {
    std::vector<MediaTime> times = constantRate(25.0, 10);
    for (const MediaTime time : constantRate(25.0, 10, 60s)) {
        times.push_back(time);
    }
    const auto indices = resample(times, 25.0);
    QCOMPARE(indices.size(), std::size_t{20});
    // Half a second is within the limit and is filled.
    std::vector<MediaTime> pause{0ms, 40ms, 80ms, 580ms, 620ms};
    const auto filled = resample(pause, 25.0);
    QVERIFY(std::count(filled.begin(), filled.end(), 2) >= 12);
}

void TestRateResampler::timeGoingBackStartsANewRun() {
    std::vector<MediaTime> times = constantRate(25.0, 10, 10s);
    for (const MediaTime time : constantRate(25.0, 10)) {
        times.push_back(time);
    }
    const auto indices = resample(times, 25.0);
    QCOMPARE(indices.size(), std::size_t{20});
    QCOMPARE(indices.back(), std::int64_t{19});
}

void TestRateResampler::singleFrame() {
    QCOMPARE(resample({5s}, 25.0), std::vector<std::int64_t>{0});
    QVERIFY(resample({}, 25.0).empty());
}

void TestRateResampler::resetForgets() {
    RateResampler resampler(25.0);
    resampler.push(frameAt(0ms, 0));
    resampler.reset();
    QVERIFY(resampler.finish().empty());
    QVERIFY(resampler.push(frameAt(500ms, 1)).empty());
    QCOMPARE(resampler.finish().size(), std::size_t{1});
}

QTEST_GUILESS_MAIN(TestRateResampler)
#include "tst_rate_resampler.moc"
