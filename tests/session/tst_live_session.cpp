#include "session_fakes.h"

#include <QScopeGuard>
#include <QTemporaryDir>
#include <QTest>
#include <atomic>
#include <fstream>
#include <set>
#include <thread>

using namespace livegloss;
using namespace livegloss::session;
using namespace std::chrono_literals;
using test::eventually;

namespace {

SessionSettings showEverything() {
    SessionSettings settings;
    settings.minConfidence = 0.0F;
    settings.stability = 0;
    return settings;
}

const media::SourceRequest kAnything{media::SourceKind::File, "script"};
const media::SourceRequest kCamera{media::SourceKind::Camera, "script"};

/// Blocks where a test wants it to, deaf to interrupt(), like a device driver or a name server that does not answer.
struct Gate {
    std::atomic<bool> open{false};
    void pass() const {
        for (int i = 0; i < 2500 && !open; ++i) { // five seconds: longer than any test would wait
            std::this_thread::sleep_for(2ms);
        }
    }
};

/// Lends a source out and blocks in its first read or when it is given back.
class DeafSource final : public media::FrameSource {
public:
    DeafSource(std::unique_ptr<media::FrameSource> source, Gate& reading, Gate& closing)
        : source_(std::move(source)), reading_(reading), closing_(closing) {}
    ~DeafSource() override { closing_.pass(); }
    const media::SourceInfo& info() const override { return source_->info(); }
    Result<std::optional<FramePtr>> read() override {
        reading_.pass();
        return source_->read();
    }
    Result<void> seek(MediaTime time) override { return source_->seek(time); }
    void interrupt() override { source_->interrupt(); }

private:
    std::unique_ptr<media::FrameSource> source_;
    Gate& reading_;
    Gate& closing_;
};

std::vector<std::string> textsOf(const CaptionList& list) {
    std::vector<std::string> texts;
    for (const CaptionGloss& gloss : *list) {
        texts.push_back(gloss.text);
    }
    return texts;
}

std::int64_t shownFrame(const LiveSession& session) {
    const Picture picture = session.picture();
    return picture.frame ? picture.frame->index : -1;
}

} // namespace

class TestLiveSession : public QObject {
    Q_OBJECT

    engine::LoadedModelPtr model_;
    std::shared_ptr<const Clock> clock_ = std::make_shared<SteadyClock>();

    std::shared_ptr<test::Script> script(std::int64_t frames, double fps = 25.0) {
        auto result = std::make_shared<test::Script>();
        result->frames = frames;
        result->fps = fps;
        return result;
    }
    std::shared_ptr<test::Script> camera() {
        auto result = script(-1);
        result->live = true;
        return result;
    }

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

