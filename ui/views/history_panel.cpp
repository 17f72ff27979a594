#include "ui/views/history_panel.h"

#include "ui/style/theme.h"
#include "ui/text_format.h"

#include <QApplication>
#include <QClipboard>
#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QScrollBar>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QToolButton>

namespace livegloss::ui {

namespace {

constexpr int cellMargin = grid / 2;

/// Draws the change after the gloss, and a bar under the confidence.
class HistoryDelegate final : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        QStyleOptionViewItem plain = option;
        initStyleOption(&plain, index);
        plain.state &= ~QStyle::State_HasFocus;
        const bool selected = (option.state & QStyle::State_Selected) != 0;
        const ThemeColours& colours = themeColours(option.palette);
        const auto change = static_cast<session::OfflineChange>(index.data(HistoryModel::ChangeRole).toInt());
        if (index.column() == HistoryModel::GlossColumn) {
            plain.font.setWeight(QFont::DemiBold);
            plain.font.setStrikeOut(change == session::OfflineChange::Removed);
        } else if (!selected) {
            plain.palette.setColor(QPalette::Text, colours.muted);
        }
        if (selected) {
            painter->fillRect(option.rect, colours.accent);
        }
        plain.state &= ~QStyle::State_Selected;
        if (selected) {
            plain.palette.setColor(QPalette::Text, colours.onAccent);
        }
        plain.rect.adjust(cellMargin, 0, -cellMargin, 0);
        QApplication::style()->drawControl(QStyle::CE_ItemViewItem, &plain, painter, option.widget);
        painter->save();
        if (index.column() == HistoryModel::GlossColumn) {
            paintChange(*painter, plain, index.data(HistoryModel::ChangeTextRole).toString(),
                        selected ? colours.onAccent : colours.muted);
        } else if (index.column() == HistoryModel::ConfidenceColumn) {
            paintBar(*painter, plain.rect, index.data(HistoryModel::ConfidenceRole).toFloat(),
                     selected ? colours.onAccent : colours.accent, selected ? colours.onAccent : colours.warning);
        }
        painter->restore();
    }

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        return QStyledItemDelegate::sizeHint(option, index) + QSize(2 * cellMargin, 0);
    }

private:
    static void paintChange(QPainter& painter, const QStyleOptionViewItem& item, const QString& text,
                            const QColor& colour) {
        if (text.isEmpty()) {
            return;
        }
        const QFontMetrics bold(item.font);
        QFont small = item.font;
        small.setWeight(QFont::Normal);
        small.setStrikeOut(false);
        QRect area = item.rect.adjusted(bold.horizontalAdvance(item.text) + 2 * grid, 0, -4, 0);
        painter.setFont(small);
        painter.setPen(colour);
        painter.drawText(area, Qt::AlignVCenter | Qt::AlignLeft,
                         QFontMetrics(small).elidedText(text, Qt::ElideRight, area.width()));
    }

    static void paintBar(QPainter& painter, const QRect& cell, float confidence, const QColor& sure,
                         const QColor& unsure) {
        const double room = cell.width();
        const double length = room * std::clamp(static_cast<double>(confidence), 0.0, 1.0);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(confidence < lowConfidence ? unsure : sure);
        painter.drawRoundedRect(QRectF(cell.right() + 1 - length, cell.bottom() - 4, length, 2), 1, 1);
    }
};

} // namespace

