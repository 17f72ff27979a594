#include "ui/setup.h"
#include "ui/style/theme.h"
#include "window_fixture.h"

#include <QApplication>
#include <QSignalSpy>
#include <QTest>

using namespace livegloss;
using namespace livegloss::ui;
using livegloss::ui::testing::WindowFixture;
using Answer = EarlierGlosses::Answer;

/// What a camera or stream showed does not come again: its glosses stay until they are saved or given up.
class TestUnsavedGlosses : public QObject {
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
        answer_ = Answer::Cancel;
        asked_.clear();
        names_.clear();
        onAsk_ = nullptr;
        path_ = w_->folder.filePath(QStringLiteral("kept.txt"));
        w_->live->earlierGlosses().setQuestion([this](QWidget*, const QString& list) {
            asked_.append(list);
            return answer_;
        });
        w_->live->glossExport().setServices(
            [this](QWidget*, const QString& suggestion) {
                names_.append(suggestion);
                if (onAsk_) {
                    onAsk_();
                }
                return path_;
            },
            [](QWidget*, const QString&, const QString& why) { QFAIL(qPrintable(why)); });
    }
    void cleanup() { w_.reset(); }

    void closingAsksAndCanBeCancelled() {
        watchCamera();
        QVERIFY(!w_->window->close());
        QCOMPARE(asked_.size(), 1);
        QVERIFY2(asked_.front().contains(QStringLiteral("Camera")) && asked_.front().endsWith(QStringLiteral("2")),
                 qPrintable(asked_.front()));
        answer_ = Answer::Discard;
        QVERIFY(w_->window->close());
    }

    void closingSaves() {
        watchCamera();
        answer_ = Answer::Save;
        QVERIFY(w_->window->close());
        QCOMPARE(saved(), QStringLiteral("HOUSE RED\n"));
    }

    void aDialogThatIsCancelledKeepsTheWindowOpen() {
        watchCamera();
        answer_ = Answer::Save;
        path_.clear();
        QVERIFY(!w_->window->close());
        QVERIFY(w_->window->isVisible());
    }

    void givingUpIsAskedOnce() {
        watchCamera();
        answer_ = Answer::Discard;
        QVERIFY(w_->live->prepareClose());
        QVERIFY(w_->live->prepareClose()); // another page may have kept the window open meanwhile
        QCOMPARE(asked_.size(), 1);
        commit("CAR", 3.0);
        QVERIFY(w_->live->prepareClose());
        QCOMPARE(asked_.size(), 2);
    }

    void savedGlossesNeedNoQuestion() {
        watchCamera();
        w_->action(LiveAction::SaveHistory)->trigger();
        QVERIFY(w_->live->prepareClose());
        QVERIFY(asked_.isEmpty());
        commit("CAR", 3.0); // not in the file
        QVERIFY(!w_->live->prepareClose());
    }

    void filesCanBeRecognisedAgain() {
        w_->playFile();
        commit("HOUSE", 1.0);
        QVERIFY(w_->live->prepareClose());
        QVERIFY(asked_.isEmpty());
        w_->live->playSample();
        QVERIFY(!entries()->isVisible());
    }

    void whatAnotherSourceReplacesCanBeSavedLater() {
        watchCamera();
        QVERIFY(!entries()->isVisible());
        w_->live->playSample();
        w_->script->playFile();
        w_->script->setCommitted({});
        w_->poll();
        commit("TREE", 1.0);
        QVERIFY(entries()->isVisible());
        QCOMPARE(menu()->actions().size(), 1);
        menu()->actions().front()->trigger();
        QCOMPARE(saved(), QStringLiteral("HOUSE RED\n"));
        QVERIFY(!entries()->isVisible());
        QVERIFY(w_->live->prepareClose());
    }

    /// Stopped and played again, or another model: the same source, but a new list.
    void aNewListOfTheSameSourceIsAnotherOne() {
        watchCamera();
        w_->script->setCommitted({});
        w_->poll();
        QCOMPARE(menu()->actions().size(), 1);
        commit("CAR", 3.0);
        w_->script->setCommitted({w_->script->gloss("TREE", 0.5)}); // between two looks
        w_->poll();
        QCOMPARE(menu()->actions().size(), 2);
        answer_ = Answer::Save;
        QVERIFY(w_->live->prepareClose());
        QCOMPARE(asked_.front().count(QLatin1Char('\n')), 2);
        QCOMPARE(names_.size(), 3);
    }

    /// The session clears its lists some time after another source was asked for.
    void whatIsStillOnShowIsNotTheNewSources() {
        watchCamera();
        w_->live->openSource({media::SourceKind::Stream, "rtsp://anna:secret@camera.example"});
        w_->script->playCamera();
        w_->script->snapshot.source.name = "rtsp://camera.example";
        ++w_->script->snapshot.captionRevision;
        w_->poll();
        w_->script->setCommitted({});
        w_->poll();
        QCOMPARE(menu()->actions().size(), 1);
        commit("CAR", 3.0);
        w_->live->prepareClose();
        QVERIFY2(!asked_.front().contains(QStringLiteral("secret")), qPrintable(asked_.front()));
    }

    /// A model that finishes loading while it is asked where to save.
    void aListThatIsReplacedWhileItIsSavedIsSaved() {
        watchCamera();
        onAsk_ = [this] { replaceList({"TREE", "CAR"}); };
        w_->action(LiveAction::SaveHistory)->trigger();
        QCOMPARE(saved(), QStringLiteral("HOUSE RED\n"));
        QVERIFY(!entries()->isVisible());
        QVERIFY(!w_->live->prepareClose()); // the new ones are in no file
        QVERIFY2(asked_.front().endsWith(QStringLiteral("2")), qPrintable(asked_.front()));
    }

    void moreMayComeWhileTheWindowIsClosing() {
        watchCamera();
        for (int list = 0; list < 3; ++list) {
            replaceList({"TREE"});
        }
        QCOMPARE(menu()->actions().size(), 3);
        answer_ = Answer::Save;
        onAsk_ = [this] {
            if (names_.size() < 6) {
                replaceList({"CAR"});
            }
        };
        QVERIFY(w_->live->prepareClose());
        QVERIFY(!entries()->isVisible());
        QVERIFY(w_->live->prepareClose());
        QCOMPARE(asked_.size(), 1);
    }

    void whatOnlyTheOfflinePassFoundCounts() {
        w_->live->openSource({media::SourceKind::Camera, "/dev/video0"});
        w_->script->playCamera();
        w_->poll();
        w_->script->setOffline({w_->script->gloss("HOUSE", 1.0)});
        w_->poll();
        QVERIFY(!w_->live->prepareClose());
        w_->script->snapshot.offline = nullptr;
        ++w_->script->snapshot.captionRevision;
        w_->poll();
        QCOMPARE(menu()->actions().size(), 1);
    }

    void anotherResultOfTheOfflinePassIsUnsavedAgain() {
        watchCamera();
        w_->action(LiveAction::SaveHistory)->trigger();
        auto list = *w_->script->snapshot.committed;
        list.back().text = "GREEN";
        w_->script->setOffline(list);
        w_->poll();
        QVERIFY(!w_->live->prepareClose());
    }

    void namesAreShownAsTheyAre() {
        watchCamera();
        w_->script->snapshot.source.name = "rtsp://host/a%2Fb&c";
        commit("CAR", 3.0);
        replaceList({"TREE"});
        const QString entry = menu()->actions().front()->text();
        QVERIFY2(entry.startsWith(QStringLiteral("rtsp://host/a%2Fb&&c, ")), qPrintable(entry));
        QVERIFY2(entry.endsWith(QStringLiteral("3…")), qPrintable(entry));
    }

    /// As after a crash or a power cut: the file is there, and nobody was asked.
    void glossesOutliveTheProgram() {
        QTemporaryDir kept;
        const QDir folder(kept.filePath(QStringLiteral("unsaved")));
        w_->live->earlierGlosses().keepIn(folder.path());
        QVERIFY(!entries()->isVisible());
        watchCamera();
        QTRY_VERIFY_WITH_TIMEOUT(!journals(folder).isEmpty(), 10'000);
        // While this program runs its glosses are its own; what a dead one has left has no owner.
        const QString left = folder.filePath(QStringLiteral("glosses-1-left.json"));
        QVERIFY(QFile::copy(folder.filePath(journals(folder).front()), left));
        WindowFixture next;
        EarlierGlosses& earlier = next.live->earlierGlosses();
        const QSignalSpy told(&earlier, &EarlierGlosses::recovered);
        earlier.keepIn(folder.path());
        QCOMPARE(told.size(), 1);
        QCOMPARE(earlier.menu()->actions().size(), 1);
        QVERIFY(earlier.menu()->actions().front()->text().startsWith(QStringLiteral("Camera")));
        QTRY_VERIFY(!QFile::exists(left));
        QCOMPARE(journals(folder).size(), 2); // each its own
        path_ = w_->folder.filePath(QStringLiteral("kept.srt"));
        next.live->glossExport().setServices([this](QWidget*, const QString&) { return path_; }, {});
        earlier.menu()->actions().front()->trigger();
        QVERIFY2(saved().contains(QStringLiteral("00:00:02,")) && saved().contains(QStringLiteral("RED")),
                 qPrintable(saved()));
        QVERIFY(!earlier.menu()->menuAction()->isVisible());
        earlier.keepNow();
        QCOMPARE(journals(folder).size(), 1);
        answer_ = Answer::Discard;
        w_->window->close();
        w_.reset(); // before its folder
    }

    void whatIsSavedOrGivenUpIsKeptNoLonger() {
        QTemporaryDir folder;
        w_->live->earlierGlosses().keepIn(folder.path());
        watchCamera();
        w_->live->earlierGlosses().keepNow();
        QCOMPARE(journals(QDir(folder.path())).size(), 1);
        w_->action(LiveAction::SaveHistory)->trigger();
        w_->live->earlierGlosses().keepNow();
        QVERIFY(journals(QDir(folder.path())).isEmpty());
        commit("CAR", 3.0);
        w_->live->earlierGlosses().keepNow();
        QCOMPARE(journals(QDir(folder.path())).size(), 1);
        answer_ = Answer::Discard;
        QVERIFY(w_->window->close());
        w_.reset();
        QVERIFY(journals(QDir(folder.path())).isEmpty());
    }

    void aProgramThatIsEndedKeepsItsGlossesWithoutAQuestion() {
        QTemporaryDir folder;
        w_->live->earlierGlosses().keepIn(folder.path());
        watchCamera();
        w_->window->closeNow();
        QVERIFY(!w_->window->isVisible());
        QVERIFY(asked_.isEmpty());
        QCOMPARE(journals(QDir(folder.path())).size(), 1); // at once, not when there is time
        w_.reset();
        QCOMPARE(QDir(folder.path()).entryList(QDir::Files).size(), 1);
        init();
        w_->live->earlierGlosses().keepIn(folder.path());
        QCOMPARE(menu()->actions().size(), 1);
        w_.reset();
    }

    void damagedFilesAreLeftAlone() {
        QTemporaryDir folder;
        QFile damaged(folder.filePath(QStringLiteral("glosses-1-damaged.json")));
        QVERIFY(damaged.open(QIODevice::WriteOnly) && damaged.write("[{\"since\": ") > 0);
        damaged.close();
        QFile odd(folder.filePath(QStringLiteral("glosses-1-odd.json")));
        QVERIFY(odd.open(QIODevice::WriteOnly) &&
                odd.write(R"([7, {"glosses": "x"}, {"glosses": [{"start": "y"}]}])") > 0);
        odd.close();
        w_->live->earlierGlosses().keepIn(folder.path());
        QVERIFY(damaged.exists());
        QCOMPARE(menu()->actions().size(), 1); // the one gloss, of which nothing is known
        w_.reset();
    }

private:
    static QStringList journals(const QDir& folder) {
        return folder.entryList({QStringLiteral("glosses-*.json")}, QDir::Files);
    }
    void replaceList(const std::vector<const char*>& glosses) {
        w_->script->setCommitted({});
        w_->poll();
        for (const char* gloss : glosses) {
            commit(gloss, 1.0);
        }
    }
    void watchCamera() {
        w_->live->openSource({media::SourceKind::Camera, "/dev/video0"});
        w_->script->playCamera();
        w_->poll();
        commit("HOUSE", 1.0);
        commit("RED", 2.0);
    }
    void commit(const char* gloss, double start) {
        w_->script->commit(w_->script->gloss(gloss, start));
        w_->poll();
    }
    QMenu* menu() { return w_->live->earlierGlosses().menu(); }
    QAction* entries() { return menu()->menuAction(); }
    QString saved() const {
        QFile file(path_);
        return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
    }

    std::unique_ptr<WindowFixture> w_;
    Answer answer_ = Answer::Cancel;
    QStringList asked_;
    QStringList names_;
    QString path_;
    std::function<void()> onAsk_; ///< while it is asked where to save
};

QTEST_MAIN(TestUnsavedGlosses)
#include "tst_unsaved_glosses.moc"
