#include "ui/setup.h"
#include "ui/views/source_failures.h"
#include "window_fixture.h"

#include <QLabel>
#include <QPushButton>
#include <QSet>
#include <QSignalSpy>
#include <QTest>

using namespace livegloss;
using namespace livegloss::ui;
using livegloss::ui::testing::WindowFixture;

/// Empty, waiting, error and live states: what the window says, and that the button in place helps.
class TestStage : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { prepareInterface(); }
    void init() { w_ = std::make_unique<WindowFixture>(); }
    void cleanup() { w_.reset(); }

    void emptyWindowOffersSources() {
        QVERIFY(panel()->isVisible());
        QVERIFY(!panel()->message().isError);
        QVERIFY(panel()->message().buttons.size() >= 2);
        press("play-sample");
        QCOMPARE(w_->script->calls.last(), QStringLiteral("open"));
        QCOMPARE(QString::fromStdString(w_->script->source.location), w_->locations.samples.first());
    }

    void pictureTakesThePlaceOfThePanel() {
        w_->playFile();
        QVERIFY(!panel()->isVisible());
        QVERIFY(w_->live->stage()->video()->hasPicture());
    }

    void missingSamplesAreExplained() {
        w_ = std::make_unique<WindowFixture>(false);
        w_->live->playSample();
        QVERIFY(panel()->isVisible());
        QVERIFY(panel()->message().isError);
        QCOMPARE(w_->script->count(QStringLiteral("open")), 0);
        QVERIFY(button("open-file") != nullptr);
    }

    void noCameraIsSaidAndLookingAgainFindsOne() {
        w_->action(LiveAction::UseCamera)->trigger();
        QTRY_VERIFY(panel()->message().isError);
        QCOMPARE(w_->script->count(QStringLiteral("open")), 0);
        w_->cameras = {{"/dev/video2", "Desk camera"}};
        press("use-camera");
        QTRY_COMPARE(w_->script->count(QStringLiteral("open")), 1);
        QCOMPARE(w_->script->source.location, std::string("/dev/video2"));
    }

    /// Asked for on the command line, without a name: what is said is in the interface's language.
    void noFirstCameraIsSaidInFull() {
        w_->live->openSource({media::SourceKind::Camera, ""});
        w_->script->fail(ErrorCode::NotFound, "no camera found");
        w_->poll();
        QCOMPARE(panel()->message().title, QStringLiteral("No camera found"));
        QVERIFY(panel()->message().reason.contains(QStringLiteral("may not use it")));
        QCOMPARE(panel()->message().buttons.front().text, QStringLiteral("Try Again"));
    }

    void errorsSayWhatWhyAndWhatToDo_data() {
        QTest::addColumn<int>("code");
        QTest::addColumn<int>("kind");
        const ErrorCode codes[] = {ErrorCode::NotFound,     ErrorCode::PermissionDenied, ErrorCode::Unreadable,
                                   ErrorCode::Unsupported,  ErrorCode::NoVideo,          ErrorCode::Timeout,
                                   ErrorCode::Disconnected, ErrorCode::OutOfMemory,      ErrorCode::Internal};
        for (const ErrorCode code : codes) {
            for (const auto kind : {media::SourceKind::File, media::SourceKind::Camera, media::SourceKind::Stream}) {
                QTest::addRow("code %d kind %d", static_cast<int>(code), static_cast<int>(kind))
                    << static_cast<int>(code) << static_cast<int>(kind);
            }
        }
    }
    void errorsSayWhatWhyAndWhatToDo() {
        QFETCH(int, code);
        QFETCH(int, kind);
        w_->live->openSource({static_cast<media::SourceKind>(kind), "thing"});
        w_->script->fail(static_cast<ErrorCode>(code), "the very reason");
        w_->poll();
        QVERIFY(panel()->isVisible());
        QVERIFY(panel()->message().isError);
        QVERIFY(!panel()->message().title.isEmpty());
        QCOMPARE(panel()->message().detail, QStringLiteral("the very reason"));
        QVERIFY(!panel()->message().advice.isEmpty());
        auto* detail = panel()->findChild<QLabel*>(QStringLiteral("messageDetail"));
        QVERIFY(detail->isVisible() && detail->text().contains(QStringLiteral("the very reason")));
        QCOMPARE(panel()->message().buttons.size(), 2U);
        auto* retry = panel()->findChild<QPushButton*>();
        QVERIFY(retry != nullptr);
        const int before = w_->script->count(QStringLiteral("open"));
        QTest::mouseClick(retry, Qt::LeftButton);
        QCOMPARE(w_->script->count(QStringLiteral("open")), before + 1);
        w_->poll();
        QVERIFY(!panel()->message().isError || !panel()->isVisible());
    }

    /// Each kind of failure of a stream has words of its own, and none of them speaks of files.
    void streamsGetAdviceForStreams() {
        QSet<QString> titles;
        QSet<QString> advices;
        const ErrorCode codes[] = {ErrorCode::NotFound,    ErrorCode::PermissionDenied, ErrorCode::NoVideo,
                                   ErrorCode::Unsupported, ErrorCode::Timeout,          ErrorCode::Disconnected};
        for (const ErrorCode code : codes) {
            const SourceFailure failure = describeSourceFailure({code, "", "core's hint"}, media::SourceKind::Stream);
            titles.insert(failure.title);
            advices.insert(failure.advice);
            QVERIFY(!failure.reason.isEmpty());
            for (const QString& text : {failure.title, failure.reason, failure.advice, failure.detail}) {
                QVERIFY2(!text.contains(QStringLiteral("file")) && !text.contains(QStringLiteral("MP4")) &&
                             !text.contains(QStringLiteral("hint")),
                         qPrintable(text));
            }
        }
        QCOMPARE(titles.size(), static_cast<int>(std::size(codes)));
        QCOMPARE(advices.size(), static_cast<int>(std::size(codes)));
        const auto refused = describeSourceFailure({ErrorCode::PermissionDenied, "", ""}, media::SourceKind::Stream);
        QVERIFY(refused.advice.contains(QStringLiteral("user:password@")));
    }

    /// Where the window has no words of its own, core's hint is not lost.
    void hintsOfOtherErrorsAreKept() {
        const auto failure =
            describeSourceFailure({ErrorCode::InvalidArgument, "it is a folder", "Choose a video in it."}, {});
        QCOMPARE(failure.detail, QStringLiteral("it is a folder. Choose a video in it."));
    }

    void panelIsNeverCut() {
        for (const QSize size : {QSize(1024, 640), QSize(800, 520)}) {
            w_->window->resize(size);
            w_->live->openSource({media::SourceKind::File, "thing"});
            w_->script->fail(ErrorCode::Unreadable, std::string(200, 'x') + " " + std::string(60, 'y'));
            w_->poll();
            QCoreApplication::processEvents();
            QVERIFY(w_->live->stage()->rect().contains(panel()->geometry()));
            for (auto* label : panel()->findChildren<QLabel*>()) {
                if (label->isVisible() && label->wordWrap()) {
                    QVERIFY2(label->height() >= label->heightForWidth(label->width()), qPrintable(label->objectName()));
                }
            }
        }
    }

    void waitingIsShownOnlyAfterAMomentAndCanBeCancelled() {
        w_->live->openSource({media::SourceKind::Stream, "rtsp://camera.example/live"});
        w_->poll();
        QVERIFY(!panel()->isVisible());
        QTRY_VERIFY(panel()->isVisible());
        QVERIFY(panel()->message().busy);
        press("close-source");
        QCOMPARE(w_->script->calls.last(), QStringLiteral("close"));
    }

    void cameraSignIsThereWhileTheCameraIsOpen() {
        w_->live->openSource({media::SourceKind::Camera, "/dev/video0"});
        w_->script->playCamera();
        w_->poll();
        QVERIFY(w_->live->transport()->liveBadge()->isVisible());
        QVERIFY(w_->live->transport()->liveBadge()->cameraOn());
        QVERIFY(!w_->live->transport()->seekBar()->isVisible());
        w_->window->actions()[WindowAction::FullScreen]->trigger();
        QVERIFY(w_->live->transport()->liveBadge()->isVisible());
        w_->action(LiveAction::Stop)->trigger();
        w_->poll();
        QVERIFY(!w_->live->transport()->liveBadge()->cameraOn());
    }

    void framingGuideGoesWithTheFirstGloss() {
        w_->live->openSource({media::SourceKind::Camera, "/dev/video0"});
        w_->script->playCamera();
        w_->poll();
        QVERIFY(w_->live->stage()->video()->framingGuide());
        QVERIFY(w_->live->stage()->video()->mirrored());
        w_->script->commit(w_->script->gloss("HOUSE", 1.0));
        w_->poll();
        QVERIFY(!w_->live->stage()->video()->framingGuide());
    }

    void statusSaysWhenItCannotKeepUpAndWhenItIsNotSure() {
        w_->playFile();
        QVERIFY(w_->live->status()->warning().isEmpty());
        w_->script->snapshot.statistics.cannotKeepUp = true;
        w_->script->snapshot.statistics.encodedFps = 14.0;
        w_->script->snapshot.statistics.sourceFps = 30.0;
        w_->poll();
        QVERIFY(w_->live->status()->warning().contains(QStringLiteral("14")));
        QVERIFY(w_->live->status()->warning().contains(QStringLiteral("30")));
        w_->script->snapshot.statistics.cannotKeepUp = false;
        w_->script->snapshot.notSure = true;
        w_->poll();
        QVERIFY(!w_->live->status()->warning().isEmpty());
        QCOMPARE(w_->live->captions()->text(), QString());
        w_->script->snapshot.notSure = false;
        w_->poll();
        QVERIFY(w_->live->status()->warning().isEmpty());
    }

    /// A file waits for the model, and its captions come late long before playback has to slow down.
    void statusSaysWhenAFilesCaptionsComeLate() {
        w_->playFile();
        session::Statistics& figures = w_->script->snapshot.statistics;
        figures.modelFps = 25.0;
        figures.encodedFps = 4.0;
        figures.backlog = 50;
        w_->poll();
        QVERIFY(w_->live->status()->warning().isEmpty()); // two seconds
        figures.backlog = 175;
        w_->poll();
        QTRY_COMPARE(w_->live->status()->warning(),
                     QStringLiteral("Captions are 7 s of the video behind: the model takes 4.0 frames a second"));
        w_->script->snapshot.state = session::State::Paused;
        w_->poll();
        QTRY_VERIFY(w_->live->status()->warning().isEmpty());
    }

    void statusSaysWhichFramesAreRecognisedAndWhy() {
        w_->playFile();
        session::Statistics& figures = w_->script->snapshot.statistics;
        figures.modelFps = 25.0;
        figures.pattern = {2, true};
        w_->poll();
        auto* warning = w_->live->status()->findChild<QLabel*>(QStringLiteral("statusWarning"));
        QVERIFY(w_->live->status()->warning().contains(QStringLiteral("25")));
        QVERIFY(warning->toolTip().contains(warning->text()));
        const QString second = w_->live->status()->warning();
        figures.pattern = {3, true};
        figures.modelFps = 12.5;
        w_->poll();
        QVERIFY(w_->live->status()->warning().contains(QLocale().toString(12.5)));
        QVERIFY(w_->live->status()->warning() != second);
        figures.pattern = {3, false}; // as a person wants it
        w_->poll();
        QVERIFY(w_->live->status()->warning().isEmpty());
        QVERIFY(warning->toolTip().isEmpty());
    }

    void statusSaysWhenTheCpuGoesOnForAnotherDevice() {
        w_->playFile();
        w_->script->snapshot.deviceFailure = Error{ErrorCode::OutOfMemory, "cuda:0: out of <memory>", {}};
        w_->poll();
        auto* warning = w_->live->status()->findChild<QLabel*>(QStringLiteral("statusWarning"));
        QVERIFY(!w_->live->status()->warning().isEmpty());
        QVERIFY(warning->toolTip().contains(QStringLiteral("cuda:0: out of &lt;memory&gt;")));
    }

    void modelLineTellsWhatTheModelKnows() {
        w_->live->start({});
        QTRY_VERIFY(w_->live->status()->modelLine().contains(QStringLiteral("4")));
    }

    void paintMeterMeasuresGapsButNotPauses() {
        PaintMeter meter;
        const Instant start{};
        const auto at = [&](int ms) { return start + std::chrono::milliseconds(ms); };
        meter.painted(at(0), at(2));
        meter.painted(at(40), at(43));
        QCOMPARE(meter.longestGapMs(), 41.0);
        meter.pause();
        meter.painted(at(5000), at(5001));
        meter.painted(at(5040), at(5041));
        QCOMPARE(meter.longestGapMs(), 41.0);
        QCOMPARE(meter.longestPaintMs(), 3.0);
        QCOMPARE(meter.pictures(), 4);
    }

    void onlyNewPicturesArePainted() {
        w_->playFile();
        QVERIFY(QTest::qWaitForWindowExposed(w_->window.get()));
        VideoView* video = w_->live->stage()->video();
        QTRY_VERIFY(video->meter().pictures() > 0);
        const auto painted = video->meter().pictures();
        for (int poll = 0; poll < 5; ++poll) {
            w_->poll();
            QCoreApplication::processEvents();
        }
        QCOMPARE(video->meter().pictures(), painted);
        w_->script->showFrame(7);
        w_->poll();
        QTRY_COMPARE(video->meter().pictures(), painted + 1);
    }

private:
    MessagePanel* panel() { return w_->live->stage()->panel(); }
    QPushButton* button(const char* action) {
        for (auto* candidate :
             panel()->findChildren<QPushButton*>(QStringLiteral("button-") + QString::fromLatin1(action))) {
            if (candidate->isVisible()) {
                return candidate;
            }
        }
        return nullptr;
    }
    void press(const char* action) {
        QPushButton* target = button(action);
        QVERIFY2(target != nullptr, action);
        QTest::mouseClick(target, Qt::LeftButton);
    }

    std::unique_ptr<WindowFixture> w_;
};

QTEST_MAIN(TestStage)
#include "tst_stage.moc"