    void thePictureNeverWaitsForTheModelAndFilesLoseNothing() {
        const auto encoder = std::make_shared<test::EncoderControl>();
        encoder->gated = true;
        LiveSession session(test::scriptedParts(script(30), clock_, encoder));
        const auto opener = qScopeGuard([&] { encoder->openGate(); });
        SessionSettings settings;
        settings.rate = 2.0;
        session.setSettings(settings);
        session.setModel(model_);
        session.open(kAnything);
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }));
        QCOMPARE(encoder->encoded.load(), std::int64_t{0});
        QVERIFY(session.snapshot()->statistics.backlog >= 26); // a batch is in the encoder's hands
        QVERIFY(session.snapshot()->offlineRunning);
        encoder->openGate();
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        QCOMPARE(encoder->encoded.load(), std::int64_t{30});
        QCOMPARE(encoder->largestBatch.load(), 4);
        QCOMPARE(session.snapshot()->statistics.droppedOverload, std::int64_t{0});
    }

    /// Every frame gets a feature, whichever were encoded: captions and their times are as many.
    void everySecondFrameIsEncodedWhenAskedFor() {
        const auto encoder = std::make_shared<test::EncoderControl>();
        LiveSession session(test::scriptedParts(script(50), clock_, encoder));
        SessionSettings settings = showEverything();
        settings.rate = 2.0;
        settings.framePattern = 2;
        session.setSettings(settings);
        session.setModel(model_);
        session.open(kAnything);
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        const auto snapshot = session.snapshot();
        QCOMPARE(encoder->encoded.load(), std::int64_t{25});
        QCOMPARE(snapshot->statistics.encoded, std::int64_t{25});
        QCOMPARE(snapshot->statistics.interpolated, std::int64_t{25});
        QCOMPARE(snapshot->statistics.droppedOverload, std::int64_t{0});
        QVERIFY(!snapshot->committed->empty());
        QVERIFY(snapshot->committed->back().start > MediaTime(25 * 40ms));
        QVERIFY(snapshot->committed->back().end <= MediaTime(50 * 40ms));
    }

    /// The session goes on, with every frame, and says so until another model comes.
    void aDeviceThatFailsIsToldAndLosesNothing() {
        const auto encoder = std::make_shared<test::EncoderControl>();
        encoder->losesDevice = true;
        LiveSession session(test::scriptedParts(script(50), clock_, encoder));
        SessionSettings settings = showEverything();
        settings.rate = 2.0;
        session.setSettings(settings);
        session.setModel(model_);
        session.open(kAnything);
        QVERIFY(eventually([&] { return session.snapshot()->deviceFailure.has_value(); }));
        QCOMPARE(session.snapshot()->deviceFailure->code, ErrorCode::OutOfMemory);
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        QCOMPARE(session.snapshot()->statistics.encoded, std::int64_t{50});
        QCOMPARE(session.snapshot()->state, State::Ended);
        QVERIFY(!session.snapshot()->error);
        QVERIFY(!session.snapshot()->committed->empty());
        QCOMPARE(session.snapshot()->statistics.device.name, std::string("CPU"));
        session.setModel(model_);
        QVERIFY(!session.snapshot()->deviceFailure);
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

    void aLostCameraComesBack() {
        const auto source = camera();
        source->failAt = 30;
        LiveSession session(test::scriptedParts(source, clock_));
        session.open(kCamera);
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Opening && source->opened > 0; }));
        QVERIFY(eventually([&] { return session.snapshot()->error.has_value(); }));
        QCOMPARE(session.snapshot()->error->code, ErrorCode::Disconnected);
        const MediaTime lostAt = session.snapshot()->position;
        source->openFailures = 1;
        source->failAt = -1;
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Playing; }, 3));
        QVERIFY(!session.snapshot()->error);
        QVERIFY(eventually([&] { return session.snapshot()->position > lostAt; }));
        QCOMPARE(source->opened.load(), 3);
    }

    void stopWhileWaitingForACameraEndsTheWait() {
        const auto source = camera();
        source->failAt = 10;
        LiveSession session(test::scriptedParts(source, clock_));
        session.open(kCamera);
        QVERIFY(eventually([&] { return session.snapshot()->error.has_value(); }));
        session.stop();
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }, 2));
        QCOMPARE(source->alive.load(), 0);
    }

    void whatCannotBeOpenedFailsWithAReason() {
        QTemporaryDir folder;
        const std::string text = folder.filePath("notes.mp4").toStdString();
        std::ofstream(text) << "this is no video\n";
        LiveSession session;
        session.open({media::SourceKind::File, folder.filePath("missing.mp4").toStdString()});
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Failed; }));
        QCOMPARE(session.snapshot()->error->code, ErrorCode::NotFound);
        session.open({media::SourceKind::File, text});
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Failed; }));
        QVERIFY(session.snapshot()->error->code != ErrorCode::NotFound);
        QVERIFY(!session.snapshot()->error->message.empty());
        session.close();
        QCOMPARE(session.snapshot()->state, State::Idle);
        QVERIFY(!session.snapshot()->error);
    }

    void aFileThatBreaksHalfWayFailsAfterItsFrames() {
        const auto source = script(100);
        source->failAt = 12;
        source->failure = {ErrorCode::Unreadable, "damaged", {}};
        LiveSession session(test::scriptedParts(source, clock_));
        session.open(kAnything);
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Failed; }));
        QCOMPARE(shownFrame(session), std::int64_t{11});
        QCOMPARE(session.snapshot()->error->code, ErrorCode::Unreadable);
        session.seek(80ms); // what is whole can still be looked at
        QCOMPARE(session.snapshot()->state, State::Paused);
        QVERIFY(!session.snapshot()->error);
        QVERIFY(eventually([&] { return shownFrame(session) == 2; }));
    }

    void theGlossesOfAFileThatBreaksHalfWayAreThereAndChecked() {
        const auto encoder = std::make_shared<test::EncoderControl>();
        encoder->gated = true; // until the picture failed
        const auto source = script(100);
        source->failAt = 60;
        source->failure = {ErrorCode::Unreadable, "damaged", {}};
        LiveSession session(test::scriptedParts(source, clock_, encoder));
        const auto opener = qScopeGuard([&] { encoder->openGate(); });
        SessionSettings settings = showEverything();
        settings.rate = 2.0;
        session.setSettings(settings);
        session.setModel(model_);
        session.open(kAnything);
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Failed; }));
        QVERIFY(session.snapshot()->offlineRunning); // there is more to come
        encoder->openGate();
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        const auto snapshot = session.snapshot();
        QCOMPARE(snapshot->state, State::Failed);
        QCOMPARE(snapshot->error->message, std::string("damaged"));
        QCOMPARE(encoder->encoded.load(), std::int64_t{60});
        QVERIFY(snapshot->committed->size() > 1);
        QVERIFY(snapshot->committed->back().end > MediaTime(40 * 40ms));
        QVERIFY(!snapshot->offline->empty());
        QVERIFY(snapshot->offlineFromStart);
        QVERIFY(!snapshot->offlineRunning);
    }

    /// Whoever waits for the end would leave without the offline pass.
    void theEndIsNeverSeenWithoutTheOfflinePassToCome() {
        for (int round = 0; round < 30; ++round) {
            LiveSession session(test::scriptedParts(script(3), clock_, std::make_shared<test::EncoderControl>()));
            session.setModel(model_);
            session.open(kAnything);
            std::shared_ptr<const Snapshot> snapshot;
            do {
                snapshot = session.snapshot();
            } while (snapshot->state != State::Ended);
            QVERIFY(snapshot->offlineRunning || snapshot->offline);
        }
    }

    void aNewModelSeesAPlayingFileFromItsBeginning() {
        const auto encoder = std::make_shared<test::EncoderControl>();
        LiveSession session(test::scriptedParts(script(150), clock_, encoder));
        SessionSettings settings = showEverything();
        settings.rate = 2.0;
        session.setSettings(settings);
        session.setModel(test::tinyModel(2));
        session.open(kAnything);
        QVERIFY(eventually([&] { return shownFrame(session) > 60; }));
        session.setModel(model_);
        std::int64_t newest = shownFrame(session);
        bool wentBack = false;
        QVERIFY(eventually([&] {
            const std::int64_t shown = shownFrame(session);
            wentBack = wentBack || shown < newest;
            newest = std::max(newest, shown);
            return session.snapshot()->offline != nullptr;
        }));
        QVERIFY(!wentBack);
        QCOMPARE(newest, std::int64_t{149});
        QVERIFY(session.snapshot()->offlineFromStart);
        LiveSession fresh(test::scriptedParts(script(150), clock_, std::make_shared<test::EncoderControl>()));
        fresh.setSettings(settings);
        fresh.setModel(model_);
        fresh.open(kAnything);
        QVERIFY(eventually([&] { return fresh.snapshot()->offline != nullptr; }));
        QVERIFY(session.snapshot()->committed->front().start <= fresh.snapshot()->committed->front().start + 320ms);
        QCOMPARE(textsOf(session.snapshot()->offline), textsOf(fresh.snapshot()->offline));
    }

    void aNewModelAfterTheEndSeesTheWholeFile() {
        const auto encoder = std::make_shared<test::EncoderControl>();
        LiveSession session(test::scriptedParts(script(50), clock_, encoder));
        const auto opener = qScopeGuard([&] { encoder->openGate(); });
        SessionSettings settings = showEverything();
        settings.rate = 2.0;
        session.setSettings(settings);
        session.open(kAnything);
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }));
        QVERIFY(!session.snapshot()->recognised);
        encoder->gated = true;
        session.setModel(model_);
        QVERIFY(session.snapshot()->offlineRunning);
        QVERIFY(eventually([&] { return encoder->waiting > 0; }));
        QVERIFY(session.snapshot()->recognised);
        encoder->openGate();
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        QCOMPARE(session.snapshot()->state, State::Ended);
        QCOMPARE(shownFrame(session), std::int64_t{49}); // the last picture stays
        QCOMPARE(encoder->encoded.load(), std::int64_t{50});
        QVERIFY(session.snapshot()->offlineFromStart);
        QVERIFY(!session.snapshot()->committed->empty());
        QVERIFY(!session.snapshot()->offline->empty());
        // Another one while the first still has to see it, and playing on top of that.
        encoder->gated = true;
        session.setModel(test::tinyModel(2));
        QVERIFY(eventually([&] { return encoder->waiting > 0; }));
        session.setModel(model_);
        session.play();
        QCOMPARE(session.snapshot()->state, State::Playing);
        encoder->openGate();
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }));
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        QVERIFY(session.snapshot()->offlineFromStart);
        QVERIFY(!session.snapshot()->committed->empty());
    }

    void onlyWhatWasSeenFromTheClipsBeginningIsChecked() {
        LiveSession session(test::scriptedParts(script(100), clock_, std::make_shared<test::EncoderControl>()));
        SessionSettings settings = showEverything();
        settings.rate = 2.0;
        session.setSettings(settings);
        session.setModel(model_);
        session.open(kAnything, true);
        QVERIFY(eventually([&] { return shownFrame(session) == 0; }));
        session.seek(2s);
        session.play();
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        QVERIFY(!session.snapshot()->offlineFromStart);
        session.play();
        QVERIFY(eventually([&] { return session.snapshot()->offline == nullptr; }));
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        QVERIFY(session.snapshot()->offlineFromStart);
    }

    void aNewModelStartsRecognitionAnew() {
        const auto encoder = std::make_shared<test::EncoderControl>();
        LiveSession session(test::scriptedParts(script(100000), clock_, encoder));
        SessionSettings settings = showEverything();
        settings.rate = 2.0;
        session.setSettings(settings);
        session.open(kAnything);
        QVERIFY(eventually([&] { return shownFrame(session) > 5; }));
        QCOMPARE(encoder->encoded.load(), std::int64_t{0}); // picture only
        session.setModel(model_);
        QVERIFY(eventually([&] { return !session.snapshot()->committed->empty(); }));
        const std::uint64_t revision = session.snapshot()->captionRevision;
        session.setModel(test::tinyModel(2));
        QVERIFY(session.snapshot()->captionRevision > revision);
        QVERIFY(eventually([&] { return !session.snapshot()->committed->empty(); }));
        session.setModel(nullptr);
        QVERIFY(session.snapshot()->committed->empty());
        const std::int64_t shown = shownFrame(session);
        QVERIFY(eventually([&] { return shownFrame(session) > shown + 5; }));
    }

    void aModelThatArrivesWhilePausedSeesThePictureOnShow() {
        const auto encoder = std::make_shared<test::EncoderControl>();
        LiveSession session(test::scriptedParts(script(100), clock_, encoder));
        session.open(kAnything, true);
        QVERIFY(eventually([&] { return shownFrame(session) == 0; }));
        session.setModel(model_);
        QVERIFY(eventually([&] { return session.picture().attention != nullptr; }));
        QCOMPARE(shownFrame(session), std::int64_t{0});
    }

    void attentionLiesWhereTheNetworkLooked() {
        LiveSession session(test::scriptedParts(script(1000), clock_, std::make_shared<test::EncoderControl>()));
        session.setModel(model_);
        session.open(kAnything);
        QVERIFY(eventually([&] { return session.picture().attention != nullptr; }));
        const Picture picture = session.picture();
        const vision::Region region = vision::visibleRegion(36, 32);
        QCOMPARE(picture.attentionRegion.left, region.left);
        QCOMPARE(picture.attentionRegion.width, region.width);
        QVERIFY(picture.attention->width > 0);
        SessionSettings settings;
        settings.attention = false;
        session.setSettings(settings);
        QVERIFY(!session.picture().attention);
    }

    void aBrokenModelIsReportedAndThePictureGoesOn() {
        const auto encoder = std::make_shared<test::EncoderControl>();
        encoder->fails = true;
        LiveSession session(test::scriptedParts(script(1000), clock_, encoder));
        session.setModel(model_);
        session.open(kAnything);
        QVERIFY(eventually([&] { return session.snapshot()->error.has_value(); }));
        QCOMPARE(session.snapshot()->error->message, std::string("the encoder broke"));
        const std::int64_t shown = shownFrame(session);
        QVERIFY(eventually([&] { return shownFrame(session) > shown + 3; }));
        QCOMPARE(session.snapshot()->state, State::Playing);
    }

    void whatWasRecognisedBeforeAFailureStays() {
        const auto encoder = std::make_shared<test::EncoderControl>();
        LiveSession session(test::scriptedParts(script(200), clock_, encoder));
        SessionSettings settings = showEverything();
        settings.rate = 2.0;
        session.setSettings(settings);
        session.setModel(model_);
        session.open(kAnything);
        QVERIFY(eventually([&] { return session.snapshot()->committed->size() >= 3; }));
        encoder->fails = true;
        QVERIFY(eventually([&] { return session.snapshot()->error.has_value(); }));
        const std::size_t committed = session.snapshot()->committed->size();
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }));
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        QCOMPARE(session.snapshot()->error->message, std::string("the encoder broke"));
        const auto offline = session.snapshot()->offline;
        const auto kept = std::ranges::count_if(*offline, [](const CaptionGloss& gloss) {
            return gloss.change != OfflineChange::Removed && gloss.change != OfflineChange::Added;
        });
        QVERIFY2(kept * 2 >= static_cast<std::ptrdiff_t>(committed), qPrintable(QString::number(kept)));
        QVERIFY(!session.snapshot()->offlineRunning);
        encoder->fails = false;
        session.play();
        QVERIFY(eventually([&] { return !session.snapshot()->error; })); // it goes on, and says so
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

    void aModelThatIsNoLongerUsedGoes() {
        LiveSession session(test::scriptedParts(script(1000), clock_));
        std::weak_ptr<const engine::LoadedModel> model;
        {
            const auto own = test::tinyModel(8);
            model = own;
            session.setModel(own);
        }
        session.open(kAnything);
        QVERIFY(eventually([&] { return session.snapshot()->statistics.encoded > 8; }));
        session.setModel(nullptr);
        QVERIFY(eventually([&] { return model.expired(); }));
    }

    void endsQuicklyWhileASourceBlocks() {
        const auto source = camera();
        source->gated = true;
        const auto start = std::chrono::steady_clock::now();
        {
            LiveSession session(test::scriptedParts(source, clock_));
            session.open(kCamera);
            QVERIFY(eventually([&] { return source->alive == 1; }));
        }
        QVERIFY(std::chrono::steady_clock::now() - start < 2s);
        QCOMPARE(source->alive.load(), 0);
    }

    void endsQuicklyWhileAStreamIsBeingOpened() {
        for (const bool behindAnother : {false, true}) {
            Gate free;
            free.open = true;
            Gate closing; // the first source takes its time to go
            const auto source = script(1000);
            std::atomic<int> attempts{0};
            session::SessionParts parts = test::scriptedParts(source, clock_);
            parts.openSource = [&](const media::SourceRequest& request, const Clock& clock,
                                   const std::atomic<bool>* cancel) -> Result<std::unique_ptr<media::FrameSource>> {
                if (request.kind == media::SourceKind::File) {
                    return std::make_unique<DeafSource>(test::scriptedSource(source, clock), free, closing);
                }
                ++attempts;
                for (int i = 0; i < 5000 && !*cancel; ++i) { // ten seconds, as a server that does not answer
                    std::this_thread::sleep_for(2ms);
                }
                return failure(ErrorCode::Timeout, "no answer");
            };
            auto session = std::make_unique<LiveSession>(parts);
            if (behindAnother) {
                session->open(kAnything);
                QVERIFY(eventually([&] { return shownFrame(*session) > 0; }));
            }
            session->open({media::SourceKind::Stream, "http://nowhere/"});
            QVERIFY(behindAnother || eventually([&] { return attempts == 1; }));
            std::thread opener([&] {
                std::this_thread::sleep_for(200ms); // the destructor waits by then
                closing.open = true;
            });
            const auto start = std::chrono::steady_clock::now();
            session.reset();
            const auto elapsed = std::chrono::steady_clock::now() - start;
            opener.join();
            QVERIFY(elapsed < 2s);
            QCOMPARE(attempts.load(), behindAnother ? 0 : 1);
        }
    }

    void commandsGivenWhileTheReaderIsBusyAreAllCarriedOut() {
        Gate reading;
        Gate closing;
        closing.open = true;
        const auto source = script(100);
        std::vector<std::string> opened;
        session::SessionParts parts = test::scriptedParts(source, clock_);
        parts.openSource = [&](const media::SourceRequest& request, const Clock& clock,
                               const std::atomic<bool>*) -> Result<std::unique_ptr<media::FrameSource>> {
            opened.push_back(request.location);
            return std::make_unique<DeafSource>(test::scriptedSource(source, clock), reading, closing);
        };
        LiveSession session(parts);
        SessionSettings slowly;
        slowly.rate = 0.5;
        session.setSettings(slowly);
        session.open({media::SourceKind::File, "a"});
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Playing; }));
        // Another file, and a stop before it could be opened: play() is about that file.
        session.open({media::SourceKind::File, "b"});
        session.stop();
        reading.open = true;
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }));
        QCOMPARE(opened, std::vector<std::string>{"a"});
        session.play();
        QVERIFY(eventually([&] { return shownFrame(session) > 3; }));
        QVERIFY(!session.snapshot()->error);
        QCOMPARE(opened, (std::vector<std::string>{"a", "b"}));
        const std::int64_t before = shownFrame(session);
        // Stopped and played again before the stop could be carried out: it begins anew.
        reading.open = false;
        QTest::qWait(100); // the reader needs a frame by then
        session.stop();
        session.play();
        reading.open = true;
        QVERIFY(
            eventually([&] { return session.snapshot()->state == State::Playing && shownFrame(session) < before; }));
        QVERIFY(eventually([&] { return shownFrame(session) >= before; }));
        // And paused after that: it stays stopped.
        reading.open = false;
        QTest::qWait(100); // the reader needs a frame by then
        session.stop();
        session.play();
        session.pause();
        reading.open = true;
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }));
        QTest::qWait(50);
        QCOMPARE(session.snapshot()->state, State::Ended);
        QCOMPARE(opened.size(), std::size_t{2});
    }
};

QTEST_GUILESS_MAIN(TestLiveSession)
#include "tst_live_session.moc"
