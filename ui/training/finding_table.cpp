#include "ui/training/finding_table.h"

#include "ui/error_words.h"
#include "ui/style/theme.h"
#include "ui/training/training_texts.h"

#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QKeyEvent>

#include <algorithm>

namespace livegloss::ui {

void FindingModel::setReport(const CheckReport& report) {
    beginResetModel();
    report_ = report;
    endResetModel();
}

int FindingModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(report_.findings.size());
}

int FindingModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant FindingModel::data(const QModelIndex& index, int role) const {
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole) {
        return {};
    }
    const CheckReport::Finding& finding = report_.findings[static_cast<std::size_t>(index.row())];
    switch (index.column()) {
    case ProblemColumn:
        return TrainingTexts::problem(finding.problem);
    case ClipColumn:
        return finding.clip;
    case PartColumn:
        return finding.part;
    case MessageColumn:
        return factInWindowLanguage(finding.message).value_or(finding.message);
    default:
        return finding.place;
    }
}

QVariant FindingModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation == Qt::Vertical || role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case ProblemColumn:
        return tr("Problem");
    case ClipColumn:
        return tr("Clip");
    case PartColumn:
        return tr("Part");
    case MessageColumn:
        return tr("What is wrong");
    default:
        return tr("Listed in");
    }
}

void FindingModel::retranslate() {
    Q_EMIT headerDataChanged(Qt::Horizontal, 0, ColumnCount - 1);
    if (rowCount() > 0) {
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
    }
}

bool FindingTable::Filter::filterAcceptsRow(int row, const QModelIndex&) const {
    const auto& findings = static_cast<const FindingModel*>(sourceModel())->report().findings;
    return kind.isEmpty() || findings[static_cast<std::size_t>(row)].problem == kind;
}

FindingTable::FindingTable(QWidget* parent) : QTableView(parent) {
    setObjectName(QStringLiteral("findings"));
    filter_.setSourceModel(&model_);
    setModel(&filter_);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setShowGrid(false);
    setSortingEnabled(true);
    sortByColumn(-1, Qt::AscendingOrder); // in the order of the data set until somebody sorts
    setTabKeyNavigation(false);
    setWordWrap(false);
    setFrameShape(QFrame::NoFrame);
    verticalHeader()->hide();
    verticalHeader()->setDefaultSectionSize(4 * grid);
    horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setStretchLastSection(true);
}

void FindingTable::setReport(const CheckReport& report) {
    model_.setReport(report);
    const int letter = fontMetrics().averageCharWidth();
    setColumnWidth(FindingModel::ProblemColumn, 24 * letter);
    setColumnWidth(FindingModel::ClipColumn, 28 * letter);
    setColumnWidth(FindingModel::PartColumn, 8 * letter);
    setColumnWidth(FindingModel::MessageColumn, 52 * letter);
}

void FindingTable::showKind(const QString& kind) {
    filter_.kind = kind;
    filter_.refresh();
}

QModelIndexList FindingTable::shownRows() const {
    QModelIndexList rows;
    for (int row = 0; row < filter_.rowCount(); ++row) {
        rows.append(filter_.index(row, 0));
    }
    return rows;
}

CheckReport FindingTable::rows(const QModelIndexList& indexes) const {
    CheckReport chosen;
    for (const QModelIndex& index : indexes) {
        chosen.findings.push_back(model_.report().findings[static_cast<std::size_t>(filter_.mapToSource(index).row())]);
    }
    return chosen;
}

QString FindingTable::shownText() const {
    return rows(shownRows()).text();
}

int FindingTable::copy() const {
    QModelIndexList chosen = selectionModel()->selectedRows();
    std::sort(chosen.begin(), chosen.end());
    if (chosen.isEmpty()) {
        chosen = shownRows();
    }
    QApplication::clipboard()->setText(rows(chosen).text());
    return static_cast<int>(chosen.size());
}

void FindingTable::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy)) {
        copy();
        return;
    }
    QTableView::keyPressEvent(event);
}

} // namespace livegloss::ui
