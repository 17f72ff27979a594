#include "live_session_fixture.h"

#include <QScopeGuard>
#include <QTest>

using namespace livegloss;
using namespace livegloss::session;
using namespace livegloss::test;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kFrames = 60;
/// Pixels of a frame as the intake keeps them: three planes of 32 x 32, 16 bits each.
constexpr std::size_t kFrameBytes = 3U * 32U * 32U * 2U;

SessionSettings fast(bool loop = false) {
    SessionSettings settings = showEverything();
    settings.rate = 2.0;
    settings.loop = loop;
    return settings;
}

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
        QCOMPARE(session.snapshot()->statistics.captured, 2 * kFrames);
        QCOMPARE(encoder->encoded.load(), 2 * kFrames);
        QVERIFY(session.snapshot()->offlineFromStart);
    }
};

QTEST_GUILESS_MAIN(TestSessionBacklog)
#include "tst_session_backlog.moc"
