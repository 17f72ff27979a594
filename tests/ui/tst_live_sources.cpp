#include "ui/setup.h"
#include "ui/style/theme.h"
#include "window_fixture.h"

#include <QApplication>
#include <QDropEvent>
#include <QMenuBar>
#include <QMimeData>
#include <QScopeGuard>
#include <QSemaphore>
#include <QTest>

using namespace livegloss;
using namespace livegloss::ui;
using livegloss::ui::testing::WindowFixture;

/// Which source and which model a person gets in the window.
class TestLiveSources : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        prepareInterface();
        applyTheme(*qApp, ThemeChoice::Dark, false);
    }
    void init() {
        w_ = std::make_unique<WindowFixture>();
        w_->live->start({});
        QTRY_VERIFY(w_->script->model != nullptr);
        QVERIFY(QTest::qWaitForWindowExposed(w_->window.get()));
        w_->window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(w_->window.get()));
    }
    void cleanup() { w_.reset(); }

    void chosenModelIsThereAgainAtTheNextStart() {
        const QString other = w_->folder.filePath(QStringLiteral("other.safetensors"));
        w_->live->models().load(other);
        QTRY_COMPARE(modelInUse(), other);
        startAgain({});
        QTRY_COMPARE(modelInUse(), other);
        QVERIFY(w_->live->notice()->isHidden());
        w_->live->models().loadDemo();
        QTRY_COMPARE(modelInUse(), w_->locations.demoModel);
        startAgain({});
        QTRY_COMPARE(modelInUse(), w_->locations.demoModel);
    }

    void modelOfTheCommandLineIsForOnce() {
        const QString once = w_->folder.filePath(QStringLiteral("once.safetensors"));
        startAgain(once);
        QTRY_COMPARE(modelInUse(), once);
        startAgain({});
        QTRY_COMPARE(modelInUse(), w_->locations.demoModel);
    }

    /// While its file is there it stays chosen: it may be put right.
    void demoModelStandsInForOneThatDoesNotOpen_data() {
        QTest::addColumn<bool>("exists");
        QTest::newRow("damaged") << true;
        QTest::newRow("gone") << false;
    }
    void demoModelStandsInForOneThatDoesNotOpen() {
        QFETCH(bool, exists);
        const QString broken = w_->folder.filePath(QStringLiteral("broken.safetensors"));
        QFile file(broken);
        QVERIFY(!exists || file.open(QIODevice::WriteOnly));
        w_->preferences->set(&AppSettings::modelPath, broken);
        startAgain({});
        QTRY_COMPARE(modelInUse(), w_->locations.demoModel);
        QVERIFY(!w_->live->notice()->isHidden());
        const QString notice = w_->live->notice()->text();
        QVERIFY2(notice.contains(QStringLiteral("demo model")) && notice.contains(QStringLiteral("byte 12")),
                 qPrintable(notice));
        QCOMPARE(w_->preferences->values().modelPath, exists ? broken : QString());
    }

    /// The first signs of a clip would be lost.
    void aClipWaitsForTheModel() {
        QSemaphore mayLoad;
        const auto load = w_->services.loadModel;
        w_->destroyWindow();
        w_->services.loadModel = [&](const std::filesystem::path& path) {
            mayLoad.acquire();
            return load(path);
        };
        w_->makeWindow();
        const auto opener = qScopeGuard([&] { mayLoad.release(10); });
        w_->live->start({});
        w_->playFile();
        QVERIFY(w_->script->openedPaused);
        w_->script->snapshot.state = session::State::Paused;
        w_->poll();
        QVERIFY(w_->live->captions()->placeholder().contains(QStringLiteral("as soon as it is there")));
        QCOMPARE(w_->script->count(QStringLiteral("play")), 0);
        mayLoad.release();
        QTRY_COMPARE(w_->script->count(QStringLiteral("play")), 1);
        QVERIFY(calls().lastIndexOf(QStringLiteral("setModel")) < calls().lastIndexOf(QStringLiteral("play")));
        // Without a model the clip plays all the same.
        w_->script->calls.clear();
        w_->live->models().load(QStringLiteral("broken.safetensors"));
        w_->playFile();
        QVERIFY(w_->script->openedPaused);
        w_->script->snapshot.state = session::State::Paused;
        w_->poll();
        mayLoad.release();
        QTRY_COMPARE(w_->script->count(QStringLiteral("play")), 1);
    }

    /// Another way of computing may be what the model needs.
    void theChosenModelIsTriedAgainOnAnotherDevice() {
        const QString chosen = w_->folder.filePath(QStringLiteral("chosen.safetensors"));
        QFile file(chosen);
        QVERIFY(file.open(QIODevice::WriteOnly));
        std::atomic<bool> opens{false};
        const auto load = w_->services.loadModel;
        w_->destroyWindow();
        w_->services.loadModel = [&](const std::filesystem::path& path) -> Result<engine::LoadedModelPtr> {
            if (path.filename() == "chosen.safetensors" && !opens) {
                return failure(ErrorCode::OutOfMemory, "no room on the device");
            }
            return load(path);
        };
        w_->makeWindow();
        w_->preferences->set(&AppSettings::modelPath, chosen);
        w_->live->start({});
        QTRY_COMPARE(modelInUse(), w_->locations.demoModel);
        w_->live->models().reload();
        QTRY_VERIFY(!w_->live->models().loading());
        QCOMPARE(modelInUse(), w_->locations.demoModel);
        QVERIFY(w_->live->notice()->text().contains(QStringLiteral("no room")));
        QCOMPARE(w_->preferences->values().modelPath, chosen);
        opens = true;
        w_->live->models().reload();
        QTRY_COMPARE(modelInUse(), chosen);
        QVERIFY(w_->live->notice()->isHidden());
        QCOMPARE(w_->preferences->values().modelPath, chosen);
    }

    void droppedFilesAreOpened() {
        drop(QUrl::fromLocalFile(QStringLiteral("/videos/mine.mp4")));
        QCOMPARE(calls().last(), QStringLiteral("open"));
        QCOMPARE(w_->script->source.location, std::string("/videos/mine.mp4"));
        drop(QUrl(QStringLiteral("rtsp://camera.example/live")));
        QCOMPARE(w_->script->source.kind, media::SourceKind::Stream);
        w_->script->model.reset();
        drop(QUrl::fromLocalFile(QStringLiteral("/models/other.safetensors")));
        QTRY_VERIFY(w_->script->model != nullptr);
        QCOMPARE(w_->live->models().current()->path, QStringLiteral("/models/other.safetensors"));
    }

    void brokenModelLeavesTheOneBefore() {
        drop(QUrl::fromLocalFile(QStringLiteral("/models/broken.safetensors")));
        QTRY_VERIFY(w_->live->notice()->isVisible());
        QVERIFY(w_->live->notice()->text().contains(QStringLiteral("byte 12")));
        QVERIFY(w_->live->models().current()->isDemo);
    }

    /// What cannot be opened is told, and what goes on is left alone.
    void aSourceIsNotClosedForWhatCannotBeOpened() {
        QMimeData text;
        text.setText(QStringLiteral("hello"));
        QVERIFY(!drag(text));
        text.setText(QStringLiteral("rtsp://camera.example/live"));
        QVERIFY(drag(text));
        w_->playFile();
        w_->script->commit(w_->script->gloss("HOUSE", 0.0));
        w_->poll();
        Q_EMIT w_->live->stage()->dropped(QUrl(QStringLiteral("hello")));
        QCOMPARE(calls().count(QStringLiteral("close")), 0);
        QVERIFY(w_->live->notice()->isVisible());
        QVERIFY(w_->live->notice()->text().contains(QStringLiteral("neither a file nor")));
        auto* hide = w_->live->notice()->findChild<QPushButton*>(QStringLiteral("noticeButton"));
        QTest::mouseClick(hide, Qt::LeftButton);
        QVERIFY(w_->live->notice()->isHidden());
        w_->action(LiveAction::UseCamera)->trigger();
        QTRY_VERIFY(w_->live->notice()->isVisible());
        QCOMPARE(calls().count(QStringLiteral("close")), 0);
        QCOMPARE(w_->live->captions()->text(), QStringLiteral("HOUSE"));
        w_->live->playSample();
        QVERIFY(w_->live->notice()->isHidden());
    }

    void whatIsOpenedWhileCamerasAreLookedForStays() {
        QSemaphore mayAnswer;
        w_->destroyWindow();
        w_->services.listCameras = [&] {
            mayAnswer.acquire();
            return std::vector<media::CameraDevice>{{"/dev/video7", "Webcam"}};
        };
        w_->makeWindow();
        w_->live->start({});
        const auto opener = qScopeGuard([&] { mayAnswer.release(10); });
        w_->action(LiveAction::UseCamera)->trigger();
        w_->live->playSample();
        calls().clear();
        mayAnswer.release();
        auto* menu = w_->live->toolbar()->sourceButton()->menu()->findChild<QMenu*>(QStringLiteral("cameraMenu"));
        QTRY_VERIFY(menu->actions().first()->text() == QStringLiteral("Webcam"));
        QVERIFY(!calls().contains(QStringLiteral("open")));
        QCOMPARE(w_->script->source.kind, media::SourceKind::File);
    }

    void whatWasOpenedIsListedNewestFirst() {
        QMenu* const menu = recentMenu();
        QVERIFY(!menu->menuAction()->isVisible());
        w_->playFile(); // a sample
        QVERIFY(!menu->menuAction()->isVisible());
        for (const char* name : {"a.mp4", "b & c.mp4", "a.mp4"}) {
            open(media::SourceKind::File, w_->folder.filePath(QString::fromLatin1(name)));
        }
        open(media::SourceKind::Stream, QStringLiteral("http://camera.example/live"));
        open(media::SourceKind::Stream, QStringLiteral("rtsp://me:secret@camera.example/live"));
        open(media::SourceKind::Stream, QStringLiteral("http://camera.example/video?user=me&pwd=secret"));
        const QStringList wanted{QStringLiteral("http://camera.example/live"), QStringLiteral("a.mp4"),
                                 QStringLiteral("b && c.mp4")};
        QCOMPARE(recentTexts(), wanted);
        startAgain({});
        QCOMPARE(recentTexts(), wanted);
        recentMenu()->actions().at(2)->trigger();
        QCOMPARE(QString::fromStdString(w_->live->bridge().request()->location),
                 w_->folder.filePath(QStringLiteral("b & c.mp4")));
        recentMenu()->findChild<QAction*>(QStringLiteral("clearRecent"))->trigger();
        QTRY_COMPARE(recentTexts(), QStringList());
        QVERIFY(!w_->store->value(QStringLiteral("recent/sources")).toString().contains(QStringLiteral("a.mp4")));
    }

    void onlyTheNewestAreListedAndNothingThatFailed() {
        for (int number = 0; number < RecentSources::most + 3; ++number) {
            open(media::SourceKind::File, w_->folder.filePath(QStringLiteral("%1.mp4").arg(number)));
        }
        QCOMPARE(recentTexts().size(), RecentSources::most);
        QCOMPARE(recentTexts().first(), QStringLiteral("%1.mp4").arg(RecentSources::most + 2));
        w_->live->openSource({media::SourceKind::File, w_->folder.filePath(QStringLiteral("gone.mp4")).toStdString()});
        w_->script->snapshot.state = session::State::Failed;
        w_->poll();
        QVERIFY(!recentTexts().contains(QStringLiteral("gone.mp4")));
    }

