#include "training_fixture.h"
#include "ui/setup.h"
#include "ui/style/language.h"

#include <QAbstractScrollArea>
#include <QAccessible>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDir>
#include <QGuiApplication>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QProcess>
#include <QRadioButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTabBar>
#include <QTableWidget>
#include <QTest>

using namespace livegloss;
using namespace livegloss::ui;
using livegloss::ui::testing::tinyRecipe;
using livegloss::ui::testing::TrainingWindow;

namespace {

constexpr int patience = 60000;
const QString program = QStringLiteral(LIVEGLOSS_CLI);

} // namespace

/// The pages of training: data and their check, the recipe, and how all of it reads.
class TestTrainingPages : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        prepareInterface();
        QProcess process;
        process.start(program, {QStringLiteral("synth"), QStringLiteral("--out"), data(), QStringLiteral("--split"),
                                QStringLiteral("dev"), QStringLiteral("--clips"), QStringLiteral("3"),
                                QStringLiteral("--size"), QStringLiteral("96")});
        QVERIFY(process.waitForFinished(patience) && process.exitCode() == 0);
        const QDir clips(data() + QStringLiteral("/dev"));
        QVERIFY(QFile::remove(clips.filePath(clips.entryList({QStringLiteral("*.mp4")}, QDir::Files).first())));
    }
    void init() {
        language_.use(QStringLiteral("en"));
        folder_ = std::make_unique<QTemporaryDir>();
        w_ = std::make_unique<TrainingWindow>(program, folder_->path());
    }
    void cleanup() { w_.reset(); }

    void checksFindWhatIsWrong() {
        DataPage* page = w_->training->data();
        QVERIFY(page->drawn() && page->ready() && !w_->find<QPushButton>("checkData")->isVisible());
        w_->find<QRadioButton>("dataSet")->click();
        QVERIFY(!page->ready() && !w_->find<QPushButton>("checkData")->isEnabled());
        w_->answer = data();
        w_->press("chooseData");
        QVERIFY(page->ready());
        w_->press("checkData");
        QVERIFY(w_->find<QPushButton>("cancelCheck")->isVisible());
        QTRY_VERIFY_WITH_TIMEOUT(page->findings()->isVisible(), patience);
        QVERIFY(page->summaryText().contains(QStringLiteral("synthetic signer")));
        auto* parts = w_->find<QTableWidget>("dataParts");
        QCOMPARE(parts->rowCount(), 1);
        QCOMPARE(parts->item(0, 1)->text(), QStringLiteral("3"));

        const int all = page->findings()->model()->rowCount();
        auto* kinds = w_->find<QComboBox>("findingKinds");
        const int missing = kinds->findData(QStringLiteral("media_missing"));
        QVERIFY(missing > 0 && all > 1);
        kinds->setCurrentIndex(missing);
        QCOMPARE(page->findings()->model()->rowCount(), 1);
        w_->press("copyFindings");
        const QStringList lines = QGuiApplication::clipboard()->text().split(QLatin1Char('\n'), Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 2);
        QVERIFY(lines[1].startsWith(QStringLiteral("media_missing\t")) && lines[1].contains(QStringLiteral("dev.stm")));
        w_->answer = folder_->filePath(QStringLiteral("problems.tsv"));
        w_->press("saveFindings");
        QFile saved(w_->answer);
        QVERIFY(saved.open(QIODevice::ReadOnly));
        QCOMPARE(QString::fromUtf8(saved.readAll()), QGuiApplication::clipboard()->text());
        // Another choice makes the report void.
        w_->find<QRadioButton>("drawnSentences")->click();
        QVERIFY(!page->findings()->isVisible() && !parts->isVisible());
    }

    void aFolderThatIsNoDataSetIsSaid() {
        w_->training->data()->setFolder(folder_->path());
        w_->press("checkData");
        auto* problem = w_->find<QLabel>("checkProblem");
        QTRY_VERIFY_WITH_TIMEOUT(problem->isVisible(), patience);
        QVERIFY2(problem->text().contains(folder_->path()), qPrintable(problem->text()));
        w_->training->data()->setFolder(QStringLiteral("/nowhere/at/all"));
        QCOMPARE(problem->text(), QStringLiteral("There is no such folder."));
        QCOMPARE(w_->training->runPage()->view().title, QStringLiteral("Not ready yet"));
    }

    void recipesAreEditedInPlainWords() {
        RecipePage* page = w_->training->recipe();
        w_->training->showPage(TrainingWorkspace::RecipeTab);
        QVERIFY(page->recipePath().endsWith(QStringLiteral("quick-recipe.json")) && page->ready());
        QVERIFY(page->runFolder().endsWith(QStringLiteral("/runs/quick-try")));
        w_->find<QSpinBox>("batch")->setValue(5);
        QCOMPARE(page->recipe()->values().batch, 5);
        w_->find<QCheckBox>("prefixes")->setChecked(false);
        QVERIFY(!page->recipe()->values().prefixes);
        auto* method = w_->find<QComboBox>("method");
        method->setCurrentIndex(method->findData(QStringLiteral("partial")));
        Q_EMIT method->activated(method->currentIndex());
        w_->find<QSpinBox>("trainedBlocks")->setValue(2);
        QCOMPARE(page->recipe()->values().method, QStringLiteral("partial-2"));
        QVERIFY(!page->recipe()->values().adapters && page->ready());
        w_->find<QLineEdit>("rate")->setText(QStringLiteral("50"));
        QVERIFY2(page->problemText().contains(QStringLiteral("adapt.rate.rate")), qPrintable(page->problemText()));
        QVERIFY(!page->ready());
        w_->find<QLineEdit>("rate")->setText(QStringLiteral("0.001"));
        auto* file = w_->find<QLineEdit>("startFile");
        file->setText(QStringLiteral("/nowhere.safetensors"));
        QVERIFY(page->problemText().contains(QStringLiteral("backbone is not there")));
        auto* kind = w_->find<QComboBox>("startKind");
        kind->setCurrentIndex(1);
        QVERIFY(page->problemText().contains(QStringLiteral("model to start from is not there")));
        QCOMPARE(page->recipe()->values().start, QStringLiteral("/nowhere.safetensors"));
        QVERIFY(page->recipe()->values().backbone.isEmpty());
        w_->answer = QStringLiteral(LIVEGLOSS_SOURCE_DIR "/models/demo.safetensors");
        w_->press("chooseStart");
        QVERIFY2(page->ready(), qPrintable(page->problemText()));
        file->clear(); // a model is wanted, and none is named
        QVERIFY(!page->ready() && page->problemText().contains(QStringLiteral("model to start from is not there")));
        kind->setCurrentIndex(0);
        QVERIFY(page->ready() && w_->find<QLabel>("recipeRemark")->isVisible());
    }

    void epochsNeedAnEnd() {
        RecipePage* page = w_->training->recipe();
        auto* unit = w_->find<QComboBox>("lengthUnit");
        unit->setCurrentIndex(1);
        QVERIFY(page->problemText().contains(QStringLiteral("choose a number of steps")));
        w_->training->data()->setFolder(data());
        QVERIFY(page->problemText().isEmpty());
    }

    void filesAreEditedElsewhereAndComeBack() {
        RecipePage* page = w_->training->recipe();
        w_->find<QSpinBox>("batch")->setValue(7);
        w_->answer = folder_->filePath(QStringLiteral("own.json"));
        w_->press("editRecipe");
        QCOMPARE(w_->opened.value(0), QUrl::fromLocalFile(w_->answer));
        QCOMPARE(page->recipePath(), w_->answer);
        QCOMPARE(page->recipe()->values().batch, 7);
        w_->write("own.json", R"({"name": "From an editor", "adapt": {"steps": 3, "batch": 9}})");
        QTRY_COMPARE_WITH_TIMEOUT(w_->find<QSpinBox>("batch")->value(), 9, patience);
        w_->write("own.json", R"({"name": "From an editor", "adapt": {"stepz": 3}})");
        QTRY_VERIFY_WITH_TIMEOUT(page->problemText().contains(QStringLiteral("did you mean \"steps\"")), patience);
        w_->write("own.json", "{");
        QTRY_VERIFY_WITH_TIMEOUT(page->recipe() == nullptr, patience);
        QVERIFY(page->problemText().contains(QStringLiteral("own.json")) && !page->ready());
    }

    /// While a run is at work its recipe may be edited elsewhere: the page stays with the run.
    void whatWasSetIsNotLostWithoutAQuestion() {
        w_->training->recipe()->openRecipe(w_->write("mine.json", R"({"name": "mine"})"));
        auto* name = w_->find<QLineEdit>("modelName");
        auto* choice = w_->find<QComboBox>("recipeChoice");
        const int mine = choice->currentIndex();
        name->setText(QStringLiteral("other"));
        w_->confirms = false;
        choice->setCurrentIndex(0);
        Q_EMIT choice->activated(0);
        QCOMPARE(w_->questions, 1);
        QCOMPARE(choice->currentIndex(), mine);
        QCOMPARE(name->text(), QStringLiteral("other"));
        w_->write("mine.json", R"({"name": "theirs"})"); // another program's
        QTRY_VERIFY(w_->find<QLabel>("recipeRemark")->text().contains(QStringLiteral("mine.json was changed")));
        QCOMPARE(name->text(), QStringLiteral("other"));
        w_->confirms = true;
        Q_EMIT choice->activated(mine);
        QCOMPARE(name->text(), QStringLiteral("theirs"));
        QCOMPARE(w_->questions, 2);
        w_->write("mine.json", "no recipe");
        QTRY_VERIFY(w_->training->recipe()->recipe() == nullptr);
        w_->write("mine.json", R"({"name": "mended"})");
        Q_EMIT choice->activated(mine);
        QCOMPARE(name->text(), QStringLiteral("mended"));
    }

    void aDraftIsThereAgain() {
        w_->training->recipe()->openRecipe(w_->write("mine.json", R"({"name": "mine", "seed": 7})"));
        w_->find<QLineEdit>("modelName")->setText(QStringLiteral("other"));
        const QString path = w_->training->recipe()->recipePath();
        w_->training->saveState(*w_->store);
        w_->training->recipe()->openRecipe(QStringLiteral(LIVEGLOSS_SOURCE_DIR "/models/quick-recipe.json"));
        w_->training->restoreState(*w_->store);
        QCOMPARE(w_->training->recipe()->recipePath(), path);
        QCOMPARE(w_->find<QLineEdit>("modelName")->text(), QStringLiteral("other"));
        QCOMPARE(w_->training->recipe()->recipe()->values().seed, 7);
        QVERIFY(w_->training->recipe()->recipe()->changed());
    }

    void editedFilesDoNotChangeTheFolder() {
        RecipePage* page = w_->training->recipe();
        const auto own = [this](const char* name, int batch) {
            QByteArray recipe = R"({"name": "NAME", "adapt": {"steps": 3, "batch": 1}})";
            recipe.replace("NAME", name).replace("\"batch\": 1", "\"batch\": " + QByteArray::number(batch));
            return w_->write("own.json", recipe);
        };
        page->openRecipe(own("One", 3));
        const QString folder = page->runFolder();
        QVERIFY(folder.endsWith(QStringLiteral("/runs/one")));
        QVERIFY(QDir().mkpath(folder));
        w_->write("runs/one/log.jsonl", "");
        page->setLocked(true);
        own("Two", 4);
        QTRY_COMPARE_WITH_TIMEOUT(w_->find<QSpinBox>("batch")->value(), 4, patience);
        QCOMPARE(page->runFolder(), folder);
        page->setLocked(false);
        own("Three", 5);
        QTRY_COMPARE_WITH_TIMEOUT(w_->find<QSpinBox>("batch")->value(), 5, patience);
        QCOMPARE(page->runFolder(), folder);
        // Another recipe is for another run.
        page->openRecipe(w_->write("other.json", tinyRecipe(4)));
        QVERIFY(page->runFolder().endsWith(QStringLiteral("/runs/tiny-one")));
    }

    /// A folder that is passed on the way to the one that is meant does not bring its recipe.
    void foldersCountOnceTheyAreTyped() {
        const QString run = folder_->filePath(QStringLiteral("run"));
        const QString recipe = w_->write("cli.json", tinyRecipe(77));
        QVERIFY(QDir().mkpath(run));
        QVERIFY(training::writeRunRecord(run.toStdString(), {recipe.toStdString(), {}, "all", 3, 1, false}));
        w_->training->showPage(TrainingWorkspace::RecipeTab);
        w_->find<QSpinBox>("batch")->setValue(9);
        auto* folder = w_->find<QLineEdit>("runFolder");
        folder->setFocus();
        folder->selectAll();
        QTest::keyClicks(folder, run + QStringLiteral("-2"));
        QTest::keyClick(folder, Qt::Key_Return);
        QCOMPARE(w_->training->recipe()->runFolder(), run + QStringLiteral("-2"));
        QCOMPARE(w_->training->recipe()->recipe()->values().batch, 9);
        QVERIFY(w_->find<QLineEdit>("runCommand")->text().contains(run + QStringLiteral("-2/recipe.json")));
        QTest::keyClick(folder, Qt::Key_Backspace);
        QTest::keyClick(folder, Qt::Key_Backspace);
        QCOMPARE(w_->training->recipe()->recipe()->values().batch, 9);
        QTest::keyClick(folder, Qt::Key_Return);
        QCOMPARE(w_->training->recipe()->recipe()->values().steps, 77);
    }

    void foldersAreLookedAtBeforehand() {
        RecipePage* page = w_->training->recipe();
        page->setRunFolder(folder_->path()); // it holds settings.ini
        w_->write("settings.ini", "x");
        w_->training->showPage(TrainingWorkspace::RunTab);
        page->setRunFolder(folder_->filePath(QStringLiteral("new")));
        page->setRunFolder(folder_->path());
        QCOMPARE(w_->training->runPage()->view().title, QStringLiteral("The folder is not empty"));
        QVERIFY(!w_->find<QPushButton>("startRun")->isEnabled());
        // A run of the command line is recognised with its recipe and data.
        const QString recipe = w_->write("cli.json", tinyRecipe(77));
        const QString run = folder_->filePath(QStringLiteral("cli-run"));
        QVERIFY(QDir().mkpath(run));
        QVERIFY(training::writeRunRecord(run.toStdString(),
                                         {recipe.toStdString(), data().toStdString(), "adapt", 3, 2, false}));
        w_->write("cli-run/recipe.json", tinyRecipe(5)); // of someone else
        w_->answer = run;
        w_->press("openRun");
        QCOMPARE(w_->training->recipe()->recipe()->values().steps, 77);
        QCOMPARE(w_->training->data()->folder(), data());
        QCOMPARE(w_->training->recipe()->threads(), 3);
        QCOMPARE(w_->training->runPage()->view().startText, QStringLiteral("Start Again"));
        const QString command = w_->find<QLineEdit>("runCommand")->text();
        QVERIFY2(command.contains(QStringLiteral("cli-run/recipe-2.json")) &&
                     command.endsWith(QStringLiteral("--loaders 2 --stage adapt")),
                 qPrintable(command));
    }

    void emptyPagesSayWhatToDo() {
        w_->press("nextToRecipe");
        QCOMPARE(w_->training->page(), TrainingWorkspace::RecipeTab);
        w_->press("nextToRun");
        QCOMPARE(w_->training->page(), TrainingWorkspace::RunTab);
        w_->training->showPage(TrainingWorkspace::ResultTab);
        QVERIFY(w_->find<QLabel>("resultSummary")->text().contains(QStringLiteral("Start training")));
        for (const char* button : {"tryModel", "addModel", "showRunFolder"}) {
            QVERIFY(!w_->find<QPushButton>(button)->isEnabled());
        }
        w_->training->showPage(TrainingWorkspace::RunTab);
        w_->press("copyCommand");
        QVERIFY(QGuiApplication::clipboard()->text().contains(QStringLiteral("livegloss-cli train --recipe")));
    }

    void everythingHasANameAndGermanFits() {
        int checked = 0;
        for (QWidget* widget : w_->training->findChildren<QWidget*>()) {
            const bool inner = widget->objectName().startsWith(QStringLiteral("qt_")) ||
                               qobject_cast<QAbstractScrollArea*>(widget->parentWidget()) != nullptr ||
                               qobject_cast<QComboBox*>(widget->parentWidget()) != nullptr ||
                               qobject_cast<QAbstractSpinBox*>(widget->parentWidget()) != nullptr ||
                               qobject_cast<QLineEdit*>(widget->parentWidget()) != nullptr ||
                               widget->inherits("QComboBoxPrivateContainer") || widget->inherits("QComboBoxListView") ||
                               widget->inherits("QHeaderView");
            if (inner || (widget->focusPolicy() & Qt::TabFocus) == 0) {
                continue;
            }
            QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(widget);
            const QString what =
                QString::fromLatin1(widget->metaObject()->className()) + QLatin1Char(' ') + widget->objectName();
            QVERIFY2(interface != nullptr && !interface->text(QAccessible::Name).isEmpty(), qPrintable(what));
            ++checked;
        }
        QVERIFY(checked > 35);
        language_.use(QStringLiteral("de"));
        QCoreApplication::sendPostedEvents(nullptr, QEvent::LanguageChange);
        w_->window->resize(1024, 640);
        QCOMPARE(w_->find<QPushButton>("startRun")->text(), QStringLiteral("Training starten"));
        for (int page = 0; page < 4; ++page) {
            w_->training->showPage(static_cast<TrainingWorkspace::Page>(page));
            QCoreApplication::processEvents();
            QCOMPARE(w_->window->size(), QSize(1024, 640));
            for (const QPushButton* button : w_->training->findChildren<QPushButton*>()) {
                QVERIFY2(!button->isVisible() || button->width() >= button->sizeHint().width(),
                         qPrintable(button->text()));
            }
        }
        QCOMPARE(w_->window->rail()->entry(2)->text(), QStringLiteral("Training"));
    }

    void theKeyboardReachesThePage() {
        QCOMPARE(w_->window->rail()->entry(2)->shortcut(), QKeySequence(QStringLiteral("Ctrl+3")));
        auto* tabs = w_->training->findChild<QTabBar*>(QStringLiteral("trainingTabs"));
        tabs->setFocus();
        QTest::keyClick(tabs, Qt::Key_Right);
        QCOMPARE(w_->training->page(), TrainingWorkspace::RecipeTab);
    }

private:
    QString data() const { return shared_.filePath(QStringLiteral("data")); }

    Language language_;
    QTemporaryDir shared_;
    std::unique_ptr<QTemporaryDir> folder_;
    std::unique_ptr<TrainingWindow> w_;
};

QTEST_MAIN(TestTrainingPages)
#include "tst_training_pages.moc"
