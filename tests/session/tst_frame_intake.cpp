#include "frame_intake.h"
#include "session_fakes.h"

#include <QTest>
#include <thread>

using namespace livegloss;
using namespace livegloss::session;
using namespace std::chrono_literals;

namespace {

std::vector<std::int64_t> milliseconds(const Task& task) {
    std::vector<std::int64_t> result;
    for (const PreparedFrame& frame : std::get<std::vector<PreparedFrame>>(task)) {
        result.push_back(frame.time.count() / 1000);
    }
    return result;
}

/// The next task that has to do with frames.
std::optional<Task> takeWork(FrameIntake& intake) {
    auto task = intake.take({});
    while (task && std::holds_alternative<Forget>(*task)) {
        task = intake.take({});
    }
    return task;
}

} // namespace

class TestFrameIntake : public QObject {
    Q_OBJECT

    std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>();
    engine::LoadedModelPtr model_;

    void offerFrames(FrameIntake& intake, int count, int first = 0, std::stop_token stop = {}) {
        for (int i = first; i < first + count; ++i) {
            intake.offer(test::greyFrame(i, MediaTime(40ms) * i), stop);
        }
    }

private slots:
    void initTestCase() { model_ = test::tinyModel(); }

    void packingLosesNothingThatMatters() {
        const std::vector<float> values{-1.0F, -0.99999F, -0.3337F, 0.0F, 1.0F / 127.5F, 0.77777F, 1.0F};
        std::vector<float> back(values.size());
        unpackInput(packInput(values), back.data());
        for (std::size_t i = 0; i < values.size(); ++i) {
            QVERIFY2(std::abs(back[i] - values[i]) < 2e-5F, qPrintable(QString::number(values[i])));
        }
    }

    void liveQueueDropsTheOldestAndCounts() {
        StatisticsMeter statistics(clock_);
        FrameIntake intake(statistics, 1U << 30U);
        intake.setModel(model_, 1);
        intake.beginRun({.live = true, .fromClipStart = true, .newRound = false, .offset = MediaTime{0}}, true);
        offerFrames(intake, 11); // ten slots are decided: each frame needs the one after it
        QCOMPARE(intake.backlog(), std::int64_t{4});
        QCOMPARE(statistics.read().droppedOverload, std::int64_t{6});
        const auto task = takeWork(intake);
        QVERIFY(task.has_value());
        QCOMPARE(milliseconds(*task), (std::vector<std::int64_t>{240, 280, 320, 360}));
    }

    void anotherModelMakesTheRecognitionSideForget() {
        StatisticsMeter statistics(clock_);
        FrameIntake intake(statistics, 1U << 30U);
        intake.setModel(model_, 1);
        const auto first = intake.take({});
        QVERIFY(first && std::holds_alternative<Forget>(*first));
        std::weak_ptr<const engine::LoadedModel> model;
        {
            const auto own = test::tinyModel(7);
            model = own;
            intake.setModel(own, 2);
            intake.beginRun({}, true);
            offerFrames(intake, 5);
        }
        intake.setModel(nullptr, 3);
        QVERIFY(model.expired());
    }

    void filesWaitForRoomAndLoseNothing() {
        StatisticsMeter statistics(clock_);
        const std::size_t frameBytes = 3U * 32U * 32U * 2U;
        FrameIntake intake(statistics, frameBytes * 5);
        intake.setModel(model_, 1);
        intake.beginRun({}, true);
        std::jthread feeder([&] {
            offerFrames(intake, 41);
            intake.endRun(true, {});
        });
        QVERIFY(test::eventually([&] { return intake.backlog() == 5; }));
        std::vector<std::int64_t> times;
        while (auto task = takeWork(intake)) {
            if (const auto* end = std::get_if<EndOfRun>(&*task)) {
                QVERIFY(end->complete);
                break;
            }
            const auto batch = milliseconds(*task);
            QVERIFY(batch.size() <= FrameIntake::kBatch);
            times.insert(times.end(), batch.begin(), batch.end());
        }
        QCOMPARE(times.size(), std::size_t{41});
        for (std::size_t i = 0; i < times.size(); ++i) {
            QCOMPARE(times[i], static_cast<std::int64_t>(i) * 40);
        }
        QCOMPARE(statistics.read().droppedOverload, std::int64_t{0});
    }

