#include "live_session_fixture.h"

#include <QScopeGuard>
#include <QTest>

using namespace livegloss;
using namespace livegloss::session;
using namespace livegloss::test;
using namespace std::chrono_literals;

class TestSessionModels : public QObject, private LiveSessionFixture {
    Q_OBJECT

private slots:
    void initTestCase() { model_ = test::tinyModel(); }

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
        // Recognition of a file may be done before it is played to its end.
        QVERIFY(eventually([&] { return session.snapshot()->state == State::Ended; }));
        QVERIFY(!session.snapshot()->error);
        QVERIFY(!session.snapshot()->committed->empty());
        QCOMPARE(session.snapshot()->statistics.device.name, std::string("CPU"));
        session.setModel(model_);
        QVERIFY(!session.snapshot()->deviceFailure);
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

    /// The offline pass of a camera looks back only so far; glosses of before it are not checked.
    void aLongCameraSessionIsNotCheckedAsAWhole() {
        for (const int rows : {60, featureRowsOfCamera}) {
            SessionParts parts = test::scriptedParts(camera(), clock_, std::make_shared<test::EncoderControl>());
            parts.liveFeatureRows = rows;
            LiveSession session(parts);
            session.setSettings(showEverything());
            session.setModel(model_);
            session.open(kCamera);
            QVERIFY(eventually([&] { return session.snapshot()->statistics.encoded > 100; }));
            session.stop();
            QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
            QCOMPARE(session.snapshot()->offlineFromStart, rows > 100);
        }
    }

    void aCameraSessionWithAFailureIsNotCheckedAsAWhole() {
        const auto encoder = std::make_shared<test::EncoderControl>();
        LiveSession session(test::scriptedParts(camera(), clock_, encoder));
        session.setSettings(showEverything());
        session.setModel(model_);
        session.open(kCamera);
        QVERIFY(eventually([&] { return session.snapshot()->statistics.encoded > 40; }));
        encoder->fails = true;
        QVERIFY(eventually([&] { return session.snapshot()->error.has_value(); }));
        session.stop();
        QVERIFY(eventually([&] { return session.snapshot()->offline != nullptr; }));
        QVERIFY(!session.snapshot()->offlineFromStart);
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
};

QTEST_GUILESS_MAIN(TestSessionModels)
#include "tst_session_models.moc"
