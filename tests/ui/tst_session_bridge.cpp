#include "fake_recogniser.h"
#include "ui/bridge/session_bridge.h"

#include <QSignalSpy>
#include <QTest>

#include <array>
#include <functional>

using namespace livegloss;
using namespace livegloss::ui;
using livegloss::ui::testing::FakeRecogniser;

class TestSessionBridge : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        script_ = std::make_shared<FakeRecogniser::Script>();
        bridge_ = std::make_unique<SessionBridge>(std::make_unique<FakeRecogniser>(script_));
    }
    void cleanup() { bridge_.reset(); }

    void doesNotPollWhenIdle() { QCOMPARE(bridge_->pollInterval(), 0); }

    void pollsAtTheDisplayRateWhilePlaying() {
        bridge_->open(file());
        script_->playFile();
        settle();
        QCOMPARE(bridge_->pollInterval(), 16);
    }

    void pollsSlowlyWhenPausedAndNeverAfterClosing() {
        bridge_->open(file());
        script_->playFile();
        script_->snapshot.state = session::State::Paused;
        settle();
        QCOMPARE(bridge_->pollInterval(), 200);
        bridge_->step(1);
        QCOMPARE(bridge_->pollInterval(), 16);
        bridge_->close();
        settle();
        QCOMPARE(bridge_->pollInterval(), 0);
    }

    void announcesOnlyWhatChanged() {
        bridge_->open(file());
        script_->playFile();
        bridge_->poll();
        QSignalSpy pictures(bridge_.get(), &SessionBridge::pictureChanged);
        QSignalSpy captions(bridge_.get(), &SessionBridge::captionsChanged);
        QSignalSpy states(bridge_.get(), &SessionBridge::stateChanged);
        bridge_->poll();
        QCOMPARE(pictures.count(), 0);
        QCOMPARE(captions.count(), 0);
        script_->showFrame(9);
        bridge_->poll();
        QCOMPARE(pictures.count(), 1);
        QCOMPARE(captions.count(), 0);
        script_->commit(script_->gloss("HOUSE", 1.0));
        bridge_->poll();
        QCOMPARE(captions.count(), 1);
        QCOMPARE(states.count(), 0);
        script_->snapshot.state = session::State::Ended;
        bridge_->poll();
        QCOMPARE(states.count(), 1);
    }

    /// Also where it ends without a result.
    void theEndOfTheOfflinePassReachesTheHistory() {
        bridge_->open(file());
        script_->snapshot.offlineRunning = true;
        bridge_->poll();
        QSignalSpy captions(bridge_.get(), &SessionBridge::captionsChanged);
        script_->snapshot.offlineRunning = false;
        bridge_->poll();
        QCOMPARE(captions.count(), 1);
    }

    void seekStaysInsideTheClip() {
        bridge_->open(file());
        script_->playFile(std::chrono::seconds(10));
        bridge_->poll();
        QSignalSpy jumps(bridge_.get(), &SessionBridge::jumped);
        bridge_->seek(fromSeconds(-2.0));
        QCOMPARE(script_->calls.last(), QStringLiteral("seek 0"));
        bridge_->seek(fromSeconds(99.0));
        QCOMPARE(script_->calls.last(), QStringLiteral("seek 10000"));
        QCOMPARE(jumps.count(), 2);
    }

    void liveSourcesCannotBeSeeked() {
        bridge_->open({media::SourceKind::Camera, "/dev/video0"});
        script_->playCamera();
        bridge_->poll();
        bridge_->seek(fromSeconds(1.0));
        bridge_->step(1);
        QCOMPARE(script_->calls, QStringList{QStringLiteral("open")});
    }

    void playAtTheEndOfAFileJumpsToItsStart() {
        bridge_->open(file());
        script_->playFile();
        script_->snapshot.state = session::State::Ended;
        bridge_->poll();
        QSignalSpy jumps(bridge_.get(), &SessionBridge::jumped);
        bridge_->play();
        QCOMPARE(jumps.count(), 1);
        QCOMPARE(script_->calls.last(), QStringLiteral("play"));
    }

    void playAfterAStoppedCameraClearsTheStage() {
        bridge_->open({media::SourceKind::Camera, "/dev/video7"});
        script_->playCamera();
        script_->snapshot.state = session::State::Ended;
        bridge_->poll();
        QSignalSpy requests(bridge_.get(), &SessionBridge::sourceRequested);
        bridge_->play();
        QCOMPARE(requests.count(), 1);
        QCOMPARE(script_->calls.last(), QStringLiteral("play"));
    }

    void filesThatAreHeldBackPlayOnceTheyAreLetGo() {
        bridge_->holdFiles(true);
        bridge_->open(file());
        QVERIFY(script_->openedPaused);
        QVERIFY(bridge_->waitsToPlay());
        script_->playFile();
        script_->snapshot.state = session::State::Paused;
        bridge_->poll();
        QCOMPARE(script_->count(QStringLiteral("play")), 0);
        bridge_->holdFiles(false);
        QCOMPARE(script_->count(QStringLiteral("play")), 1);
        QVERIFY(!bridge_->waitsToPlay());
        bridge_->holdFiles(true);
        bridge_->holdFiles(false);
        QCOMPARE(script_->count(QStringLiteral("play")), 1);
        // Whoever plays, pauses, steps or closes meanwhile has decided.
        const std::array<std::function<void()>, 4> decisions{[this] { bridge_->play(); }, [this] { bridge_->pause(); },
                                                             [this] { bridge_->step(1); },
                                                             [this] { bridge_->close(); }};
        for (const auto& decide : decisions) {
            bridge_->holdFiles(true);
            bridge_->open(file());
            script_->playFile();
            bridge_->poll();
            decide();
            const int plays = script_->count(QStringLiteral("play"));
            bridge_->holdFiles(false);
            QCOMPARE(script_->count(QStringLiteral("play")), plays);
        }
        // What failed meanwhile is not opened again.
        bridge_->holdFiles(true);
        bridge_->open(file());
        script_->fail(ErrorCode::NotFound, "gone");
        bridge_->poll();
        const int plays = script_->count(QStringLiteral("play"));
        bridge_->holdFiles(false);
        QCOMPARE(script_->count(QStringLiteral("play")), plays);
    }

    void camerasAndStreamsAreNotHeldBack() {
        bridge_->holdFiles(true);
        for (const auto kind : {media::SourceKind::Camera, media::SourceKind::Stream}) {
            bridge_->open({kind, "anything"});
            QVERIFY(!script_->openedPaused);
            QVERIFY(!bridge_->waitsToPlay());
        }
    }

    void pollsAfterAFailureUntilNothingIsToCome() {
        bridge_->open(file());
        script_->playFile();
        script_->fail(ErrorCode::Unreadable, "damaged");
        script_->snapshot.offlineRunning = true;
        settle();
        QCOMPARE(bridge_->pollInterval(), 200);
        script_->snapshot.offlineRunning = false;
        script_->setOffline({script_->gloss("HOUSE", 1.0)});
        settle();
        QCOMPARE(bridge_->pollInterval(), 0);
        QCOMPARE(bridge_->snapshot().offline->size(), std::size_t{1});
    }

private:
    static media::SourceRequest file() { return {media::SourceKind::File, "clip.mp4"}; }
    /// Lets the fast polls after a command run out.
    void settle() {
        for (int poll = 0; poll < 100; ++poll) {
            bridge_->poll();
        }
    }

    std::shared_ptr<FakeRecogniser::Script> script_;
    std::unique_ptr<SessionBridge> bridge_;
};

QTEST_MAIN(TestSessionBridge)
#include "tst_session_bridge.moc"
