#include "ui/training/result_page.h"

#include "ui/style/icons.h"
#include "ui/training/training_texts.h"

#include <QEvent>
#include <QHeaderView>
#include <QLocale>
#include <QTableWidget>

#include <algorithm>

namespace livegloss::ui {

namespace {

enum Column { StepColumn, EpochColumn, ErrorColumn, KeptColumn, ColumnCount };

} // namespace

ResultPage::ResultPage(QWidget* parent)
    : QWidget(parent),
      title_(pageLabel(this, "resultTitle", "title")),
      summary_(pageLabel(this, "resultSummary", "text")),
      note_(pageLabel(this, "resultNote", "muted")),
      try_(pageButton(this, "tryModel", true)),
      add_(pageButton(this, "addModel")),
      folder_(pageButton(this, "showRunFolder")),
      table_(new QTableWidget(0, ColumnCount, this)) {
    setObjectName(QStringLiteral("resultPage"));
    setAttribute(Qt::WA_StyledBackground);
    build();
    retranslate();
}

void ResultPage::build() {
    add_->setIcon(icon(QStringLiteral("model")));
    folder_->setIcon(icon(QStringLiteral("open-file")));
    table_->setObjectName(QStringLiteral("measurements"));
    table_->verticalHeader()->hide();
    table_->verticalHeader()->setDefaultSectionSize(4 * grid);
    table_->horizontalHeader()->setHighlightSections(false);
    table_->horizontalHeader()->setDefaultAlignment(Qt::AlignRight | Qt::AlignVCenter);
    table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setTabKeyNavigation(false);
    table_->setShowGrid(false);
    table_->setFrameShape(QFrame::NoFrame);
    auto* row = new QHBoxLayout;
    row->setSpacing(grid);
    for (QPushButton* button : {try_, add_, folder_}) {
        row->addWidget(button);
    }
    row->addStretch();
    QVBoxLayout* column = pageColumn(this);
    column->addWidget(title_);
    column->addWidget(summary_);
    column->addSpacing(grid / 2);
    column->addLayout(row);
    column->addWidget(note_);
    column->addSpacing(grid);
    column->addWidget(table_, 1);
    column->addStretch();
    connect(try_, &QPushButton::clicked, this, &ResultPage::tryAsked);
    connect(add_, &QPushButton::clicked, this, &ResultPage::addAsked);
    connect(folder_, &QPushButton::clicked, this, &ResultPage::folderAsked);
}

void ResultPage::setResult(const std::vector<Measurement>& measurements, bool hasModel, bool hasFolder, bool active) {
    active_ = active;
    measurements_ = measurements;
    hasModel_ = hasModel;
    hasFolder_ = hasFolder;
    update();
}

void ResultPage::setNote(const QString& note) {
    showText(note_, note);
}

void ResultPage::update() {
    const auto best = std::ranges::find_if(measurements_, [](const Measurement& one) { return one.best; });
    if (best != measurements_.end()) {
        summary_->setText((hasModel_ || active_
                               ? tr("Best: %1 word error rate on dev, at step %2. The model of that step is kept.")
                               : tr("Best: %1 word error rate on dev, at step %2. Its model is no longer there."))
                              .arg(TrainingTexts::percent(best->werPercent), QLocale().toString(qint64{best->step})));
    } else {
        summary_->setText(tr("Nothing has been measured yet. Start training; the first model comes with the first "
                             "measurement on dev."));
    }
    try_->setEnabled(hasModel_);
    add_->setEnabled(hasModel_);
    folder_->setEnabled(hasFolder_);
    table_->setVisible(!measurements_.empty());
    fillTable();
}

void ResultPage::fillTable() {
    const QLocale locale;
    const bool epochs =
        std::ranges::any_of(measurements_, [](const Measurement& one) { return one.epoch.has_value(); });
    table_->setColumnHidden(EpochColumn, !epochs);
    table_->setRowCount(static_cast<int>(measurements_.size()));
    for (int row = 0; row < table_->rowCount(); ++row) {
        // The newest on top.
        const Measurement& one = measurements_[measurements_.size() - 1 - static_cast<std::size_t>(row)];
        const std::pair<int, QString> cells[] = {
            {StepColumn, locale.toString(qint64{one.step})},
            {EpochColumn, one.epoch ? locale.toString(*one.epoch, 'f', 1) : QString()},
            {ErrorColumn, TrainingTexts::percent(one.werPercent)},
            {KeptColumn, one.best ? tr("kept: best so far") : QString()}};
        for (const auto& [column, text] : cells) {
            auto* item = new QTableWidgetItem(text);
            item->setTextAlignment((column == KeptColumn ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
            QFont font = table_->font();
            font.setBold(one.best);
            item->setFont(font);
            table_->setItem(row, column, item);
        }
    }
    table_->resizeColumnsToContents();
}

void ResultPage::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
    }
    QWidget::changeEvent(event);
}

void ResultPage::retranslate() {
    title_->setText(tr("What came out"));
    try_->setText(tr("Try It Live"));
    try_->setToolTip(tr("Recognise with the best model in the Live workspace"));
    add_->setText(tr("Add to Models"));
    add_->setToolTip(tr("Copy the best model to the Models workspace, where it stays"));
    folder_->setText(tr("Show in Folder"));
    folder_->setToolTip(tr("Open the folder of the run in the file manager"));
    table_->setAccessibleName(tr("Measurements on dev"));
    table_->setHorizontalHeaderLabels({tr("Step"), tr("Epoch"), tr("Word error rate"), QString()});
    update();
}

} // namespace livegloss::ui
