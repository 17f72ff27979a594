#include "ui/training/training_workspace.h"

#include "training/run_folder.h"
#include "training/run_history.h"
#include "ui/text_format.h"
#include "ui/training/data_page.h"
#include "ui/training/recipe_page.h"
#include "ui/training/result_page.h"
#include "ui/training/run_page.h"
#include "ui/training/run_recipe.h"
#include "ui/training/training_texts.h"

#include <QDir>
#include <QEvent>
#include <QFileInfo>
#include <QLocale>
#include <QSettings>
#include <QStackedWidget>
#include <QTabBar>

#include <algorithm>

namespace livegloss::ui {

namespace {

constexpr int followMs = 1000;
const QString folderKey = QStringLiteral("training/folder");
const QString dataKey = QStringLiteral("training/data");
const QString recipeKey = QStringLiteral("training/recipe");
const QString draftKey = QStringLiteral("training/recipeDraft");
const QString threadsKey = QStringLiteral("training/threads");

using FolderState = training::RunFolder::State;

/// A file name that says what the model is called.
QString fileNameOf(const QString& modelName) {
    QString name;
    for (const QChar letter : modelName.trimmed()) {
        name += letter.isLetterOrNumber() || letter == QLatin1Char('-') ? letter : QLatin1Char('-');
    }
    return (name.isEmpty() ? QStringLiteral("model") : name) + QStringLiteral(".safetensors");
}

} // namespace

TrainingWorkspace::TrainingWorkspace(const TrainingPlaces& places, TrainingServices services, QWidget* parent)
    : Workspace(parent),
      places_(places),
      services_(std::move(services)),
      found_(std::make_unique<training::RunFolder>()),
      runRecipe_(std::make_unique<RunRecipe>()),
      tabs_(new QTabBar(this)),
      pages_(new QStackedWidget(this)),
      data_(new DataPage(places.program, services_, this)),
      recipe_(new RecipePage(places.recipes, places.runs, services_, this)),
      runPage_(new RunPage(this)),
      result_(new ResultPage(this)),
      status_(new QLabel(this)) {
    setObjectName(QStringLiteral("trainingWorkspace"));
    build();
    connectPages();
    connectRun();
    retranslate();
    lookAtFolder();
}

TrainingWorkspace::~TrainingWorkspace() = default;

void TrainingWorkspace::build() {
    tabs_->setObjectName(QStringLiteral("trainingTabs"));
    tabs_->setExpanding(false);
    tabs_->setDrawBase(false);
    for (QWidget* page : std::initializer_list<QWidget*>{data_, recipe_, runPage_, result_}) {
        tabs_->addTab(QString());
        pages_->addWidget(page);
    }
    status_->setContentsMargins(grid, 0, grid, 0);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(tabs_);
    column->addWidget(pages_, 1);
    connect(tabs_, &QTabBar::currentChanged, pages_, &QStackedWidget::setCurrentIndex);
    follow_.setInterval(followMs);
    connect(&follow_, &QTimer::timeout, this, &TrainingWorkspace::followLog);
}

void TrainingWorkspace::connectPages() {
    connect(data_, &DataPage::changed, this, [this] {
        recipe_->setDrawn(data_->drawn());
        update();
    });
    connect(data_, &DataPage::nextAsked, this, [this] { showPage(RecipeTab); });
    connect(recipe_, &RecipePage::nextAsked, this, [this] { showPage(RunTab); });
    connect(recipe_, &RecipePage::changed, this, [this] {
        startProblem_.clear(); // another recipe may go on
        update();
    });
    connect(recipe_, &RecipePage::folderChanged, this, &TrainingWorkspace::lookAtFolder);
    connect(runPage_, &RunPage::startAsked, this, &TrainingWorkspace::startRun);
    connect(runPage_, &RunPage::stopAsked, &run_, &TrainingRun::stop);
    connect(runPage_, &RunPage::endAtOnceAsked, &run_, &TrainingRun::endAtOnce);
    connect(runPage_, &RunPage::openAsked, this, [this] {
        const QString chosen = services_.askFolder(this, tr("Open Run"), folder_);
        if (!chosen.isEmpty()) {
            openRun(chosen);
        }
    });
    connect(result_, &ResultPage::tryAsked, this, [this] { Q_EMIT tryRequested(modelPath()); });
    connect(result_, &ResultPage::addAsked, this, [this] {
        const QString name = recipe_->recipe() != nullptr ? recipe_->recipe()->values().name : QString();
        Q_EMIT addRequested(modelPath(), fileNameOf(name));
    });
    connect(result_, &ResultPage::folderAsked, this, [this] { services_.open(QUrl::fromLocalFile(folder_)); });
}

void TrainingWorkspace::connectRun() {
    connect(&run_, &TrainingRun::stateChanged, this, [this] {
        if (run_.active()) {
            follow_.start();
        } else {
            runEnded();
        }
        update();
    });
    connect(&run_, &TrainingRun::progressed, this, &TrainingWorkspace::update);
    connect(&run_, &TrainingRun::told, this, [this](const QString& message) {
        runPage_->addMessage(message);
        update();
    });
    connect(&run_, &TrainingRun::measured, this, &TrainingWorkspace::followLog);
}

void TrainingWorkspace::runEnded() {
    followLog();
    lookAtFolder();
    if (run_.state() == TrainingRun::State::Failed && !run_.outcome().output.isEmpty()) {
        runPage_->addMessage(run_.outcome().output);
    }
    if (run_.state() == TrainingRun::State::Finished) {
        showPage(ResultTab);
    }
    if (closing_) {
        closing_ = false;
        Q_EMIT closeAllowed();
    }
}

bool TrainingWorkspace::ready() const {
    return data_->ready() && recipe_->ready();
}

QString TrainingWorkspace::modelPath() const {
    return folder_ + QStringLiteral("/model.safetensors");
}

RunPlan TrainingWorkspace::planOf(const QString& recipe) const {
    RunPlan plan;
    plan.program = places_.program;
    plan.recipe = recipe;
    plan.data = data_->folder();
    plan.folder = folder_;
    plan.threads = recipe_->threads();
    plan.resume = found_->checkpoint;
    if (found_->record) {
        plan.loaders = found_->record->loaders;
        // What follows pre-training, once that is done.
        const bool done = found_->record->finished && found_->record->stage == "pretrain";
        plan.stage = done ? QString() : QString::fromStdString(found_->record->stage);
    }
    return plan;
}

/// The recipe as it stands is kept beside what comes of it.
void TrainingWorkspace::startRun() {
    const QString shown = folder_;
    lookAtFolder();
    const bool seen = folder_ == shown; // what a folder still being typed holds has to be seen first
    if (!seen || run_.active() || !ready() || found_->state == FolderState::Occupied || found_->trainedBy) {
        return;
    }
    const QString own = runRecipe_->file(*found_, folder_, recipe_->recipe());
    startProblem_ = RunRecipe::resumeProblem(*found_, folder_, *recipe_->recipe());
    if (startProblem_.isEmpty()) {
        const Result<void> kept = runRecipe_->keep(own, *recipe_->recipe());
        startProblem_ = kept ? QString() : withHint(kept.error());
    }
    if (!startProblem_.isEmpty()) {
        update();
        return;
    }
    runPage_->setMessages({});
    recipe_->setKept();
    run_.start(planOf(own));
}

void TrainingWorkspace::openRun(const QString& folder) {
    if (!run_.active()) {
        recipe_->setRunFolder(folder);
        lookAtFolder();
        showPage(RunTab);
    }
}

void TrainingWorkspace::lookAtFolder() {
    const QString folder = recipe_->runFolder();
    const bool other = folder != folder_;
    folder_ = folder;
    *found_ = folder.isEmpty() ? training::RunFolder() : training::inspectRunFolder(folder.toStdString());
    if (other || !history_) {
        startProblem_.clear();
        runPage_->setMessages({});
        result_->setNote({});
        history_ = std::make_unique<training::RunHistory>((folder + QStringLiteral("/log.jsonl")).toStdString());
        history_->update();
        runPage_->setHistory(*history_);
        run_.reset();
        adoptRun(*found_);
    }
    if (found_->trainedBy) {
        follow_.start();
    } else if (!run_.active()) {
        follow_.stop();
    }
    update();
}

/// Goes on with what a run was started with; where its recipe is gone, with the one that was kept in the folder.
void TrainingWorkspace::adoptRun(const training::RunFolder& found) {
    if (!found.record) {
        return;
    }
    data_->setFolder(QString::fromStdString(found.record->data.string()));
    const QString own = folder_ + QStringLiteral("/recipe.json");
    const QString recorded = QString::fromStdString(found.record->recipe.string());
    recipe_->openRecipe(QFileInfo::exists(own) && !QFileInfo::exists(recorded) ? own : recorded);
    recipe_->setThreads(found.record->threads);
}

void TrainingWorkspace::followLog() {
    if (history_->update()) {
        runPage_->setHistory(*history_);
    }
    *found_ = training::inspectRunFolder(folder_.toStdString());
    if (!found_->trainedBy && !run_.active()) {
        follow_.stop();
    }
    update();
}

std::int64_t TrainingWorkspace::lastStep() const {
    return history_ ? std::max(history_->lastStep("adapt"), history_->lastStep("adapt-dev")) : -1;
}

QString TrainingWorkspace::folderNote() const {
    if (run_.active()) {
        return tr("Training is at work there.");
    }
    if (found_->trainedBy) {
        return tr("Another process trains there at the moment.");
    }
    switch (found_->state) {
    case FolderState::Unfinished:
        return !found_->record ? tr("Holds a checkpoint, but no note of its data and its recipe.")
                               : tr("Holds a run that can go on: its data and its recipe are shown.");
    case FolderState::Finished:
        return tr("Holds a run that is finished: its data and its recipe are shown.");
    case FolderState::Occupied:
        return tr("Holds other files: choose another folder.");
    case FolderState::Fresh:
        break;
    }
    return QFileInfo::exists(folder_) ? QString() : tr("Is made when training starts.");
}

void TrainingWorkspace::update() {
    if (!history_) {
        return;
    }
    // While it runs, the lock is this run's own.
    training::RunFolder found = *found_;
    if (run_.active()) {
        found.trainedBy.reset();
    }
    RunView view = describeRun(run_, found, QDir::toNativeSeparators(folder_), ready(), lastStep());
    if (!startProblem_.isEmpty() && !run_.active()) {
        view.problem = startProblem_;
    }
    const std::vector<Measurement> measurements = measurementsOf(*history_);
    if (!run_.active() && !measurements.empty()) { // of a run that is looked at, too
        const auto best = std::ranges::find_if(measurements, [](const Measurement& one) { return one.best; });
        view.newest = TrainingTexts::percent(measurements.back().werPercent);
        view.best = TrainingTexts::percent(best->werPercent);
    }
    runPage_->setView(view);
    runPage_->setOpenable(!run_.active());
    const RunPlan plan = run_.active() ? run_.plan() : planOf(runRecipe_->file(*found_, folder_, recipe_->recipe()));
    runPage_->setCommand(shellCommand(plan.program, runArguments(plan)));
    data_->setLocked(run_.active());
    recipe_->setLocked(run_.active());
    recipe_->setFolderNote(folderNote());
    result_->setResult(measurements, found_->model, QFileInfo(folder_).isDir(), run_.active());
    QStringList status{view.title};
    if (!view.left.isEmpty()) {
        status.append(view.left);
    }
    status_->setText(status.join(QStringLiteral(" \u00b7 ")));
}

bool TrainingWorkspace::prepareClose() {
    if (!run_.active() || closing_) {
        return true;
    }
    if (!services_.confirmStop(this) && run_.active()) {
        return false;
    }
    if (!run_.active()) {
        return true; // it ended while the question was asked
    }
    closing_ = true;
    showPage(RunTab);
    run_.stop();
    return false;
}

void TrainingWorkspace::showPage(Page page) {
    tabs_->setCurrentIndex(page);
}

TrainingWorkspace::Page TrainingWorkspace::page() const {
    return static_cast<Page>(tabs_->currentIndex());
}

QString TrainingWorkspace::title() const {
    return tr("Training");
}

QString TrainingWorkspace::iconName() const {
    return QStringLiteral("training");
}

QWidget* TrainingWorkspace::statusWidget() {
    return status_;
}

void TrainingWorkspace::showStatusTip(const QString& tip) {
    if (tip.isEmpty()) {
        update();
    } else {
        status_->setText(tip);
    }
}

void TrainingWorkspace::saveState(QSettings& store) const {
    const bool begun = found_->record.has_value() || run_.active();
    store.setValue(folderKey, begun ? folder_ : QString());
    store.setValue(dataKey, data_->folder());
    store.setValue(threadsKey, recipe_->threads());
    store.setValue(recipeKey, recipe_->recipePath());
    store.setValue(draftKey, recipe_->draft());
}

/// The run that was looked at last is there again, to go on.
void TrainingWorkspace::restoreState(const QSettings& store) {
    if (const int threads = store.value(threadsKey).toInt(); threads > 0) {
        recipe_->setThreads(threads);
    }
    const QString folder = store.value(folderKey).toString();
    if (!folder.isEmpty() && training::inspectRunFolder(folder.toStdString()).record) {
        recipe_->setRunFolder(folder);
        showPage(RunTab);
    } else if (const QString data = store.value(dataKey).toString(); !data.isEmpty()) {
        data_->setFolder(data);
    }
    const QString draft = store.value(draftKey).toString();
    const QString recipe = store.value(recipeKey).toString();
    if (QFileInfo(recipe).isFile() && (page() != RunTab || !draft.isEmpty())) {
        recipe_->openRecipe(recipe);
        recipe_->takeDraft(draft);
    }
}

void TrainingWorkspace::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
        update();
    }
    Workspace::changeEvent(event);
}

void TrainingWorkspace::retranslate() {
    const QString names[] = {tr("Data"), tr("Recipe"), tr("Training"), tr("Result")};
    for (int page = DataTab; page <= ResultTab; ++page) {
        tabs_->setTabText(page, QStringLiteral("%1  %2").arg(page + 1).arg(names[page]));
    }
    tabs_->setAccessibleName(tr("Steps of training"));
}

} // namespace livegloss::ui