HistoryPanel::HistoryPanel(const LiveActions& actions, QWidget* parent)
    : QWidget(parent), view_(new QTableView(this)), empty_(new QLabel(view_)), summary_(new QLabel(this)) {
    setObjectName(QStringLiteral("historyPanel"));
    view_->setObjectName(QStringLiteral("history"));
    view_->setModel(&model_);
    view_->setItemDelegate(new HistoryDelegate(view_));
    view_->setSelectionBehavior(QAbstractItemView::SelectRows);
    view_->setSelectionMode(QAbstractItemView::ExtendedSelection);
    view_->setShowGrid(false);
    view_->setTabKeyNavigation(false);
    view_->setWordWrap(false);
    view_->setFrameShape(QFrame::NoFrame);
    view_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    view_->verticalHeader()->hide();
    view_->verticalHeader()->setDefaultSectionSize(4 * grid);
    view_->horizontalHeader()->hide();
    view_->horizontalHeader()->setMinimumSectionSize(1);
    view_->horizontalHeader()->setSectionResizeMode(HistoryModel::TimeColumn, QHeaderView::Fixed);
    const auto width = [this](const char* widest) {
        return fontMetrics().horizontalAdvance(QString::fromLatin1(widest)) + 2 * cellMargin + grid;
    };
    view_->setColumnWidth(HistoryModel::TimeColumn, width("00:00.0"));
    hoursWidth_ = width("00:00:00.0");
    view_->setColumnWidth(HistoryModel::ConfidenceColumn, width("100 % ?"));
    view_->horizontalHeader()->setSectionResizeMode(HistoryModel::GlossColumn, QHeaderView::Stretch);
    view_->horizontalHeader()->setSectionResizeMode(HistoryModel::ConfidenceColumn, QHeaderView::Fixed);
    view_->setContextMenuPolicy(Qt::ActionsContextMenu);
    view_->addAction(actions[LiveAction::CopyHistory]);
    view_->addAction(actions[LiveAction::SelectHistory]);
    view_->addAction(actions[LiveAction::SaveHistory]);
    connect(view_, &QTableView::clicked, this, &HistoryPanel::chooseRow);
    connect(view_, &QTableView::activated, this, &HistoryPanel::chooseRow);

    empty_->setAlignment(Qt::AlignCenter);
    empty_->setWordWrap(true);
    empty_->setProperty("role", QStringLiteral("muted"));
    auto* emptyLayout = new QVBoxLayout(view_);
    emptyLayout->setContentsMargins(2 * grid, 5 * grid, 2 * grid, 2 * grid);
    emptyLayout->addWidget(empty_);

    summary_->setProperty("role", QStringLiteral("muted"));
    auto* foot = new QHBoxLayout;
    foot->setContentsMargins(2 * grid, 0, grid, 0);
    foot->addWidget(summary_, 1);
    for (const LiveAction action : {LiveAction::CopyHistory, LiveAction::SaveHistory}) {
        auto* button = new QToolButton(this);
        button->setDefaultAction(actions[action]);
        button->setAutoRaise(true);
        foot->addWidget(button);
    }
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, grid / 2);
    column->setSpacing(grid / 2);
    auto* listRow = new QHBoxLayout;
    listRow->setContentsMargins(grid, 0, grid, 0);
    listRow->addWidget(view_);
    column->addLayout(listRow, 1);
    column->addLayout(foot);
    retranslate();
}

void HistoryPanel::setGlosses(const std::vector<session::CaptionGloss>& glosses, bool afterOfflinePass,
                              bool offlineRunning) {
    const QScrollBar* bar = view_->verticalScrollBar();
    const bool atEnd = bar->value() >= bar->maximum();
    model_.setGlosses(glosses);
    afterOfflinePass_ = afterOfflinePass;
    offlineRunning_ = offlineRunning;
    if (!glosses.empty() && glosses.back().start >= std::chrono::hours(1)) {
        view_->setColumnWidth(HistoryModel::TimeColumn, hoursWidth_);
    }
    if (atEnd) {
        view_->scrollToBottom();
    }
    updateSummary();
}

int HistoryPanel::copy() {
    std::vector<int> rows;
    for (const QModelIndex& index : view_->selectionModel()->selectedRows()) {
        rows.push_back(index.row());
    }
    if (rows.empty()) {
        for (int row = 0; row < model_.rowCount(); ++row) {
            rows.push_back(row);
        }
    }
    const QString text = model_.asText(rows);
    if (!text.isEmpty()) {
        QApplication::clipboard()->setText(text);
    }
    return static_cast<int>(text.count(QLatin1Char('\n')));
}

void HistoryPanel::selectAll() {
    view_->selectAll();
}

void HistoryPanel::focusList() {
    view_->setFocus(Qt::ShortcutFocusReason);
}

void HistoryPanel::chooseRow(const QModelIndex& index) {
    // Selecting several must not move the picture.
    const bool several = view_->selectionModel()->selectedRows().size() > 1;
    if (seekable_ && index.isValid() && !several) {
        Q_EMIT momentChosen(model_.gloss(index.row()).start);
    }
}

void HistoryPanel::updateSummary() {
    const int count = model_.standing();
    empty_->setVisible(model_.rowCount() == 0);
    if (offlineRunning_) {
        summary_->setText(tr("Checking the whole clip…"));
    } else if (model_.rowCount() == 0) {
        summary_->clear();
    } else {
        summary_->setText(afterOfflinePass_ ? tr("Glosses: %1, checked").arg(count) : tr("Glosses: %1").arg(count));
    }
}

void HistoryPanel::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
    }
    QWidget::changeEvent(event);
}

void HistoryPanel::retranslate() {
    empty_->setText(tr("Recognised glosses are listed here with their time and confidence."));
    view_->setAccessibleName(tr("History of recognised glosses"));
    model_.retranslate();
    updateSummary();
}

} // namespace livegloss::ui
