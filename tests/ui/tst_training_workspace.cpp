#include "training_fixture.h"
#include "ui/setup.h"
#include "ui/style/language.h"

#include <QLineEdit>
#include <QSpinBox>
#include <QTableWidget>
#include <QTest>

using namespace livegloss;
using namespace livegloss::ui;
using livegloss::ui::testing::tinyRecipe;
using livegloss::ui::testing::TrainingWindow;
using State = TrainingRun::State;

namespace {

constexpr int patience = 120000;
const QString program = QStringLiteral(LIVEGLOSS_CLI);

QByteArray contentsOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

/// Training through the window: start, stop, close, resume, and the result live.
class TestTrainingWorkspace : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        prepareInterface();
        language_.use(QStringLiteral("en"));
    }
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }

    void aRunIsStoppedResumedAndTriedLive() {
        const QString run = folder_->filePath(QStringLiteral("run"));
        qint64 stoppedAt = 0;
        {
            TrainingWindow w(program, folder_->path());
            w.choose(tinyRecipe(1000000), run);
            QVERIFY2(w.training->recipe()->ready(), qPrintable(w.training->recipe()->problemText()));
            QCOMPARE(w.training->runPage()->view().startText, QStringLiteral("Start Training"));
            QVERIFY(w.find<QLineEdit>("runCommand")->text().contains(run + QStringLiteral("/recipe.json")));
            w.press("startRun");
            QTRY_COMPARE_WITH_TIMEOUT(w.state(), State::Running, patience);
            QVERIFY(!w.find<QSpinBox>("batch")->isEnabled()); // a run goes on with what it began with
            QTRY_VERIFY_WITH_TIMEOUT(w.training->run().progress().bestWerPercent.has_value(), patience);
            QTRY_VERIFY_WITH_TIMEOUT(!w.training->runPage()->view().left.isEmpty(), patience);
            QTRY_VERIFY_WITH_TIMEOUT(w.training->runPage()->plot()->chart().curves.size() == 4, patience);
            QVERIFY(w.find<QPushButton>("stopRun")->isVisible() && !w.find<QPushButton>("startRun")->isVisible());
            w.press("stopRun");
            QCOMPARE(w.training->runPage()->view().title, QStringLiteral("Stopping…"));
            QTRY_COMPARE_WITH_TIMEOUT(w.state(), State::Stopped, patience);
            QVERIFY(QFile::exists(run + QStringLiteral("/adapt.safetensors")));
            QCOMPARE(w.training->runPage()->view().startText, QStringLiteral("Resume"));
            QVERIFY(w.find<QLineEdit>("runCommand")->text().endsWith(QStringLiteral("--resume")));
            stoppedAt = w.training->run().progress().step;
            QVERIFY(stoppedAt >= 5);
            w.window->close();
        }
        TrainingWindow w(program, folder_->path()); // the program is started again
        QCOMPARE(w.training->page(), TrainingWorkspace::RunTab);
        QCOMPARE(w.training->runPage()->view().startText, QStringLiteral("Resume"));
        QVERIFY(!w.training->runPage()->plot()->chart().curves.isEmpty());
        w.find<QSpinBox>("length")->setValue(static_cast<int>(stoppedAt) + 30);
        w.press("startRun");
        QTRY_COMPARE_WITH_TIMEOUT(w.state(), State::Finished, patience);
        const QString messages = w.training->run().messages().join(QLatin1Char('\n'));
        QVERIFY2(messages.contains(QStringLiteral("adapt resumes at step ")), qPrintable(messages));
        QCOMPARE(w.training->page(), TrainingWorkspace::ResultTab);
        QVERIFY(w.training->result()->table()->rowCount() >= 3);

        w.press("tryModel");
        QTRY_VERIFY_WITH_TIMEOUT(w.live->models().current() && !w.live->models().loading() &&
                                     w.live->models().current()->path == run + QStringLiteral("/model.safetensors"),
                                 patience);
        QCOMPARE(w.live->models().current()->name, QStringLiteral("Tiny one"));
        QVERIFY(w.live->isVisible() && !w.training->isVisible());
        w.press("addModel");
        const QString kept = folder_->filePath(QStringLiteral("models/Tiny-one.safetensors"));
        QTRY_VERIFY_WITH_TIMEOUT(w.models->shelf().findPath(kept) != nullptr, patience);
        QVERIFY(w.models->isVisible());
        QCOMPARE(contentsOf(kept), contentsOf(run + QStringLiteral("/model.safetensors")));
        w.press("showRunFolder");
        QCOMPARE(w.opened.value(0), QUrl::fromLocalFile(run));
    }

    void closingAsksAndWaitsForTheCheckpoint() {
        const QString run = folder_->filePath(QStringLiteral("run"));
        TrainingWindow w(program, folder_->path());
        w.choose(tinyRecipe(1000000), run);
        w.press("startRun");
        QTRY_VERIFY_WITH_TIMEOUT(w.training->run().progress().step > 2, patience);
        w.window->rail()->entry(0)->trigger();
        w.confirms = false;
        w.window->close();
        QCOMPARE(w.questions, 1);
        QVERIFY(w.window->isVisible() && w.training->isVisible());
        QCOMPARE(w.state(), State::Running);
        w.confirms = true;
        w.window->close();
        QVERIFY(w.window->isVisible());
        QCOMPARE(w.state(), State::Stopping);
        QTRY_VERIFY_WITH_TIMEOUT(!w.window->isVisible(), patience);
        QCOMPARE(w.state(), State::Stopped);
        QVERIFY(QFile::exists(run + QStringLiteral("/adapt.safetensors")));
        QCOMPARE(w.questions, 2);
    }

    /// As when it is killed, the pipe between them ends; the run has to notice and to end with its checkpoint.
    void aRunWithoutItsWindowEndsByItself() {
        const QString run = folder_->filePath(QStringLiteral("run"));
        {
            TrainingWindow w(program, folder_->path());
            w.choose(tinyRecipe(1000000), run);
            w.press("startRun");
            QTRY_VERIFY_WITH_TIMEOUT(w.training->run().progress().step > 2, patience);
            QVERIFY(QFile::remove(run + QStringLiteral("/adapt.safetensors")));
        }
        TrainingWindow w(program, folder_->path());
        w.training->openRun(run);
        QTRY_VERIFY_WITH_TIMEOUT(w.training->runPage()->view().startText == QLatin1String("Resume"), patience);
        QVERIFY(QFile::exists(run + QStringLiteral("/adapt.safetensors")));
        QVERIFY(!training::inspectRunFolder(run.toStdString()).trainedBy);
    }

    void endingAtOnceKeepsTheLastCheckpoint() {
        const QString run = folder_->filePath(QStringLiteral("run"));
        TrainingWindow w(program, folder_->path());
        w.choose(tinyRecipe(1000000), run);
        w.press("startRun");
        QTRY_VERIFY_WITH_TIMEOUT(w.training->run().progress().step > 2, patience);
        w.training->run().stop();
        QVERIFY(w.find<QPushButton>("endRunAtOnce")->isVisible());
        w.press("endRunAtOnce");
        QTRY_COMPARE_WITH_TIMEOUT(w.state(), State::Stopped, patience);
        QCOMPARE(w.training->runPage()->view().startText, QStringLiteral("Resume"));
    }

    void failuresAreSaidInPlace() {
        const QString run = folder_->filePath(QStringLiteral("run"));
        {
            TrainingWindow w(folder_->filePath(QStringLiteral("nothing")), folder_->path());
            w.choose(tinyRecipe(5), run);
            w.press("startRun");
            QTRY_COMPARE_WITH_TIMEOUT(w.state(), State::Failed, patience);
            QVERIFY(w.training->runPage()->view().problem.contains(QStringLiteral("not where it should be")));
        }
        TrainingWindow w(program, folder_->path());
        w.write("run/adapt.safetensors", "no checkpoint");
        w.choose(tinyRecipe(5), run);
        w.press("startRun");
        QTRY_COMPARE_WITH_TIMEOUT(w.state(), State::Failed, patience);
        QVERIFY2(w.training->runPage()->view().problem.contains(QStringLiteral("adapt.safetensors")),
                 qPrintable(w.training->runPage()->view().problem));
        QVERIFY(!w.training->runPage()->view().startText.isEmpty()); // and may be tried again
        // A file where the folder should be.
        w.choose(tinyRecipe(5), folder_->filePath(QStringLiteral("tiny.json/run")));
        w.press("startRun");
        QVERIFY(w.training->runPage()->view().problem.contains(QStringLiteral("tiny.json/run")));
        QVERIFY(!w.training->run().active());
    }

    /// A checkpoint without a record goes on with its own recipe only, and nobody's file is replaced.
    void checkpointsOfUnknownRunsStayAsTheyAre() {
        const QString run = folder_->filePath(QStringLiteral("run"));
        const QString kept = run + QStringLiteral("/recipe.json");
        QVERIFY(QDir().mkpath(run));
        TrainingWindow w(program, folder_->path());
        w.write("run/adapt.safetensors", "no checkpoint");
        w.choose(tinyRecipe(5), run);
        const auto problem = [&] { return w.training->runPage()->view().problem; };
        QVERIFY(w.find<QLabel>("folderNote")->text().contains(QStringLiteral("no note")));
        w.press("startRun");
        QVERIFY2(problem().contains(QStringLiteral("nothing says")), qPrintable(problem()));
        QVERIFY(!QFile::exists(kept) && !w.training->run().active());
        w.write("run/recipe.json", tinyRecipe(6));
        w.press("startRun");
        QVERIFY2(problem().contains(QStringLiteral("another recipe")), qPrintable(problem()));
        QVERIFY(contentsOf(kept) == tinyRecipe(6) && !w.training->run().active());
        w.find<QSpinBox>("batch")->setValue(2);
        QVERIFY(problem().isEmpty()); // another one may go on
        w.find<QSpinBox>("batch")->setValue(1);
        w.write("run/recipe.json", tinyRecipe(5));
        w.press("startRun");
        QVERIFY(w.training->run().active());
        QTRY_COMPARE_WITH_TIMEOUT(w.state(), State::Failed, patience);
        QVERIFY2(problem().contains(QStringLiteral("adapt.safetensors")), qPrintable(problem()));
        QCOMPARE(contentsOf(kept), tinyRecipe(5));

        // A folder with only a recipe of someone else: the run keeps its own beside it, and changes that one.
        QVERIFY(QFile::remove(run + QStringLiteral("/adapt.safetensors")));
        for (const int steps : {3, 4}) {
            w.choose(tinyRecipe(steps), run);
            w.press("startRun");
            QTRY_COMPARE_WITH_TIMEOUT(w.state(), State::Finished, patience);
            const auto used = RecipeEdit::read(run + QStringLiteral("/recipe-2.json"));
            QVERIFY(used && used->values().steps == steps);
        }
        QCOMPARE(contentsOf(kept), tinyRecipe(5));
        QVERIFY(!QFile::exists(run + QStringLiteral("/recipe-3.json")));
    }

private:
    Language language_;
    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_MAIN(TestTrainingWorkspace)
#include "tst_training_workspace.moc"