private:
    QMenu* recentMenu() {
        for (QAction* action : w_->window->menuBar()->actions().first()->menu()->actions()) {
            if (action->menu() != nullptr && action->menu()->objectName() == QStringLiteral("recentSources")) {
                return action->menu();
            }
        }
        return nullptr;
    }
    /// Without the last entry, which clears the list.
    QStringList recentTexts() {
        QStringList texts;
        for (const QAction* action : recentMenu()->actions()) {
            if (!action->isSeparator() && action->objectName().isEmpty()) {
                texts.append(action->text());
            }
        }
        return texts;
    }
    void open(media::SourceKind kind, const QString& location) {
        w_->live->openSource({kind, location.toStdString()});
        w_->script->snapshot.state = session::State::Opening;
        w_->poll();
        w_->script->snapshot.state = session::State::Playing;
        w_->poll();
    }
    void startAgain(const QString& model) {
        w_->destroyWindow();
        w_->makeWindow();
        w_->live->start(model);
    }
    QString modelInUse() const {
        const auto& current = w_->live->models().current();
        return current ? current->path : QString();
    }
    QStringList& calls() { return w_->script->calls; }
    /// True where the drag is let in.
    bool drag(const QMimeData& data) {
        QDragEnterEvent enter(QPoint(20, 20), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(w_->live, &enter);
        return enter.isAccepted();
    }
    void drop(const QUrl& url) {
        QMimeData data;
        data.setUrls({url});
        QVERIFY(drag(data));
        QDropEvent event(QPointF(20, 20), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(w_->live, &event);
    }

    std::unique_ptr<WindowFixture> w_;
};

QTEST_MAIN(TestLiveSources)
#include "tst_live_sources.moc"
