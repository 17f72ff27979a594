#include "live_session_fixture.h"

#include <QScopeGuard>
#include <QTemporaryDir>
#include <QTest>
#include <atomic>
#include <fstream>
#include <thread>

using namespace livegloss;
using namespace livegloss::session;
using namespace livegloss::test;
using namespace std::chrono_literals;

namespace {

/// Blocks where a test wants it to, deaf to interrupt(), like a device driver or a name server that does not answer.
struct Gate {
    std::atomic<bool> open{false};
    std::atomic<bool> occupied{false}; ///< somebody waits
    void pass() {
        occupied = !open;
        for (int i = 0; i < 2500 && !open; ++i) { // five seconds: longer than any test would wait
            std::this_thread::sleep_for(2ms);
        }
        occupied = false;
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

} // namespace

class TestSessionFailures : public QObject, private LiveSessionFixture {
    Q_OBJECT

private slots:
    void initTestCase() { model_ = test::tinyModel(); }

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

    void aDamagedFrameIsCountedOnce() {
        for (const bool live : {true, false}) {
            const auto source = live ? camera() : script(40);
            source->damagedAt = 10;
            LiveSession session(test::scriptedParts(source, clock_));
            session.setSettings(fast());
            session.open(live ? kCamera : kAnything);
            QVERIFY(eventually([&] { return session.snapshot()->statistics.captured >= 30; }));
            QCOMPARE(session.snapshot()->statistics.droppedSource, std::int64_t{1});
        }
    }

    /// Also where it goes on so long that it looks like another frame rate.
    void everyDamagedFrameOfACameraIsCounted() {
        const auto source = camera();
        source->damaged = true;
        LiveSession session(test::scriptedParts(source, clock_));
        session.open(kCamera);
        QVERIFY(eventually([&] { return session.snapshot()->statistics.captured >= 40; }));
        const auto figures = session.snapshot()->statistics;
        QVERIFY2(figures.droppedSource >= figures.captured - 22, qPrintable(QString::number(figures.droppedSource)));
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

    void aFileThatBreaksWhileANewModelReadsItAgainSaysSo() {
        const auto source = script(50);
        LiveSession session(test::scriptedParts(source, clock_, std::make_shared<test::EncoderControl>()));
        session.setSettings(fast());
        session.open(kAnything);
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }));
        source->failAt = 20;
        source->failure = {ErrorCode::Unreadable, "damaged", {}};
        session.setModel(model_);
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        QCOMPARE(session.snapshot()->state, State::Failed);
        QCOMPARE(session.snapshot()->error->message, std::string("damaged"));
        QVERIFY(!session.snapshot()->offlineRunning);
        QCOMPARE(session.snapshot()->statistics.encoded, std::int64_t{20});
    }

    void anotherModelSeesAFileThatBrokeHalfWayUpToThere() {
        const auto source = script(100);
        source->failAt = 30;
        source->failure = {ErrorCode::Unreadable, "damaged", {}};
        LiveSession session(test::scriptedParts(source, clock_, std::make_shared<test::EncoderControl>()));
        session.setSettings(fast());
        session.setModel(test::tinyModel(2));
        session.open(kAnything);
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        QCOMPARE(session.snapshot()->state, State::Failed);
        session.setModel(model_);
        QVERIFY(session.snapshot()->offlineRunning);
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        const auto snapshot = session.snapshot();
        QCOMPARE(snapshot->state, State::Failed);
        QCOMPARE(snapshot->error->message, std::string("damaged"));
        QVERIFY(!snapshot->committed->empty());
        QCOMPARE(snapshot->statistics.encoded, std::int64_t{30});
        QCOMPARE(shownFrame(session), std::int64_t{29});
        // What could not even be opened stays as it is.
        source->openFailures = 1;
        session.open(kAnything);
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Failed; }));
        session.setModel(test::tinyModel(2));
        QVERIFY(!session.snapshot()->offlineRunning);
        QCOMPARE(session.snapshot()->error->message, std::string("damaged"));
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
        QVERIFY(eventually([&] { return reading.occupied.load(); }));
        session.stop();
        session.play();
        reading.open = true;
        QVERIFY(
            eventually([&] { return session.snapshot()->state == State::Playing && shownFrame(session) < before; }));
        QVERIFY(eventually([&] { return shownFrame(session) >= before; }));
        // And paused after that: it stays stopped.
        reading.open = false;
        QVERIFY(eventually([&] { return reading.occupied.load(); }));
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

QTEST_GUILESS_MAIN(TestSessionFailures)
#include "tst_session_failures.moc"
