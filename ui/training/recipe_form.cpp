#include "ui/training/recipe_page.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleValidator>
#include <QFormLayout>
#include <QIntValidator>
#include <QLineEdit>
#include <QLocale>
#include <QRegularExpressionValidator>
#include <QScrollArea>
#include <QSpinBox>
#include <QThread>

namespace livegloss::ui {

namespace {

constexpr int widestForm = 100 * grid;
constexpr int mostSteps = 1'000'000'000;
constexpr int mostClips = 100'000;
constexpr int mostThreads = 256;
constexpr int mostBlocks = 200;
constexpr int numberWidth = 16 * grid;

void prepareNumber(QSpinBox* box, const char* name, int least, int most) {
    box->setObjectName(QString::fromLatin1(name));
    box->setRange(least, most);
    box->setGroupSeparatorShown(true);
    box->setMinimumWidth(numberWidth);
}

} // namespace

RecipePage::RecipePage(const QString& recipes, const QString& runs, const TrainingServices& services, QWidget* parent)
    : QWidget(parent),
      services_(services),
      recipes_(recipes),
      runs_(runs),
      scroll_(new QScrollArea(this)),
      recipeHeading_(pageLabel(this, "recipeTitle", "title")),
      modelHeading_(pageLabel(this, "modelHeading", "heading")),
      stepsHeading_(pageLabel(this, "stepsHeading", "heading")),
      choice_(new QComboBox(this)),
      open_(pageButton(this, "openRecipe")),
      editFile_(pageButton(this, "editRecipe")),
      about_(pageLabel(this, "recipeAbout", "muted")),
      name_(new QLineEdit(this)),
      language_(new QLineEdit(this)),
      startKind_(new QComboBox(this)),
      startFile_(new QLineEdit(this)),
      chooseStart_(pageButton(this, "chooseStart")),
      method_(new QComboBox(this)),
      blocks_(new QSpinBox(this)),
      adapters_(new QCheckBox(this)),
      prefixes_(new QCheckBox(this)),
      aggregation_(new QCheckBox(this)),
      crossFrame_(new QCheckBox(this)),
      length_(new QSpinBox(this)),
      unit_(new QComboBox(this)),
      batch_(new QSpinBox(this)),
      rate_(new QLineEdit(this)),
      seed_(new QLineEdit(this)),
      threads_(new QSpinBox(this)),
      folder_(new QLineEdit(this)),
      chooseFolder_(pageButton(this, "chooseRunFolder")),
      folderNote_(pageLabel(this, "folderNote", "muted")),
      problem_(pageLabel(this, "recipeProblem", "warning")),
      remark_(pageLabel(this, "recipeRemark", "muted")),
      next_(pageButton(this, "nextToRun", true)) {
    setObjectName(QStringLiteral("recipePage"));
    setAttribute(Qt::WA_StyledBackground);
    build();
    retranslate();
    connectAll();
    fillRecipes(bundledRecipes(recipes_).value(0));
    load(choice_->currentData().toString());
}

QLabel* RecipePage::addRow(QFormLayout* form, QWidget* control, QWidget* button, QWidget* another) {
    auto* label = new QLabel(this);
    label->setBuddy(control);
    labels_[control] = label;
    if (button == nullptr) {
        form->addRow(label, control);
        return label;
    }
    auto* row = new QHBoxLayout;
    row->setSpacing(grid);
    row->addWidget(control, qobject_cast<QSpinBox*>(control) == nullptr ? 1 : 0);
    row->addWidget(button);
    if (another != nullptr) {
        row->addWidget(another);
    }
    if (qobject_cast<QSpinBox*>(control) != nullptr) {
        row->addStretch();
    }
    form->addRow(label, row);
    return label;
}

void RecipePage::build() {
    auto* contents = new QWidget(this);
    contents->setObjectName(QStringLiteral("recipeContents"));
    contents->setMaximumWidth(widestForm);
    auto* form = new QFormLayout(contents);
    form->setContentsMargins(3 * grid, 2 * grid, 3 * grid, 2 * grid);
    form->setHorizontalSpacing(2 * grid);
    form->setVerticalSpacing(grid);
    form->setLabelAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    buildRecipe(form);
    buildModel(form);
    buildSteps(form);
    scroll_->setObjectName(QStringLiteral("recipeScroll"));
    scroll_->setFrameShape(QFrame::NoFrame);
    scroll_->setWidgetResizable(true);
    scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll_->setFocusPolicy(Qt::NoFocus);
    scroll_->setWidget(contents);
    auto* bottom = new QHBoxLayout;
    bottom->setContentsMargins(3 * grid, grid, 3 * grid, 2 * grid);
    auto* notes = new QVBoxLayout;
    notes->addWidget(problem_);
    notes->addWidget(remark_);
    bottom->addLayout(notes, 1);
    bottom->addWidget(next_, 0, Qt::AlignBottom);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(scroll_, 1);
    column->addLayout(bottom);
}

void RecipePage::buildRecipe(QFormLayout* form) {
    choice_->setObjectName(QStringLiteral("recipeChoice"));
    choice_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    choice_->setMinimumContentsLength(16);
    folder_->setObjectName(QStringLiteral("runFolder"));
    form->addRow(recipeHeading_);
    addRow(form, choice_, open_, editFile_);
    form->addRow(nullptr, about_);
    addRow(form, folder_, chooseFolder_);
    form->addRow(nullptr, folderNote_);
}

void RecipePage::buildModel(QFormLayout* form) {
    name_->setObjectName(QStringLiteral("modelName"));
    language_->setObjectName(QStringLiteral("signLanguage"));
    startKind_->setObjectName(QStringLiteral("startKind"));
    startKind_->addItems({QString(), QString()});
    startFile_->setObjectName(QStringLiteral("startFile"));
    startFile_->setClearButtonEnabled(true);
    method_->setObjectName(QStringLiteral("method"));
    method_->addItem(QString(), QStringLiteral("adaptsign"));
    method_->addItem(QString(), QStringLiteral("freezing"));
    method_->addItem(QString(), QStringLiteral("fine-tuning"));
    method_->addItem(QString(), QStringLiteral("partial"));
    prepareNumber(blocks_, "trainedBlocks", 1, mostBlocks);
    adapters_->setObjectName(QStringLiteral("adapters"));
    prefixes_->setObjectName(QStringLiteral("prefixes"));
    aggregation_->setObjectName(QStringLiteral("aggregation"));
    crossFrame_->setObjectName(QStringLiteral("crossFrame"));
    form->addItem(new QSpacerItem(1, grid));
    form->addRow(modelHeading_);
    auto* start = new QHBoxLayout;
    start->setSpacing(grid);
    start->addWidget(startKind_);
    start->addWidget(startFile_, 1);
    start->addWidget(chooseStart_);
    labels_[startKind_] = new QLabel(this);
    labels_[startKind_]->setBuddy(startKind_);
    form->addRow(labels_[startKind_], start);
    addRow(form, method_, blocks_);
    auto* modules = new QGridLayout;
    modules->setHorizontalSpacing(2 * grid);
    modules->setVerticalSpacing(0);
    modules->addWidget(adapters_, 0, 0);
    modules->addWidget(prefixes_, 0, 1);
    modules->addWidget(aggregation_, 1, 0);
    modules->addWidget(crossFrame_, 1, 1);
    modules->setColumnStretch(2, 1);
    labels_[adapters_] = new QLabel(this);
    form->addRow(labels_[adapters_], modules);
    addRow(form, name_);
    addRow(form, language_);
}

void RecipePage::buildSteps(QFormLayout* form) {
    prepareNumber(length_, "length", 1, mostSteps);
    prepareNumber(batch_, "batch", 1, mostClips);
    prepareNumber(threads_, "threads", 1, mostThreads);
    unit_->setObjectName(QStringLiteral("lengthUnit"));
    unit_->addItems({QString(), QString()});
    rate_->setObjectName(QStringLiteral("rate"));
    seed_->setObjectName(QStringLiteral("seed"));
    // As in the recipe's file, in every language.
    auto* rates = new QDoubleValidator(0.0, 10.0, 12, rate_);
    rates->setLocale(QLocale::c());
    rate_->setValidator(rates);
    seed_->setValidator(new QRegularExpressionValidator(QRegularExpression(QStringLiteral("[0-9]{1,15}")), seed_));
    rate_->setMaximumWidth(2 * numberWidth);
    seed_->setMaximumWidth(2 * numberWidth);
    threads_->setValue(std::max(1, QThread::idealThreadCount()));
    form->addItem(new QSpacerItem(1, grid));
    form->addRow(stepsHeading_);
    addRow(form, length_, unit_);
    addRow(form, batch_);
    addRow(form, rate_);
    addRow(form, seed_);
    addRow(form, threads_);
    for (QSpinBox* box : {batch_, threads_}) {
        box->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    }
}

} // namespace livegloss::ui
