#include "ui/setup.h"
#include "ui/style/theme.h"
#include "window_fixture.h"

#include <QApplication>
#include <QClipboard>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QMenu>
#include <QTableView>
#include <QTest>

#include <atomic>
#include <thread>

using namespace livegloss;
using namespace livegloss::ui;
using livegloss::ui::testing::WindowFixture;

/// What becomes of the recognised glosses: counted, copied, saved.
class TestHistory : public QObject {
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
        asked_.clear();
        refused_.clear();
        w_->live->glossExport().setServices(
            [this](QWidget*, const QString& suggestion) {
                asked_.append(suggestion);
                return answer_;
            },
            [this](QWidget*, const QString&, const QString& why) { refused_.append(why); });
    }
    void cleanup() { w_.reset(); }

    void savingNeedsGlosses() {
        QVERIFY(!w_->action(LiveAction::SaveHistory)->isEnabled());
        recognise();
        QVERIFY(w_->action(LiveAction::SaveHistory)->isEnabled());
    }

    void glossesAreSavedInTheFormatOfTheName_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("begins");
        QTest::newRow("subtitles") << "a.srt"
                                   << "1\n00:00:01,000 --> 00:00:02,000\nHOUSE\n\n2\n";
        QTest::newRow("web subtitles") << "a.vtt"
                                       << "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\nHOUSE\n";
        QTest::newRow("table") << "a.csv"
                               << "gloss,start_s,end_s,confidence,alternatives\nHOUSE,1.000,1.400,0.900,\n";
        QTest::newRow("scoring") << "a.ctm"
                                 << "sample-1 1 1.000 0.400 HOUSE 0.900";
        QTest::newRow("one line, capital ending") << "a.TXT"
                                                  << "HOUSE RED\n";
    }
    void glossesAreSavedInTheFormatOfTheName() {
        QFETCH(QString, name);
        QFETCH(QString, begins);
        recognise();
        answer_ = w_->folder.filePath(name);
        w_->action(LiveAction::SaveHistory)->trigger();
        QVERIFY2(refused_.isEmpty(), qPrintable(refused_.join(QLatin1Char(' '))));
        const QString text = read(answer_);
        QVERIFY2(text.startsWith(begins), qPrintable(text));
        QCOMPARE(asked_, QStringList{w_->folder.filePath(QStringLiteral("sample-1.srt"))});
        QCOMPARE(w_->live->glossExport().lastFolder(), w_->folder.path());
    }

    void jsonHasTheRecognitionsFacts() {
        recognise();
        answer_ = w_->folder.filePath(QStringLiteral("a.json"));
        w_->action(LiveAction::SaveHistory)->trigger();
        const QJsonObject json = QJsonDocument::fromJson(read(answer_).toUtf8()).object();
        QCOMPARE(json[QStringLiteral("glosses")].toArray().size(), 2);
        QCOMPARE(json[QStringLiteral("glosses")][0][QStringLiteral("gloss")].toString(), QStringLiteral("HOUSE"));
        QVERIFY(json[QStringLiteral("input")].toString().endsWith(QStringLiteral("sample-1.mp4")));
        QVERIFY(json[QStringLiteral("model")].toString().endsWith(QStringLiteral("demo.safetensors")));
        QVERIFY(json[QStringLiteral("fps")].toDouble() > 0);
        QVERIFY(!json.contains(QStringLiteral("left_out"))); // not known here
    }

    /// An address may hold a name and a password; a file that is passed on must not.
    void aStreamsPasswordIsNotSaved() {
        w_->live->openSource({media::SourceKind::Stream, "rtsp://anna:secret@camera.example"});
        w_->script->playCamera();
        w_->script->snapshot.source.name = "rtsp://camera.example";
        w_->script->commit(w_->script->gloss("HOUSE", 0.0));
        w_->poll();
        for (const char* name : {"a.json", "a.ctm"}) {
            answer_ = w_->folder.filePath(QString::fromLatin1(name));
            w_->action(LiveAction::SaveHistory)->trigger();
            const QString text = read(answer_);
            QVERIFY2(text.contains(QStringLiteral("HOUSE")), name);
            QVERIFY2(!text.contains(QStringLiteral("secret")) && !text.contains(QStringLiteral("anna")),
                     qPrintable(text));
        }
    }

    void whatCannotBeWrittenIsToldAndNothingIsReplaced() {
        recognise();
        answer_ = w_->folder.filePath(QStringLiteral("glosses.doc"));
        w_->action(LiveAction::SaveHistory)->trigger();
        QCOMPARE(refused_.size(), 1);
        QVERIFY(refused_.first().contains(QStringLiteral("glosses.doc")));
        QVERIFY(!QFile::exists(answer_));
        answer_ = w_->folder.filePath(QStringLiteral("no-such-folder/glosses.srt"));
        w_->action(LiveAction::SaveHistory)->trigger();
        QCOMPARE(refused_.size(), 2);
        answer_.clear(); // cancelled
        w_->action(LiveAction::SaveHistory)->trigger();
        QCOMPARE(refused_.size(), 2);
    }

    void withdrawnGlossesAreNeitherCountedNorCopiedNorSavedNorJumpedTo() {
        recognise();
        auto withdrawn = w_->script->gloss("CAR", 3.0);
        withdrawn.change = session::OfflineChange::Removed;
        w_->script->setOffline({w_->script->gloss("HOUSE", 1.0), withdrawn, w_->script->gloss("RED", 5.0)});
        w_->script->snapshot.state = session::State::Paused;
        w_->script->snapshot.position = fromSeconds(1.5);
        w_->poll();
        HistoryPanel* history = w_->live->sidePanel()->history();
        QCOMPARE(history->model().rowCount(), 3);
        QCOMPARE(history->model().standing(), 2);
        QCOMPARE(history->copy(), 2);
        QVERIFY(!QApplication::clipboard()->text().contains(QStringLiteral("CAR")));
        QApplication::clipboard()->setText(QStringLiteral("kept"));
        history->view()->selectRow(1);
        QCOMPARE(history->copy(), 0);
        QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("kept"));
        answer_ = w_->folder.filePath(QStringLiteral("a.txt"));
        w_->action(LiveAction::SaveHistory)->trigger();
        QCOMPARE(read(answer_), QStringLiteral("HOUSE RED\n"));
        w_->action(LiveAction::NextGloss)->trigger();
        QCOMPARE(w_->script->calls.last(), QStringLiteral("seek 5000"));
    }

    void timesOfLongClipsFit() {
        w_->playFile();
        w_->script->commit(w_->script->gloss("HOUSE", 36000.0));
        w_->poll();
        QTableView* view = w_->live->sidePanel()->history()->view();
        const int needed = view->fontMetrics().horizontalAdvance(QStringLiteral("10:00:00.0"));
        QVERIFY(view->columnWidth(HistoryModel::TimeColumn) >= needed);
    }

    void everyWorkspaceLeavesFullScreen() {
        w_->window->actions()[WindowAction::FullScreen]->trigger();
        QVERIFY(w_->window->isFullScreen());
        w_->window->rail()->entry(1)->trigger();
        w_->window->actions()[WindowAction::LeaveFullScreen]->trigger();
        w_->window->rail()->entry(0)->trigger();
        QVERIFY(w_->live->toolbar()->isVisible());
    }

    void theNewestWishForAModelWins() {
        std::atomic<int> loads{0};
        std::atomic<bool> firstMayEnd{false};
        auto first = testing::fakeModel({"FIRST"});
        auto second = testing::fakeModel({"SECOND"});
        EngineServices services = w_->services;
        services.loadModel = [&](const std::filesystem::path&) -> Result<engine::LoadedModelPtr> {
            if (loads++ == 0) {
                while (!firstMayEnd) {
                    std::this_thread::sleep_for(std::chrono::milliseconds(2));
                }
                return first;
            }
            return second;
        };
        ModelPicker picker(w_->live->actions(), services, w_->locations.demoModel, w_->window.get());
        engine::LoadedModelPtr got;
        connect(&picker, &ModelPicker::modelLoaded, this, [&](const engine::LoadedModelPtr& model) { got = model; });
        picker.load(w_->locations.demoModel);
        QTRY_COMPARE(loads.load(), 1);
        picker.reload(); // the same file, in another way of computing
        QTRY_COMPARE(got, second);
        firstMayEnd = true;
        QTest::qWait(100);
        QCOMPARE(got, second);
    }

    void aLostStreamIsNoFaultOfTheModel() {
        w_->live->openSource({media::SourceKind::Stream, "http://camera.example/live"});
        w_->script->playCamera();
        w_->poll();
        w_->script->snapshot.state = session::State::Opening;
        w_->script->snapshot.error = Error{ErrorCode::Disconnected, "nothing answers", {}};
        w_->poll();
        const QString text = w_->live->notice()->text();
        QVERIFY2(text.contains(QStringLiteral("keeps trying")), qPrintable(text));
        QVERIFY(!text.contains(QStringLiteral("Recognition has stopped")));
        w_->script->snapshot.state = session::State::Playing;
        w_->script->snapshot.error.reset();
        w_->poll();
        QVERIFY(!w_->live->notice()->isVisible());
    }

    void windowAndStrideReachTheSession() {
        w_->preferences->set(&AppSettings::windowFrames, 96);
        w_->preferences->set(&AppSettings::strideFrames, 4);
        QCOMPARE(w_->script->settings.windowFrames, 96);
        QCOMPARE(w_->script->settings.strideFrames, 4);
    }

    void whatWasDoneIsToldForAWhileOnly() {
        w_->live->status()->showMessage(QStringLiteral("done"));
        auto* line = w_->live->status()->findChild<QLabel*>(QStringLiteral("modelLine"));
        QCOMPARE(line->text(), QStringLiteral("done"));
        QTRY_COMPARE_WITH_TIMEOUT(line->text(), w_->live->status()->modelLine(), 20'000);
    }

    void aWishForTheCameraIsKeptWhileCamerasAreLookedFor() {
        w_->cameras = {{"/dev/video7", "Webcam"}};
        w_->live->toolbar()->sourceButton()->menu()->aboutToShow();
        w_->action(LiveAction::UseCamera)->trigger();
        QTRY_COMPARE(w_->script->source.location, std::string("/dev/video7"));
    }

private:
    void recognise() {
        w_->playFile();
        w_->script->commit(w_->script->gloss("HOUSE", 1.0));
        w_->script->commit(w_->script->gloss("RED", 5.0));
        w_->poll();
    }
    static QString read(const QString& path) {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
    }

    std::unique_ptr<WindowFixture> w_;
    QString answer_;
    QStringList asked_;
    QStringList refused_;
};

QTEST_MAIN(TestHistory)
#include "tst_history.moc"
