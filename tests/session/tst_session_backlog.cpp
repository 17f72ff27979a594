#include "base/thread_priority.h"
#include "live_session_fixture.h"

#include <QScopeGuard>
#include <QTest>
#include <algorithm>
#include <atomic>
#include <thread>

#ifdef __linux__
#include <sys/resource.h>
#include <unistd.h>
#endif

using namespace livegloss;
using namespace livegloss::session;
using namespace livegloss::test;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kFrames = 60;
/// Pixels of a frame as the intake keeps them: three planes of 32 x 32, 16 bits each.
constexpr std::size_t kFrameBytes = 3U * 32U * 32U * 2U;

} // namespace

/// What a model that is slower than the picture has not seen yet.
class TestSessionBacklog : public QObject, private LiveSessionFixture {
    Q_OBJECT

    /// A file of kFrames frames whose backlog has room for all but the last when the encoder holds the first.
    SessionParts partsWithoutRoomForTheLast(const std::shared_ptr<Script>& source,
                                            const std::shared_ptr<EncoderControl>& encoder) {
        encoder->gated = true;
        source->gated = true;
        SessionParts parts = scriptedParts(source, clock_, encoder);
        parts.backlogBytes = kFrameBytes * (kFrames - 2);
        return parts;
    }

    /// Plays to the last picture, the encoder still at the first.
    static bool playToTheLastPicture(const LiveSession& session, Script& source, const EncoderControl& encoder) {
        source.allow(2); // a frame goes to the encoder when the next one is known
        if (!eventually([&] { return encoder.waiting > 0; })) {
            return false;
        }
        source.allow(100000);
        return eventually([&] { return shownFrame(session) == kFrames - 1; });
    }

private slots:
    void initTestCase() { model_ = test::tinyModel(); }

