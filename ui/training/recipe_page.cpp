#include "ui/training/recipe_page.h"

#include "ui/text_format.h"
#include "ui/training/training_texts.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QEvent>
#include <QFileInfo>
#include <QFormLayout>
#include <QLineEdit>
#include <QRegularExpression>
#include <QScrollArea>
#include <QSpinBox>

#include <utility>

namespace livegloss::ui {

namespace {

constexpr int settlingMs = 300;
const QString partialStart = QStringLiteral("partial-");

QString recipeFilter() {
    return RecipePage::tr("Recipes") + QStringLiteral(" (*.json)");
}

QString displayName(const QString& path) {
    const QString title = TrainingTexts::recipeTitle(QFileInfo(path).fileName());
    return title.isEmpty() ? QFileInfo(path).fileName() : title;
}

} // namespace

void RecipePage::connectAll() {
    const auto take = [this] { takeValues(); };
    for (QLineEdit* edit : {name_, language_, startFile_, rate_, seed_}) {
        connect(edit, &QLineEdit::textChanged, this, take);
    }
    for (QCheckBox* box : {adapters_, prefixes_, aggregation_, crossFrame_}) {
        connect(box, &QCheckBox::toggled, this, take);
    }
    for (QSpinBox* box : {blocks_, length_, batch_}) {
        connect(box, &QSpinBox::valueChanged, this, take);
    }
    connect(unit_, &QComboBox::currentIndexChanged, this, take);
    connect(startKind_, &QComboBox::currentIndexChanged, this, [this] {
        retranslateStart();
        takeValues();
    });
    connect(method_, &QComboBox::activated, this, [this] {
        // The modules are AdaptSign's own: other methods begin without them.
        const bool on = method_->currentData().toString() == QLatin1String("adaptsign");
        filling_ = true;
        for (QCheckBox* box : {adapters_, prefixes_, aggregation_, crossFrame_}) {
            box->setChecked(on);
        }
        filling_ = false;
        takeValues();
    });
    connect(threads_, &QSpinBox::valueChanged, this, &RecipePage::changed);
    connect(choice_, &QComboBox::activated, this, [this] { chooseAnother(choice_->currentData().toString()); });
    connect(open_, &QPushButton::clicked, this, &RecipePage::chooseRecipe);
    connect(editFile_, &QPushButton::clicked, this, &RecipePage::editFile);
    connect(chooseStart_, &QPushButton::clicked, this, &RecipePage::chooseStart);
    connect(chooseFolder_, &QPushButton::clicked, this, &RecipePage::chooseFolder);
    connect(folder_, &QLineEdit::textEdited, this, [this] { folderChosen_ = true; });
    // Not while it is typed: on the way there may be folders that hold runs, with recipes of their own.
    connect(folder_, &QLineEdit::editingFinished, this, [this] { Q_EMIT folderChanged(runFolder()); });
    connect(next_, &QPushButton::clicked, this, &RecipePage::nextAsked);
    reload_.setSingleShot(true);
    reload_.setInterval(settlingMs);
    connect(&watcher_, &QFileSystemWatcher::fileChanged, &reload_, qOverload<>(&QTimer::start));
    connect(&reload_, &QTimer::timeout, this, &RecipePage::readAgain);
}

void RecipePage::fillRecipes(const QString& chosen) {
    choice_->clear();
    for (const QString& path : bundledRecipes(recipes_)) {
        choice_->addItem(displayName(path), path);
    }
    if (!ownRecipe_.isEmpty()) {
        choice_->addItem(QFileInfo(ownRecipe_).fileName(), ownRecipe_);
    }
    choice_->setCurrentIndex(choice_->findData(chosen));
}

QString RecipePage::recipePath() const {
    return choice_->currentData().toString();
}

QString RecipePage::draft() const {
    const QString now = edit_ ? edit_->draft() : QString();
    return now == kept_ ? QString() : now;
}

void RecipePage::takeDraft(const QString& draft) {
    if (edit_ && edit_->takeDraft(draft)) {
        showValues();
        Q_EMIT changed();
    }
}

void RecipePage::setKept() {
    kept_ = edit_ ? edit_->draft() : QString();
}

/// Asks where something would be lost.
bool RecipePage::mayReplace() {
    return draft().isEmpty() || services_.confirmDiscard(this);
}

void RecipePage::chooseAnother(const QString& path) {
    if (edit_ && path == loaded_ && draft().isEmpty()) {
        return;
    }
    if (mayReplace()) {
        load(path);
    } else {
        choice_->setCurrentIndex(choice_->findData(loaded_));
    }
}

/// The file has changed. What was set here stays until its owner chooses.
void RecipePage::readAgain() {
    if (draft().isEmpty()) {
        load(recipePath());
        return;
    }
    showText(remark_, tr("%1 was changed elsewhere. What is set here stays; choose the recipe again to read the file.")
                          .arg(QFileInfo(recipePath()).fileName()));
    if (QFileInfo::exists(recipePath())) {
        watcher_.addPath(recipePath()); // an editor may have put another file in its place
    }
}

void RecipePage::openRecipe(const QString& path) {
    const QString whole = QFileInfo(path).absoluteFilePath();
    if (!bundledRecipes(recipes_).contains(whole)) {
        ownRecipe_ = whole;
    }
    fillRecipes(whole);
    load(whole);
}

void RecipePage::load(const QString& path) {
    if (!watcher_.files().isEmpty()) {
        watcher_.removePaths(watcher_.files());
    }
    Result<RecipeEdit> read = RecipeEdit::read(path);
    readProblem_ = read ? QString() : path.isEmpty() ? tr("Choose a recipe.") : withHint(read.error());
    edit_ = read ? std::optional(std::move(*read)) : std::nullopt;
    kept_.clear();
    if (const bool another = path != loaded_; another) {
        const QSignalBlocker quiet(startKind_);
        startKind_->setCurrentIndex(0);
    }
    if (QFileInfo::exists(path)) {
        watcher_.addPath(path);
    }
    showValues();
    // A file that is read again, or during a run, has its folder already.
    const bool other = std::exchange(loaded_, path) != path;
    if (edit_ && other && !folderChosen_ && !locked_) {
        showFolder(freeFolder(name_->text()));
    }
    Q_EMIT changed();
}

/// A folder for a new run, named after the model.
QString RecipePage::freeFolder(const QString& name) const {
    static const QRegularExpression unfit(QStringLiteral("[^\\w]+"), QRegularExpression::UseUnicodePropertiesOption);
    QString word = name.toLower().replace(unfit, QStringLiteral("-"));
    word = word.isEmpty() ? QStringLiteral("run") : word;
    QString path = runs_ + QLatin1Char('/') + word;
    for (int number = 2; QFileInfo::exists(path) && !QDir(path).isEmpty(); ++number) {
        path = QStringLiteral("%1/%2-%3").arg(runs_, word).arg(number);
    }
    return path;
}

void RecipePage::showValues() {
    filling_ = true;
    const RecipeValues values = edit_ ? edit_->values() : RecipeValues();
    name_->setText(values.name);
    language_->setText(values.signLanguage);
    if (!values.start.isEmpty() || !values.backbone.isEmpty()) {
        startKind_->setCurrentIndex(values.start.isEmpty() ? 0 : 1); // otherwise as it was chosen
    }
    startFile_->setText(QDir::toNativeSeparators(values.start.isEmpty() ? values.backbone : values.start));
    shownStart_ = {startKind_->currentIndex(), startFile_->text()};
    const bool partial = values.method.startsWith(partialStart);
    method_->setCurrentIndex(method_->findData(partial ? QStringLiteral("partial") : values.method));
    blocks_->setValue(partial ? values.method.mid(partialStart.size()).toInt() : 1);
    adapters_->setChecked(values.adapters);
    prefixes_->setChecked(values.prefixes);
    aggregation_->setChecked(values.aggregation);
    crossFrame_->setChecked(values.crossFrame);
    unit_->setCurrentIndex(values.countsSteps ? 0 : 1);
    length_->setValue(values.countsSteps ? values.steps : values.epochs);
    batch_->setValue(values.batch);
    rate_->setText(QString::number(values.rate, 'g', 10));
    seed_->setText(QString::number(values.seed));
    filling_ = false;
    showText(about_, TrainingTexts::recipeAbout(QFileInfo(recipePath()).fileName()));
    check();
}

RecipeValues RecipePage::wanted() const {
    RecipeValues values = edit_->values();
    values.name = name_->text();
    values.signLanguage = language_->text().trimmed();
    const QString text = QDir::fromNativeSeparators(startFile_->text().trimmed());
    const QString file = QUrl(text).isLocalFile() ? QUrl(text).toLocalFile() : text;
    if (std::pair(startKind_->currentIndex(), startFile_->text()) != shownStart_) {
        values.backbone = startsFromModel() ? QString() : file;
        values.start = startsFromModel() ? file : QString();
    }
    if (const QString method = method_->currentData().toString(); !method.isEmpty()) {
        values.method = method == QLatin1String("partial") ? partialStart + QString::number(blocks_->value()) : method;
    }
    values.adapters = adapters_->isChecked();
    values.prefixes = prefixes_->isChecked();
    values.aggregation = aggregation_->isChecked();
    values.crossFrame = crossFrame_->isChecked();
    values.countsSteps = unit_->currentIndex() == 0;
    (values.countsSteps ? values.steps : values.epochs) = length_->value();
    values.batch = batch_->value();
    values.rate = rate_->text().toDouble();
    values.seed = seed_->text().toLongLong();
    return values;
}

void RecipePage::takeValues() {
    if (filling_ || !edit_) {
        return;
    }
    edit_->apply(wanted());
    check();
    Q_EMIT changed();
}

/// What the recipe's own reader says, and whether the data suit.
void RecipePage::check() {
    QStringList problems;
    QString remark;
    conflicts_.clear();
    valid_ = false;
    if (!readProblem_.isEmpty()) {
        problems.append(readProblem_);
    }
    if (edit_) {
        if (const Result<training::Recipe> recipe = edit_->recipe()) {
            valid_ = true;
            conflicts_ = conflictsOf(*recipe, drawn_);
            if (startsFromModel() && recipe->start.empty()) {
                conflicts_.push_back(RecipeConflict::MissingStart);
            }
            remark = startsFromNothing(*recipe)
                         ? tr("Without a backbone the image tower starts from random weights and learns very little: "
                              "choose one, such as CLIP's from the Models workspace.")
                         : QString();
        } else {
            problems.append(withHint(recipe.error()));
        }
    }
    for (const RecipeConflict conflict : conflicts_) {
        problems.append(TrainingTexts::conflict(conflict));
    }
    showText(problem_, problems.join(QLatin1Char('\n')));
    showText(remark_, remark);
    enableFields();
}

void RecipePage::enableFields() {
    const bool here = edit_.has_value() && !locked_;
    for (QWidget* field : std::initializer_list<QWidget*>{
             name_, language_, startKind_, startFile_, chooseStart_, method_, blocks_, adapters_, prefixes_,
             aggregation_, crossFrame_, length_, unit_, batch_, rate_, seed_, editFile_}) {
        field->setEnabled(here);
    }
    for (QWidget* field : std::initializer_list<QWidget*>{choice_, open_, folder_, chooseFolder_, threads_}) {
        field->setEnabled(!locked_);
    }
    blocks_->setVisible(method_->currentData().toString() == QLatin1String("partial"));
}

bool RecipePage::ready() const {
    return valid_ && conflicts_.empty() && !runFolder().isEmpty();
}

QString RecipePage::problemText() const {
    return problem_->isHidden() ? QString() : problem_->text();
}

void RecipePage::setDrawn(bool drawn) {
    drawn_ = drawn;
    check();
}

void RecipePage::setLocked(bool locked) {
    locked_ = locked;
    enableFields();
}

void RecipePage::setFolderNote(const QString& note) {
    showText(folderNote_, note);
}

QString RecipePage::runFolder() const {
    const QString text = QDir::fromNativeSeparators(folder_->text().trimmed());
    return text.isEmpty() ? QString() : QDir::cleanPath(QFileInfo(text).absoluteFilePath());
}

void RecipePage::setRunFolder(const QString& folder) {
    folderChosen_ = true;
    showFolder(folder);
}

void RecipePage::showFolder(const QString& folder) {
    folder_->setText(QDir::toNativeSeparators(folder));
    Q_EMIT folderChanged(runFolder());
}

int RecipePage::threads() const {
    return threads_->value();
}

void RecipePage::setThreads(int threads) {
    threads_->setValue(threads);
}

void RecipePage::chooseRecipe() {
    const QString path = services_.askFile(this, tr("Open Recipe"), recipeFilter(), ownRecipe_);
    if (!path.isEmpty() && mayReplace()) {
        openRecipe(path);
    }
}

bool RecipePage::startsFromModel() const {
    return startKind_->currentIndex() == 1;
}

void RecipePage::chooseStart() {
    const QString title = startsFromModel() ? tr("Choose Model to Train On") : tr("Choose Backbone");
    const QString kinds = startsFromModel() ? tr("Models") : tr("Backbones and models");
    const QString path = services_.askFile(this, title, kinds + QStringLiteral(" (*.safetensors)"),
                                           QDir::fromNativeSeparators(startFile_->text()));
    if (!path.isEmpty()) {
        startFile_->setText(QDir::toNativeSeparators(path));
    }
}

void RecipePage::chooseFolder() {
    const QString chosen = services_.askFolder(this, tr("Choose Folder of the Run"), runFolder());
    if (!chosen.isEmpty()) {
        setRunFolder(chosen);
    }
}

/// A recipe of the program, or one with changes, is saved as one's own first.
void RecipePage::editFile() {
    if (!edit_) {
        return;
    }
    if (recipePath() != ownRecipe_ || edit_->changed()) {
        const QString suggestion =
            recipePath() == ownRecipe_ ? ownRecipe_ : runs_ + QLatin1Char('/') + QFileInfo(recipePath()).fileName();
        const QString path =
            services_.askWhereToSave(this, tr("Save Recipe as a File of Your Own"), recipeFilter(), suggestion);
        if (path.isEmpty()) {
            return;
        }
        if (const Result<void> saved = edit_->save(path); !saved) {
            showText(problem_, tr("Not saved. %1").arg(withHint(saved.error())));
            return;
        }
        openRecipe(path);
    }
    services_.open(QUrl::fromLocalFile(recipePath()));
}

void RecipePage::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        const QString chosen = recipePath();
        retranslate();
        fillRecipes(chosen);
        showValues();
    }
    QWidget::changeEvent(event);
}

} // namespace livegloss::ui