    void aWaitForRoomEndsWithItsStop() {
        StatisticsMeter statistics(clock_);
        FrameIntake intake(statistics, 1);
        intake.setModel(model_, 1);
        intake.beginRun({}, true);
        std::stop_source stop;
        std::atomic<bool> done{false};
        std::jthread feeder([&] {
            offerFrames(intake, 10, 0, stop.get_token());
            done = true;
        });
        QVERIFY(test::eventually([&] { return intake.backlog() == 1; }));
        QVERIFY(!done);
        stop.request_stop();
        QVERIFY(test::eventually([&] { return done.load(); }));
    }

    void aSeekDiscardsWaitingFramesButNotAPendingOfflinePass() {
        StatisticsMeter statistics(clock_);
        FrameIntake intake(statistics, 1U << 30U);
        intake.setModel(model_, 1);
        intake.beginRun({}, true);
        offerFrames(intake, 10);
        intake.endRun(true, {});
        QVERIFY(intake.requestOffline(1));
        intake.beginRun({}, true);
        offerFrames(intake, 3, 50);
        const auto first = takeWork(intake);
        QVERIFY(first && std::holds_alternative<OfflinePass>(*first));
        QVERIFY(intake.stillWanted(std::get<OfflinePass>(*first).ticket));
        const auto second = takeWork(intake);
        QCOMPARE(milliseconds(*second), (std::vector<std::int64_t>{2000, 2040}));
        intake.discardAll(2);
        QVERIFY(!intake.stillWanted(std::get<OfflinePass>(*first).ticket));
    }

    void newSettingsStartANewRunOnlyWhenTheyMust() {
        StatisticsMeter statistics(clock_);
        FrameIntake intake(statistics, 1U << 30U);
        intake.setModel(model_, 1);
        intake.beginRun({}, true);
        offerFrames(intake, 3);
        SessionSettings settings;
        settings.attention = false;
        settings.loop = true;
        intake.setSettings(settings);
        settings.stability = 4;
        intake.setSettings(settings);
        offerFrames(intake, 3, 3);
        QCOMPARE(milliseconds(*takeWork(intake)), (std::vector<std::int64_t>{0, 40}));
        const auto end = takeWork(intake);
        QVERIFY(std::holds_alternative<EndOfRun>(*end));
        QVERIFY(!std::get<EndOfRun>(*end).complete);
        const auto next = takeWork(intake);
        const RunPtr run = std::get<std::vector<PreparedFrame>>(*next).front().run;
        QCOMPARE(run->settings.stability, 4);
        QVERIFY(!run->fromClipStart);
    }

    void withoutAModelNothingIsKept() {
        StatisticsMeter statistics(clock_);
        FrameIntake intake(statistics, 1U << 30U);
        intake.beginRun({}, true);
        offerFrames(intake, 5);
        QCOMPARE(intake.backlog(), std::int64_t{0});
        QVERIFY(!intake.requestOffline(0));
    }

    void timesGoOnAfterAReconnection() {
        StatisticsMeter statistics(clock_);
        FrameIntake intake(statistics, 1U << 30U);
        intake.setModel(model_, 1);
        intake.beginRun({.live = true, .fromClipStart = true, .newRound = false, .offset = 10s}, false);
        offerFrames(intake, 2);
        QCOMPARE(milliseconds(*takeWork(intake)), (std::vector<std::int64_t>{10000}));
    }
};

QTEST_APPLESS_MAIN(TestFrameIntake)
#include "tst_frame_intake.moc"
