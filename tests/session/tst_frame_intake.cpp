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

/// x: to be encoded, a dot: only its place in time.
QString pictures(const Task& task) {
    QString result;
    for (const PreparedFrame& frame : std::get<std::vector<PreparedFrame>>(task)) {
        result += frame.leftOut() ? '.' : 'x';
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
        intake.beginRun({.live = true, .fromClipStart = true, .newRound = false, .offset = MediaTime{0}});
        offerFrames(intake, 11); // ten slots are decided: each frame needs the one after it
        QCOMPARE(intake.backlog(), std::int64_t{4});
        QCOMPARE(statistics.read().droppedOverload, std::int64_t{6});
        const auto task = takeWork(intake);
        QVERIFY(task.has_value());
        // What was dropped leaves its place.
        QCOMPARE(milliseconds(*task), (std::vector<std::int64_t>{0, 40, 80, 120, 160, 200, 240, 280, 320, 360}));
        QCOMPARE(pictures(*task), QStringLiteral("......xxxx"));
    }

    /// What a long standstill left behind is not made up for.
    void longGapsAreForgotten() {
        StatisticsMeter statistics(clock_);
        FrameIntake intake(statistics, 1U << 30U);
        intake.setModel(model_, 1);
        intake.beginRun({.live = true, .fromClipStart = true, .newRound = false, .offset = MediaTime{0}});
        offerFrames(intake, 1001);
        const auto task = takeWork(intake);
        QCOMPARE(milliseconds(*task).back(), std::int64_t{999 * 40});
        QCOMPARE(milliseconds(*task).size(), FrameIntake::kMostLeftOut - 1 + FrameIntake::kLiveQueue);
        QCOMPARE(statistics.read().droppedOverload, std::int64_t{996});
    }

    void aPatternOfTheSettingsHoldsForFilesToo() {
        StatisticsMeter statistics(clock_);
        FrameIntake intake(statistics, 1U << 30U);
        intake.setModel(model_, 1);
        SessionSettings settings;
        settings.framePattern = 3;
        intake.setSettings(settings);
        intake.beginRun({});
        QCOMPARE(intake.pattern(), (FramePattern{3, false}));
        offerFrames(intake, 9);
        QCOMPARE(intake.backlog(), std::int64_t{3});
        const auto task = takeWork(intake);
        QCOMPARE(milliseconds(*task).size(), std::size_t{8});
        QCOMPARE(pictures(*task), QStringLiteral("x..x..x."));
        QCOMPARE(statistics.read().interpolated, std::int64_t{5});
        QCOMPARE(statistics.read().droppedOverload, std::int64_t{0});
    }

    /// Only live sources run away from a slow machine.
    void aSlowMachineThinsLiveSourcesOnly() {
        for (const bool live : {true, false}) {
            StatisticsMeter statistics(clock_);
            FrameIntake intake(statistics, 1U << 30U);
            intake.setModel(model_, 1);
            intake.beginRun({.live = live, .fromClipStart = true, .newRound = false, .offset = MediaTime{0}});
            offerFrames(intake, 3);
            const auto first = takeWork(intake);
            const RunPtr run = std::get<std::vector<PreparedFrame>>(*first).front().run;
            for (int i = 0; i < 40; ++i) {
                clock_->advance(70ms);
                intake.recognised(*run, {1, 1, 0.07, 0.0}, clock_->now());
            }
            QCOMPARE(intake.pattern(), (FramePattern{live ? 2 : 1, true}));
            offerFrames(intake, 6, 3);
            QCOMPARE(pictures(*takeWork(intake)), live ? QStringLiteral("x.x.x.") : QStringLiteral("xxxx"));
        }
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
            intake.beginRun({});
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
        intake.beginRun({});
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
        intake.beginRun({});
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

    void aJumpLeavesWhatWasWatchedBeforeItsTargetAndWhatCameToItsEnd() {
        StatisticsMeter statistics(clock_);
        FrameIntake intake(statistics, 1U << 30U);
        intake.setModel(model_, 1);
        intake.beginRun({});
        offerFrames(intake, 6);
        intake.endRun(true, {});
        QVERIFY(intake.requestOffline(1));
        intake.beginRun({});
        offerFrames(intake, 5);
        intake.beginRun({.live = false, .fromClipStart = false, .newRound = false, .offset = MediaTime{0}}, 80ms);
        offerFrames(intake, 3, 2);
        QCOMPARE(intake.backlog(), std::int64_t{6 + 2 + 2});
        QCOMPARE(milliseconds(*takeWork(intake)), (std::vector<std::int64_t>{0, 40, 80, 120}));
        QCOMPARE(milliseconds(*takeWork(intake)), (std::vector<std::int64_t>{160, 200}));
        const auto end = takeWork(intake);
        QVERIFY(std::get<EndOfRun>(*end).complete);
        const auto pass = takeWork(intake);
        QVERIFY(intake.stillWanted(std::get<OfflinePass>(*pass).ticket));
        QCOMPARE(milliseconds(*takeWork(intake)), (std::vector<std::int64_t>{0, 40}));
        QCOMPARE(milliseconds(*takeWork(intake)), (std::vector<std::int64_t>{80, 120}));
        QCOMPARE(intake.backlog(), std::int64_t{0});
        intake.discardAll(2);
        QVERIFY(!intake.stillWanted(std::get<OfflinePass>(*pass).ticket));
    }

    void aJumpMakesRoom() {
        StatisticsMeter statistics(clock_);
        const std::size_t frameBytes = 3U * 32U * 32U * 2U;
        FrameIntake intake(statistics, frameBytes * 5);
        intake.setModel(model_, 1);
        intake.beginRun({});
        offerFrames(intake, 6);
        intake.beginRun({}, MediaTime{0});
        QCOMPARE(intake.backlog(), std::int64_t{0});
        offerFrames(intake, 6); // would wait for ever
        QCOMPARE(intake.backlog(), std::int64_t{5});
    }

    /// The end of a run waits for room as well, and a jump ends that.
    void aJumpAtTheEndOfARunMakesRoom() {
        StatisticsMeter statistics(clock_);
        const std::size_t frameBytes = 3U * 32U * 32U * 2U;
        FrameIntake intake(statistics, frameBytes * 5);
        intake.setModel(model_, 1);
        intake.beginRun({});
        offerFrames(intake, 6); // the sixth is held back for the next one
        std::stop_source jump;
        std::jthread end([&] { intake.endRun(true, jump.get_token()); });
        QTest::qWait(50);
        jump.request_stop();
        end.join();
        intake.beginRun({}, MediaTime{0});
        QCOMPARE(intake.backlog(), std::int64_t{0});
    }

    void newSettingsStartANewRunOnlyWhenTheyMust() {
        StatisticsMeter statistics(clock_);
        FrameIntake intake(statistics, 1U << 30U);
        intake.setModel(model_, 1);
        intake.beginRun({});
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
        intake.beginRun({});
        offerFrames(intake, 5);
        QCOMPARE(intake.backlog(), std::int64_t{0});
        QVERIFY(!intake.requestOffline(0));
    }

    void timesGoOnAfterAReconnection() {
        StatisticsMeter statistics(clock_);
        FrameIntake intake(statistics, 1U << 30U);
        intake.setModel(model_, 1);
        intake.beginRun({.live = true, .fromClipStart = true, .newRound = false, .offset = 10s});
        offerFrames(intake, 2);
        QCOMPARE(milliseconds(*takeWork(intake)), (std::vector<std::int64_t>{10000}));
    }
};

QTEST_APPLESS_MAIN(TestFrameIntake)
#include "tst_frame_intake.moc"
