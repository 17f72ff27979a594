#include "ui/training/data_page.h"

#include "base/new_file.h"
#include "ui/error_words.h"
#include "ui/style/icons.h"
#include "ui/text_format.h"
#include "ui/training/training_texts.h"
#include "ui/widgets/time_left_label.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QEvent>
#include <QFileInfo>
#include <QHeaderView>
#include <QLineEdit>
#include <QLocale>
#include <QProgressBar>
#include <QRadioButton>
#include <QTableWidget>

#include <algorithm>

namespace livegloss::ui {

namespace {

constexpr int indent = 3 * grid;
constexpr int widestPath = 80 * grid;
enum PartColumn { NameColumn, ClipsColumn, SignersColumn, GlossesColumn, FramesColumn, PartColumns };

QHBoxLayout* rowOf(std::initializer_list<QWidget*> widgets, QWidget* wide = nullptr) {
    auto* row = new QHBoxLayout;
    row->setSpacing(grid);
    for (QWidget* widget : widgets) {
        row->addWidget(widget, widget == wide ? 1 : 0);
    }
    if (wide == nullptr) {
        row->addStretch();
    }
    return row;
}

} // namespace

DataPage::DataPage(const QString& program, const TrainingServices& services, QWidget* parent)
    : QWidget(parent),
      services_(services),
      check_(program),
      title_(pageLabel(this, "dataTitle", "title")),
      draw_(new QRadioButton(this)),
      drawNote_(pageLabel(this, "drawNote", "muted")),
      set_(new QRadioButton(this)),
      setNote_(pageLabel(this, "setNote", "muted")),
      path_(new QLineEdit(this)),
      choose_(pageButton(this, "chooseData")),
      start_(pageButton(this, "checkData")),
      quick_(new QCheckBox(this)),
      progress_(new QProgressBar(this)),
      progressText_(pageLabel(this, "checkProgress", "muted")),
      cancel_(pageButton(this, "cancelCheck")),
      summary_(pageLabel(this, "checkSummary", "text")),
      problem_(pageLabel(this, "checkProblem", "warning")),
      parts_(new QTableWidget(0, PartColumns, this)),
      findingBar_(new QWidget(this)),
      findingTitle_(pageLabel(findingBar_, "findingTitle", "heading")),
      kinds_(new QComboBox(findingBar_)),
      copy_(pageButton(findingBar_, "copyFindings")),
      save_(pageButton(findingBar_, "saveFindings")),
      findings_(new FindingTable(this)),
      next_(pageButton(this, "nextToRecipe", true)) {
    setObjectName(QStringLiteral("dataPage"));
    setAttribute(Qt::WA_StyledBackground);
    build();
    connectAll();
    retranslate();
}

void DataPage::build() {
    QVBoxLayout* column = pageColumn(this);
    column->addWidget(title_);
    buildChoice(column);
    buildCheck(column);
    buildReport(column);
    auto* bottom = new QHBoxLayout;
    bottom->addStretch();
    bottom->addWidget(next_);
    column->addLayout(bottom);
}

void DataPage::buildChoice(QVBoxLayout* column) {
    draw_->setObjectName(QStringLiteral("drawnSentences"));
    set_->setObjectName(QStringLiteral("dataSet"));
    path_->setObjectName(QStringLiteral("dataFolder"));
    path_->setMaximumWidth(widestPath);
    draw_->setChecked(true);
    column->addWidget(draw_);
    column->addWidget(drawNote_);
    column->addSpacing(grid / 2);
    column->addWidget(set_);
    column->addWidget(setNote_);
    QHBoxLayout* row = rowOf({path_, choose_}, path_);
    row->setContentsMargins(indent, 0, 0, 0);
    row->addStretch();
    column->addLayout(row);
    drawNote_->setIndent(indent); // the style sheet leaves labels no margins of their own
    setNote_->setIndent(indent);
}

void DataPage::buildCheck(QVBoxLayout* column) {
    quick_->setObjectName(QStringLiteral("quickCheck"));
    quick_->setChecked(true);
    progress_->setObjectName(QStringLiteral("checkProgressBar"));
    progress_->setTextVisible(false);
    progress_->setFixedHeight(grid / 2);
    progressText_->setWordWrap(false);
    QHBoxLayout* row = rowOf({start_, cancel_, quick_, progressText_, new TimeLeftLabel(progress_, this)});
    row->setContentsMargins(indent, 0, 0, 0);
    column->addLayout(row);
    column->addWidget(progress_);
}

void DataPage::buildReport(QVBoxLayout* column) {
    problem_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    parts_->setObjectName(QStringLiteral("dataParts"));
    parts_->verticalHeader()->hide();
    parts_->verticalHeader()->setDefaultSectionSize(3 * grid + grid / 2);
    parts_->horizontalHeader()->setHighlightSections(false);
    parts_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    parts_->setSelectionMode(QAbstractItemView::NoSelection);
    parts_->setFocusPolicy(Qt::NoFocus);
    parts_->setShowGrid(false);
    parts_->setFrameShape(QFrame::NoFrame);
    parts_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    kinds_->setObjectName(QStringLiteral("findingKinds"));
    findingTitle_->setWordWrap(false);
    copy_->setIcon(icon(QStringLiteral("copy")));
    save_->setIcon(icon(QStringLiteral("save")));
    auto* bar = rowOf({findingTitle_, kinds_});
    bar->setContentsMargins(0, 0, 0, 0);
    bar->addWidget(copy_);
    bar->addWidget(save_);
    findingBar_->setLayout(bar);
    column->addSpacing(grid);
    column->addWidget(problem_);
    column->addWidget(summary_);
    column->addWidget(parts_);
    column->addWidget(findingBar_);
    column->addWidget(findings_, 1);
    column->addStretch();
}

void DataPage::connectAll() {
    connect(draw_, &QRadioButton::toggled, this, [this] {
        forget();
        Q_EMIT changed();
    });
    connect(path_, &QLineEdit::textChanged, this, [this] {
        forget();
        Q_EMIT changed();
    });
    connect(choose_, &QPushButton::clicked, this, &DataPage::choose);
    connect(start_, &QPushButton::clicked, this, &DataPage::startCheck);
    connect(cancel_, &QPushButton::clicked, this, [this] { check_.cancel(); });
    connect(next_, &QPushButton::clicked, this, &DataPage::nextAsked);
    connect(kinds_, &QComboBox::currentIndexChanged, this,
            [this] { findings_->showKind(kinds_->currentData().toString()); });
    connect(copy_, &QPushButton::clicked, this, [this] { findings_->copy(); });
    connect(save_, &QPushButton::clicked, this, &DataPage::save);
    connect(&check_, &DataCheck::progressed, this, [this](qint64 done, qint64 all) {
        done_ = done;
        all_ = all;
        update();
    });
    connect(&check_, &DataCheck::reported, this, &DataPage::showReport);
    connect(&check_, &DataCheck::ended, this, &DataPage::showEnd);
}

QString DataPage::folder() const {
    const QString text = path_->text().trimmed();
    return drawn() || text.isEmpty() ? QString() : QDir::cleanPath(text);
}

bool DataPage::drawn() const {
    return draw_->isChecked();
}

bool DataPage::ready() const {
    return drawn() || QFileInfo(folder()).isDir();
}

void DataPage::setFolder(const QString& folder) {
    path_->setText(folder);
    (folder.isEmpty() ? draw_ : set_)->setChecked(true);
}

void DataPage::setLocked(bool locked) {
    locked_ = locked;
    update();
}

void DataPage::choose() {
    const QString chosen = services_.askFolder(this, tr("Choose Data Set"), folder());
    if (!chosen.isEmpty()) {
        set_->setChecked(true);
        path_->setText(chosen);
    }
}

/// What a check said was about another choice.
void DataPage::forget() {
    check_.cancel();
    report_.reset();
    problem_->clear();
    update();
}

void DataPage::startCheck() {
    if (drawn() || !ready() || check_.running()) {
        return;
    }
    report_.reset();
    problem_->clear();
    done_ = 0;
    all_ = 0;
    check_.start(folder(), quick_->isChecked());
    update();
}

void DataPage::showReport(const CheckReport& report) {
    report_ = report;
    findings_->setReport(report);
    showKinds();
    update();
}

void DataPage::showEnd(const CommandOutcome& outcome) {
    if (outcome.end == CommandOutcome::End::Failed) {
        problem_->setText(tr("The data set could not be checked. %1").arg(TrainingTexts::failure(outcome)));
    }
    update();
}

void DataPage::update() {
    const bool checking = check_.running() && !report_;
    for (QWidget* widget : std::initializer_list<QWidget*>{draw_, set_}) {
        widget->setEnabled(!locked_);
    }
    path_->setEnabled(!locked_ && !drawn());
    choose_->setEnabled(!locked_);
    start_->setVisible(!checking && !drawn());
    start_->setEnabled(!drawn() && ready());
    quick_->setVisible(!checking && !drawn());
    quick_->setEnabled(!drawn());
    cancel_->setVisible(checking);
    progress_->setVisible(checking);
    progress_->setRange(0, static_cast<int>(all_));
    progress_->setValue(static_cast<int>(done_));
    const QLocale locale;
    progressText_->setText(all_ > 0 ? tr("%1 of %2 clips").arg(locale.toString(done_), locale.toString(all_))
                                    : tr("Reading the lists…"));
    progressText_->setVisible(checking);
    const bool missing = !drawn() && !ready() && !path_->text().trimmed().isEmpty();
    if (missing) {
        showText(problem_, tr("There is no such folder."));
    } else {
        showText(problem_, problem_->text());
    }
    showText(summary_, report_ ? summaryText()
                       : drawn() || checking || missing || !problem_->text().isEmpty()
                           ? QString()
                           : tr("The check says for every clip whether it can be used; with the quick one only the "
                                "first picture of a clip is decoded."));
    const bool findings = report_ && !report_->findings.empty();
    findingBar_->setVisible(findings);
    findings_->setVisible(findings);
    showParts();
}

QString DataPage::summaryText() const {
    if (!report_) {
        return summary_->text();
    }
    QString facts =
        QStringLiteral("%1 \u00b7 %2")
            .arg(TrainingTexts::layout(report_->layout), tr("different glosses: %1").arg(report_->vocabulary));
    if (report_->findings.empty()) {
        facts += QStringLiteral(" \u00b7 ") + tr("Nothing is wrong.");
    }
    for (const QString& note : report_->notes) {
        facts += QLatin1Char('\n') + factInWindowLanguage(note).value_or(note);
    }
    return facts;
}

void DataPage::showParts() {
    parts_->setVisible(report_.has_value());
    if (!report_) {
        return;
    }
    parts_->setRowCount(static_cast<int>(report_->parts.size()));
    const QLocale locale;
    for (int row = 0; row < parts_->rowCount(); ++row) {
        const CheckReport::Part& part = report_->parts[static_cast<std::size_t>(row)];
        parts_->setItem(row, NameColumn, new QTableWidgetItem(TrainingTexts::part(part.name)));
        const std::pair<int, qint64> figures[] = {{ClipsColumn, part.clips},
                                                  {SignersColumn, part.signers},
                                                  {GlossesColumn, part.glosses},
                                                  {FramesColumn, part.frames}};
        for (const auto& [column, figure] : figures) {
            auto* item = new QTableWidgetItem(locale.toString(figure));
            item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
            parts_->setItem(row, column, item);
        }
    }
    parts_->resizeColumnsToContents();
    parts_->setFixedHeight(parts_->horizontalHeader()->sizeHint().height() +
                           parts_->rowCount() * parts_->verticalHeader()->defaultSectionSize() + 2);
}

void DataPage::showKinds() {
    const QString before = kinds_->currentData().toString();
    kinds_->clear();
    const auto count = [this](const QString& kind) {
        return std::ranges::count_if(report_->findings, [&](const auto& one) { return one.problem == kind; });
    };
    kinds_->addItem(tr("All kinds (%1)").arg(report_->findings.size()), QString());
    for (const QString& kind : report_->kinds()) {
        kinds_->addItem(QStringLiteral("%1 (%2)").arg(TrainingTexts::problem(kind)).arg(count(kind)), kind);
    }
    kinds_->setCurrentIndex(std::max(0, kinds_->findData(before)));
    findings_->showKind(kinds_->currentData().toString());
}

void DataPage::save() {
    const QString path = services_.askWhereToSave(this, tr("Save Problems"), tr("Table (*.tsv)"),
                                                  QDir(folder()).dirName() + QStringLiteral("-problems.tsv"));
    if (path.isEmpty()) {
        return;
    }
    const QByteArray text = findings_->shownText().toUtf8();
    const Result<void> written = writeNewFile(path.toStdString(), std::string_view(text.data(), text.size()));
    problem_->setText(written ? QString() : tr("Not saved. %1").arg(withHint(written.error())));
    update();
}

void DataPage::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
    }
    QWidget::changeEvent(event);
}