    void theEndWaitsUntilTheLastFrameFindsRoom() {
        const auto encoder = std::make_shared<EncoderControl>();
        const auto source = script(kFrames);
        LiveSession session(partsWithoutRoomForTheLast(source, encoder));
        const auto opener = qScopeGuard([&] { encoder->openGate(); });
        session.setSettings(fast());
        session.setModel(model_);
        session.open(kAnything);
        QVERIFY(playToTheLastPicture(session, *source, *encoder));
        QTest::qWait(100); // long enough for the last picture to have been on show
        QCOMPARE(session.snapshot()->state, State::Playing);
        encoder->openGate();
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }));
        QVERIFY(eventually([&] { return encoder->encoded == kFrames; }));
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        const auto slow = session.snapshot();
        QVERIFY(slow->offlineFromStart);
        QVERIFY(!slow->offlineRunning);

        LiveSession whole(scriptedParts(script(kFrames), clock_, std::make_shared<EncoderControl>()));
        whole.setSettings(fast());
        whole.setModel(model_);
        whole.open(kAnything);
        QVERIFY(eventually([&] { return whole.snapshot()->offline != nullptr; }));
        QVERIFY(!slow->committed->empty());
        QCOMPARE(textsOf(slow->committed), textsOf(whole.snapshot()->committed));
        QCOMPARE(textsOf(slow->offline), textsOf(whole.snapshot()->offline));
    }

    void theNextRoundWaitsUntilTheLastFrameFindsRoom() {
        const auto encoder = std::make_shared<EncoderControl>();
        const auto source = script(kFrames);
        LiveSession session(partsWithoutRoomForTheLast(source, encoder));
        const auto opener = qScopeGuard([&] { encoder->openGate(); });
        session.setSettings(fast(true));
        session.setModel(model_);
        session.open(kAnything);
        QVERIFY(playToTheLastPicture(session, *source, *encoder));
        QTest::qWait(100); // long enough for the last picture to have been on show
        QCOMPARE(shownFrame(session), kFrames - 1);
        encoder->openGate();
        QVERIFY(eventually([&] { return session.snapshot()->statistics.captured > kFrames + 10; }));
        session.setSettings(fast());
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        const std::int64_t captured =
            session.snapshot()->statistics.captured; // of whole rounds, two where all is quick
        QVERIFY(captured >= 2 * kFrames && captured % kFrames == 0);
        QCOMPARE(static_cast<std::int64_t>(encoder->encoded), captured);
        QVERIFY(session.snapshot()->offlineFromStart);
    }

    void framesOfTheSourceBeforeAreNotCounted() {
        const auto encoder = std::make_shared<EncoderControl>();
        encoder->gated = true;
        const auto source = script(kFrames);
        LiveSession session(scriptedParts(source, clock_, encoder));
        const auto opener = qScopeGuard([&] { encoder->openGate(); });
        session.setModel(model_);
        session.open(kAnything);
        QVERIFY(eventually([&] { return encoder->waiting > 0; }));
        source->gated = true; // the next source gives nothing
        session.open(kAnything);
        encoder->openGate();
        QVERIFY(eventually([&] { return encoder->encoded > 0; }));
        QTest::qWait(50); // longer than it takes to count them
        QCOMPARE(session.snapshot()->statistics.encoded, std::int64_t{0});
        QCOMPARE(session.snapshot()->statistics.captionDelaySeconds, 0.0);
    }

    void steppingBackLosesNothingThatWasWatched() {
        const auto encoder = std::make_shared<EncoderControl>();
        encoder->gated = true;
        LiveSession session(scriptedParts(script(100), clock_, encoder));
        const auto opener = qScopeGuard([&] { encoder->openGate(); });
        session.setSettings(fast());
        session.setModel(model_);
        session.open(kAnything);
        QVERIFY(eventually([&] { return shownFrame(session) >= 60; }));
        session.pause();
        QTest::qWait(60); // the picture that was due is on show
        const std::int64_t shown = shownFrame(session);
        session.step(-1);
        QVERIFY(eventually([&] { return shownFrame(session) == shown - 1; }));
        encoder->openGate();
        // Everything before the picture, and the picture with what is read ahead of it.
        const std::int64_t expected = (shown - 1) + fast().readAheadFrames;
        QVERIFY2(eventually([&] { return encoder->encoded == expected; }),
                 qPrintable(QString("%1 of %2").arg(encoder->encoded).arg(expected)));
        QVERIFY(session.snapshot()->committed->size() > 1);
        session.play();
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }, 20));
        QVERIFY(session.snapshot()->offlineFromStart); // nothing is missing in between
        const CaptionList committed = session.snapshot()->committed;
        QVERIFY(std::ranges::is_sorted(*committed, {}, &CaptionGloss::start));
        QVERIFY(committed->front().start < 2s);
    }

    void steppingBackFromTheEndLeavesTheWholeClipToTheModel() {
        const auto encoder = std::make_shared<EncoderControl>();
        encoder->gated = true;
        LiveSession session(scriptedParts(script(kFrames), clock_, encoder));
        const auto opener = qScopeGuard([&] { encoder->openGate(); });
        session.setSettings(fast());
        session.setModel(model_);
        session.open(kAnything);
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }));
        session.step(-1);
        QVERIFY(eventually([&] { return shownFrame(session) == kFrames - 2; }));
        encoder->openGate();
        QVERIFY(eventually([&] { return encoder->encoded == kFrames + 2; })); // the last two once more
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        QVERIFY(session.snapshot()->offlineFromStart);
        QVERIFY(!session.snapshot()->offlineRunning);
        QVERIFY(!session.snapshot()->committed->empty());
    }

    void aJumpAheadLeavesOutWhatWasOnlyReadAhead() {
        const auto encoder = std::make_shared<EncoderControl>();
        encoder->gated = true;
        const auto source = script(200);
        LiveSession session(scriptedParts(source, clock_, encoder));
        const auto opener = qScopeGuard([&] { encoder->openGate(); });
        session.setModel(model_);
        session.open(kAnything, true);
        QVERIFY(eventually([&] { return source->reads == 9; })); // the picture and eight ahead
        for (const std::int64_t frame : {40, 80, 120}) {
            const std::int64_t before = source->reads;
            session.seek(MediaTime(40ms) * frame);
            QVERIFY(eventually([&] { return shownFrame(session) == frame && source->reads == before + 9; }));
        }
        QTest::qWait(20);
        // One of each picture passed, and what follows the last.
        QVERIFY2(session.snapshot()->statistics.backlog <= 3 + 8,
                 qPrintable(QString::number(session.snapshot()->statistics.backlog)));
    }

    void recognitionGivesWayToDrawing_data() {
        QTest::addColumn<bool>("givesWay");
        QTest::newRow("in a window") << true;
        QTest::newRow("where nothing is drawn") << false;
    }
    void recognitionGivesWayToDrawing() {
        QFETCH(bool, givesWay);
#ifdef __linux__
        const int own = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()));
        const auto encoder = std::make_shared<EncoderControl>();
        std::atomic<int> seen{-100};
        encoder->beforePush = [&seen](int) {
            int ofLaterThread = -100;
            std::thread([&] { ofLaterThread = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())); }).join();
            seen = ofLaterThread;
        };
        SessionParts parts = scriptedParts(script(20), clock_, encoder);
        parts.givesWayToDrawing = givesWay;
        LiveSession session(std::move(parts));
        session.setModel(model_);
        session.open(kAnything);
        QVERIFY(eventually([&] { return encoder->encoded > 0; }));
        QCOMPARE(seen.load(), givesWay ? std::max(own, kWorkNiceness) : own);
        QCOMPARE(::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())), own);
#else
        QSKIP("threads have a niceness of their own on Linux alone");
#endif
    }
};

QTEST_GUILESS_MAIN(TestSessionBacklog)
#include "tst_session_backlog.moc"
