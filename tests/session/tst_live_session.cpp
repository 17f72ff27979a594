#include "live_session_fixture.h"

#include <QScopeGuard>
#include <QTest>
#include <set>

using namespace livegloss;
using namespace livegloss::session;
using namespace livegloss::test;
using namespace std::chrono_literals;

class TestLiveSession : public QObject, private LiveSessionFixture {
    Q_OBJECT

private slots:
    void initTestCase() { model_ = test::tinyModel(); }

    void anIdleSessionTellsEmptyLists() {
        const LiveSession session;
        const auto snapshot = session.snapshot();
        QCOMPARE(snapshot->state, State::Idle);
        QVERIFY(snapshot->committed && snapshot->committed->empty());
        QVERIFY(snapshot->provisional && snapshot->provisional->empty());
        QVERIFY(!snapshot->offline);
        QVERIFY(!session.picture().frame);
    }

    void aFilePlaysToItsEndAndIsRecognised() {
        const auto encoder = std::make_shared<test::EncoderControl>();
        const auto source = script(50);
        LiveSession session(test::scriptedParts(source, clock_, encoder));
        SessionSettings settings = showEverything();
        settings.rate = 2.0;
        session.setSettings(settings);
        session.setModel(model_);
        session.open(kAnything);
        QVERIFY(session.snapshot()->state != State::Idle);
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }));
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        const auto snapshot = session.snapshot();
        QCOMPARE(snapshot->statistics.captured, std::int64_t{50});
        QCOMPARE(snapshot->statistics.encoded, std::int64_t{50});
        QCOMPARE(snapshot->statistics.droppedOverload, std::int64_t{0});
        QCOMPARE(snapshot->position, MediaTime(49 * 40ms));
        QCOMPARE(shownFrame(session), std::int64_t{49});
        QVERIFY(!snapshot->offlineRunning);
        QVERIFY(!snapshot->committed->empty());
        QVERIFY(snapshot->provisional->empty());
        for (const CaptionGloss& gloss : *snapshot->offline) {
            QVERIFY(gloss.change != OfflineChange::None);
        }
        std::set<std::int64_t> ids;
        for (const CaptionGloss& gloss : *snapshot->committed) {
            QVERIFY(gloss.start < gloss.end);
            QVERIFY(gloss.end <= MediaTime(50 * 40ms));
            QVERIFY(ids.insert(gloss.id).second);
            QVERIFY(!gloss.text.empty());
        }
    }

    /// What was checked after a stop is not all when the clip plays on.
    void playingOnAfterAStopMakesTheCheckStale() {
        LiveSession session(test::scriptedParts(script(60), clock_, std::make_shared<test::EncoderControl>()));
        SessionSettings settings = showEverything();
        settings.rate = 2.0;
        session.setSettings(settings);
        session.setModel(model_);
        session.open(kAnything);
        QVERIFY(eventually([&] { return session.snapshot()->statistics.encoded > 20; }));
        session.stop();
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        session.play();
        QVERIFY(eventually([&] { return session.snapshot()->offline == nullptr; }));
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }));
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        const auto whole = session.snapshot()->offline;
        session.play();
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Playing; }));
        QVERIFY(eventually([&] { return session.snapshot()->position > MediaTime(10 * 40ms); }));
        QCOMPARE(session.snapshot()->offline, whole); // the clip has nothing new
    }

    void aCameraIsThinnedWhenTheEncoderIsTooSlow() {
        const auto manual = std::make_shared<ManualClock>();
        const auto encoder = std::make_shared<test::EncoderControl>();
        encoder->beforePush = [manual](int frames) { manual->advance(60ms * frames); };
        LiveSession session(test::scriptedParts(camera(), manual, encoder));
        session.setSettings(showEverything());
        session.setModel(model_);
        session.open(kCamera);
        QVERIFY(eventually([&] { return session.snapshot()->statistics.pattern == FramePattern{2, true}; }));
        QVERIFY(eventually([&] { return session.snapshot()->statistics.interpolated > 4; }));
        QCOMPARE(session.snapshot()->statistics.modelFps, model_->config().fps);
        SessionSettings settings = showEverything();
        settings.framePattern = 1;
        session.setSettings(settings);
        QVERIFY(eventually([&] { return session.snapshot()->statistics.pattern == FramePattern{1, false}; }));
    }

    /// A frame's feature waits for the frames after it, and so does the caption that includes it.
    void theDelayIsThatOfTheFrameWhoseFeatureIsOut() {
        const auto manual = std::make_shared<ManualClock>();
        const auto encoder = std::make_shared<test::EncoderControl>();
        const auto source = camera();
        source->gated = true;
        const double fps = model_->config().fps;
        source->fps = fps;
        LiveSession session(test::scriptedParts(source, manual, encoder));
        session.setSettings(showEverything());
        session.setModel(model_);
        session.open(kCamera);
        for (int frame = 1; frame <= 40; ++frame) {
            manual->advance(fromSeconds(1.0 / fps));
            source->allow(1);
            QVERIFY(eventually([&] { return source->reads >= frame; }));
            QVERIFY(frame < 3 || eventually([&] { return encoder->encoded >= frame - 2; })); // before the clock goes on
        }
        const int ahead = model_->config().framesAhead();
        QVERIFY(ahead > 0);
        QVERIFY(eventually([&] { return session.snapshot()->statistics.captionDelaySeconds > 0.0; }));
        const double frames = session.snapshot()->statistics.captionDelaySeconds * fps;
        QVERIFY2(frames >= ahead - 0.1 && frames <= ahead + 3.1, qPrintable(QString::number(frames)));
        source->wakeAll();
    }

    void playbackFollowsTheClock() {
        const auto clock = std::make_shared<ManualClock>();
        LiveSession session(test::scriptedParts(script(100), clock));
        session.open(kAnything);
        QVERIFY(eventually([&] { return shownFrame(session) == 0; }));
        for (int frame = 1; frame <= 3; ++frame) {
            clock->advance(39ms);
            QTest::qWait(60);
            QCOMPARE(shownFrame(session), std::int64_t{frame - 1});
            clock->advance(1ms);
            QVERIFY(eventually([&] { return shownFrame(session) == frame; }));
        }
        SessionSettings settings;
        settings.rate = 0.5;
        session.setSettings(settings);
        clock->advance(79ms);
        QTest::qWait(60);
        QCOMPARE(shownFrame(session), std::int64_t{3});
        clock->advance(1ms);
        QVERIFY(eventually([&] { return shownFrame(session) == 4; }));
    }

    void readAheadBelongsToTheRecognition() {
        const auto clock = std::make_shared<ManualClock>();
        const auto encoder = std::make_shared<test::EncoderControl>();
        LiveSession session(test::scriptedParts(script(100), clock, encoder));
        session.setModel(model_);
        session.open(kAnything);
        // Eight read ahead and one on show; the newest has to wait for its successor.
        QVERIFY(eventually([&] { return encoder->encoded == 8; }));
        QCOMPARE(shownFrame(session), std::int64_t{0});
        SessionSettings settings;
        settings.readAheadFrames = 0;
        session.setSettings(settings);
        encoder->encoded = 0;
        session.open(kAnything);
        QVERIFY(eventually([&] { return shownFrame(session) == 0; }));
        for (int frame = 1; frame <= 3; ++frame) {
            clock->advance(40ms);
            QVERIFY(eventually([&] { return shownFrame(session) == frame; }));
        }
        QVERIFY(eventually([&] { return encoder->encoded == 3; }));
    }

    void pauseHoldsThePictureAndPlayGoesOn() {
        LiveSession session(test::scriptedParts(script(1000), clock_));
        session.open(kAnything);
        QVERIFY(eventually([&] { return shownFrame(session) > 2; }));
        session.pause();
        QCOMPARE(session.snapshot()->state, State::Paused);
        QTest::qWait(20);
        const std::int64_t held = shownFrame(session);
        QTest::qWait(150);
        QCOMPARE(shownFrame(session), held);
        session.play();
        QCOMPARE(session.snapshot()->state, State::Playing);
        QVERIFY(eventually([&] { return shownFrame(session) > held; }));
    }

    void openedPausedItShowsTheFirstFrame() {
        LiveSession session(test::scriptedParts(script(1000), clock_));
        session.open(kAnything, true);
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Paused && shownFrame(session) == 0; }));
        QTest::qWait(120);
        QCOMPARE(shownFrame(session), std::int64_t{0});
    }

    void seekingShowsTheFrameThere() {
        LiveSession session(test::scriptedParts(script(1000), clock_));
        session.open(kAnything, true);
        QVERIFY(eventually([&] { return shownFrame(session) == 0; }));
        session.seek(10s);
        QVERIFY(eventually([&] { return shownFrame(session) == 250; }));
        session.seek(500s); // beyond the end: the last one
        QVERIFY(eventually([&] { return shownFrame(session) == 999; }));
        session.seek(-5s);
        QVERIFY(eventually([&] { return shownFrame(session) == 0; }));
        QCOMPARE(session.snapshot()->state, State::Paused);
        session.play();
        session.seek(20s);
        QVERIFY(eventually([&] { return shownFrame(session) >= 505; }));
        QCOMPARE(session.snapshot()->state, State::Playing);
    }

    void stepsAreExact() {
        LiveSession session(test::scriptedParts(script(100), clock_));
        session.open(kAnything);
        QVERIFY(eventually([&] { return shownFrame(session) >= 3; }));
        session.step(1);
        QCOMPARE(session.snapshot()->state, State::Paused);
        session.seek(2s);
        QVERIFY(eventually([&] { return shownFrame(session) == 50; }));
        session.step(1);
        QVERIFY(eventually([&] { return shownFrame(session) == 51; }));
        session.step(3);
        QVERIFY(eventually([&] { return shownFrame(session) == 54; }));
        session.step(-1);
        QVERIFY(eventually([&] { return shownFrame(session) == 53; }));
        session.step(-2);
        QVERIFY(eventually([&] { return shownFrame(session) == 51; }));
        session.step(-4); // before what was shown: by the nominal rate
        QVERIFY(eventually([&] { return shownFrame(session) == 47; }));
    }

    void stepsGoOnFromWhereAFileWasStopped() {
        LiveSession session(test::scriptedParts(script(100), clock_));
        session.setSettings(fast());
        session.open(kAnything);
        QVERIFY(eventually([&] { return shownFrame(session) >= 20; }));
        session.stop();
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }));
        const std::int64_t stopped = shownFrame(session);
        session.step(1);
        QVERIFY(eventually([&] { return shownFrame(session) == stopped + 1; }));
        QCOMPARE(session.snapshot()->state, State::Paused);
        session.step(1);
        QVERIFY(eventually([&] { return shownFrame(session) == stopped + 2; }));
        session.seek(MediaTime(97 * 40ms));
        session.play();
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }));
        session.step(1); // nothing lies there
        QTest::qWait(50);
        QCOMPARE(session.snapshot()->state, State::Ended);
        QCOMPARE(shownFrame(session), std::int64_t{99});
        session.step(-1);
        QVERIFY(eventually([&] { return shownFrame(session) == 98; }));
    }

    /// A file need not say how long it is.
    void atTheLastPictureThereIsNoStepForward() {
        const auto source = script(30);
        source->declaresLength = false;
        LiveSession session(test::scriptedParts(source, clock_));
        session.setSettings(fast());
        session.open(kAnything);
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }));
        session.step(1);
        QTest::qWait(50);
        QCOMPARE(session.snapshot()->state, State::Ended);
        QCOMPARE(shownFrame(session), std::int64_t{29});
    }

    void playingAnEndedFileStartsItAgain() {
        LiveSession session(test::scriptedParts(script(10), clock_));
        session.open(kAnything);
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }));
        session.play();
        QVERIFY(eventually([&] { return shownFrame(session) < 9; }));
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }));
        session.seek(80ms);
        QVERIFY(eventually([&] { return shownFrame(session) == 2; }));
        QCOMPARE(session.snapshot()->state, State::Paused);
    }

    void aLoopShowsEachSignOnce() {
        const auto encoder = std::make_shared<test::EncoderControl>();
        const auto source = script(40);
        LiveSession session(test::scriptedParts(source, clock_, encoder));
        SessionSettings settings = showEverything();
        settings.rate = 2.0;
        settings.loop = true;
        session.setSettings(settings);
        session.setModel(model_);
        session.open(kAnything);
        QVERIFY(eventually([&] { return encoder->encoded > 110; })); // in the third round
        settings.loop = false;
        session.setSettings(settings);
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        const auto snapshot = session.snapshot();
        QVERIFY(!snapshot->committed->empty());
        for (std::size_t i = 1; i < snapshot->committed->size(); ++i) {
            QVERIFY(snapshot->committed->at(i).start >= snapshot->committed->at(i - 1).start);
        }
        // The same clip in one round commits as much.
        LiveSession once(test::scriptedParts(script(40), clock_, std::make_shared<test::EncoderControl>()));
        once.setSettings(settings);
        once.setModel(model_);
        once.open(kAnything);
        QVERIFY(eventually([&] { return once.snapshot()->offline != nullptr; }));
        QCOMPARE(snapshot->committed->size(), once.snapshot()->committed->size());
        QCOMPARE(snapshot->offline->size(), once.snapshot()->offline->size());
    }

    void liveOverloadDropsTheOldestAndSaysSo() {
        const auto encoder = std::make_shared<test::EncoderControl>();
        encoder->gated = true;
        const auto source = camera();
        LiveSession session(test::scriptedParts(source, clock_, encoder));
        const auto opener = qScopeGuard([&] { encoder->openGate(); });
        session.setModel(model_);
        session.open(kCamera);
        QVERIFY(eventually([&] { return session.snapshot()->statistics.droppedOverload > 5; }));
        QVERIFY(!session.snapshot()->statistics.cannotKeepUp);
        const std::int64_t shown = shownFrame(session);
        QVERIFY(eventually([&] { return session.snapshot()->statistics.cannotKeepUp; }));
        QVERIFY(shownFrame(session) > shown + 5); // the picture went on
        const Statistics statistics = session.snapshot()->statistics;
        QVERIFY(statistics.backlog <= 4);
        encoder->openGate();
        QVERIFY(eventually([&] { return !session.snapshot()->statistics.cannotKeepUp; }));
        QVERIFY(encoder->encoded > 0);
    }

    void stoppingALiveSourceReleasesIt() {
        const auto source = camera();
        LiveSession session(test::scriptedParts(source, clock_, std::make_shared<test::EncoderControl>()));
        session.setSettings(showEverything());
        session.setModel(model_);
        session.open(kCamera);
        QVERIFY(eventually([&] { return session.snapshot()->statistics.encoded > 60; }));
        session.stop();
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }));
        QCOMPARE(source->alive.load(), 0);
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        session.play();
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Playing; }));
        QVERIFY(session.snapshot()->committed->empty());
        session.close();
        QCOMPARE(session.snapshot()->state, State::Idle);
        QVERIFY(eventually([&] { return source->alive == 0; }));
        QVERIFY(!session.picture().frame);
    }

    void aPausedCameraHoldsThePicture() {
        const auto source = camera();
        LiveSession session(test::scriptedParts(source, clock_));
        session.open(kCamera);
        QVERIFY(eventually([&] { return shownFrame(session) > 3; }));
        session.pause();
        QTest::qWait(50);
        const std::int64_t held = shownFrame(session);
        const std::int64_t reads = source->reads;
        QVERIFY(eventually([&] { return source->reads > reads + 20; }));
        QCOMPARE(shownFrame(session), held);
        session.play();
        QVERIFY(eventually([&] { return shownFrame(session) > held + 5; }));
    }

    void roundsOfALoopWaitForASlowModel() {
        const auto encoder = std::make_shared<test::EncoderControl>();
        encoder->gated = true;
        LiveSession session(test::scriptedParts(script(30), clock_, encoder));
        const auto opener = qScopeGuard([&] { encoder->openGate(); });
        SessionSettings settings;
        settings.rate = 2.0;
        settings.loop = true;
        session.setSettings(settings);
        session.setModel(model_);
        session.open(kAnything);
        QVERIFY(eventually([&] { return session.snapshot()->statistics.captured > 45; }));
        settings.loop = false;
        session.setSettings(settings);
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }));
        encoder->openGate();
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        QCOMPARE(encoder->encoded.load(), session.snapshot()->statistics.captured);
    }
};

QTEST_GUILESS_MAIN(TestLiveSession)
#include "tst_live_session.moc"