void DataPage::retranslate() {
    title_->setText(tr("What is learnt from"));
    draw_->setText(tr("Drawn sentences"));
    drawNote_->setText(tr("The synthetic signer draws as many sentences as are wanted, so that training can be tried "
                          "without any data. A model learns its invented signs only."));
    set_->setText(tr("A data set on this computer"));
    setNote_->setText(tr("PHOENIX-2014, PHOENIX-2014-T, CSL, CSL-Daily, your own videos with a dataset.tsv, or what "
                         "livegloss-cli synth wrote."));
    path_->setPlaceholderText(tr("Folder of the data set"));
    path_->setAccessibleName(tr("Folder of the data set"));
    choose_->setText(tr("Choose…"));
    choose_->setAccessibleName(tr("Choose the folder of the data set"));
    start_->setText(tr("Check"));
    start_->setToolTip(tr("Look at every clip and say what is wrong with it"));
    quick_->setText(tr("Quick"));
    quick_->setToolTip(tr("Decode only the first picture of each clip that states its length"));
    cancel_->setText(tr("Cancel"));
    progress_->setAccessibleName(tr("Progress of the check"));
    parts_->setHorizontalHeaderLabels({tr("Part"), tr("Clips"), tr("Signers"), tr("Glosses"), tr("Frames")});
    parts_->setAccessibleName(tr("Parts of the data set"));
    findingTitle_->setText(tr("Problems"));
    kinds_->setAccessibleName(tr("Kind of problem"));
    copy_->setText(tr("Copy"));
    copy_->setToolTip(tr("Copy the selected problems, or all that are shown"));
    save_->setText(tr("Save…"));
    save_->setToolTip(tr("Save the problems that are shown as a table"));
    findings_->setAccessibleName(tr("Problems"));
    next_->setText(tr("Next: Recipe"));
    if (report_) {
        showKinds();
    }
    findings_->retranslate();
    update();
}

} // namespace livegloss::ui
