#include "ui/models/model_list.h"

#include "ui/models/model_texts.h"
#include "ui/style/theme.h"

#include <QEvent>
#include <QPainter>
#include <QStyledItemDelegate>

namespace livegloss::ui {

namespace {

enum Role { IdRole = Qt::UserRole, DetailRole, StateRole, ProgressRole, HeadingRole };

constexpr int rowHeight = 7 * grid;
constexpr int headingHeight = 5 * grid;
constexpr int side = 2 * grid;

/// Two lines of text, the state at the right of the first, and a thin bar for progress.
class RowDelegate final : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        return {option.rect.width(), index.data(HeadingRole).toBool() ? headingHeight : rowHeight};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        if (index.data(HeadingRole).toBool()) {
            paintHeading(*painter, option, index);
        } else {
            paintEntry(*painter, option, index);
        }
        painter->restore();
    }

private:
    static void paintHeading(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index) {
        QFont font = option.font;
        font.setWeight(QFont::DemiBold);
        painter.setFont(font);
        painter.setPen(themeColours(option.palette).muted);
        painter.drawText(option.rect.adjusted(side, 0, -side, -grid / 2), Qt::AlignLeft | Qt::AlignBottom,
                         index.data().toString());
    }

    static void paintEntry(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index) {
        const ThemeColours& colours = themeColours(option.palette);
        const bool selected = (option.state & QStyle::State_Selected) != 0;
        const QRect card = option.rect.adjusted(grid / 2, 1, -grid / 2, -1);
        if (selected || (option.state & QStyle::State_MouseOver) != 0) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(selected ? colours.accent : colours.raised);
            painter.drawRoundedRect(card, 6, 6);
        }
        if ((option.state & QStyle::State_HasFocus) != 0) {
            painter.setPen(QPen(selected ? colours.text : colours.accent, 2));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(card.adjusted(1, 1, -1, -1), 6, 6);
        }
        const QRect text = card.adjusted(side - grid / 2, grid - 1, -side + grid / 2, -grid + 1);
        const QFontMetrics metrics(option.font);
        const QString state = index.data(StateRole).toString();
        const int stateWidth = metrics.horizontalAdvance(state);
        painter.setFont(option.font);
        painter.setPen(selected ? colours.onAccent : colours.accent);
        painter.drawText(text, Qt::AlignRight | Qt::AlignTop, state);
        QFont bold = option.font;
        bold.setWeight(QFont::DemiBold);
        painter.setFont(bold);
        painter.setPen(selected ? colours.onAccent : colours.text);
        painter.drawText(
            text, Qt::AlignLeft | Qt::AlignTop,
            QFontMetrics(bold).elidedText(index.data().toString(), Qt::ElideRight, text.width() - stateWidth - grid));
        painter.setFont(option.font);
        painter.setPen(selected ? colours.onAccent : colours.muted);
        painter.drawText(text, Qt::AlignLeft | Qt::AlignBottom,
                         metrics.elidedText(index.data(DetailRole).toString(), Qt::ElideRight, text.width()));
        if (const QVariant progress = index.data(ProgressRole); progress.isValid()) {
            const QRectF track(text.left(), card.bottom() - 4, text.width(), 2);
            painter.fillRect(track, selected ? colours.onAccent : colours.line);
            painter.fillRect(QRectF(track.topLeft(), QSizeF(track.width() * progress.toDouble(), 2)),
                             selected ? colours.text : colours.accent);
        }
    }
};

} // namespace

ModelList::ModelList(const ModelShelf& shelf, QWidget* parent) : QListView(parent), shelf_(shelf) {
    setObjectName(QStringLiteral("modelList"));
    setModel(&rows_);
    setItemDelegate(new RowDelegate(this));
    setFrameShape(QFrame::NoFrame);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setMouseTracking(true);
    connect(selectionModel(), &QItemSelectionModel::currentChanged, this, [this] {
        if (!filling_) {
            Q_EMIT chosenChanged();
        }
    });
    refill();
}

QString ModelList::chosen() const {
    return currentIndex().data(IdRole).toString();
}

void ModelList::choose(const QString& id) {
    if (const QStandardItem* item = itemOf(id)) {
        setCurrentIndex(item->index());
    }
}

void ModelList::setUse(const QString& inUse, const QString& loading) {
    if (inUse != inUse_ || loading != loading_) {
        inUse_ = inUse;
        loading_ = loading;
        for (const ShelfEntry& entry : shelf_.entries()) {
            updateEntry(entry.id);
        }
    }
}

void ModelList::refill() {
    const QString before = chosen();
    filling_ = true;
    rows_.clear();
    bool inAvailable = false;
    addHeading(tr("On this computer"));
    for (const ShelfEntry& entry : shelf_.entries()) {
        if (!entry.installed() && !inAvailable) {
            inAvailable = true;
            addHeading(tr("Available"));
        }
        addEntry(entry);
    }
    setAccessibleName(tr("Models"));
    QStandardItem* first = itemOf(before);
    if (first == nullptr && !shelf_.entries().empty()) {
        first = itemOf(shelf_.entries().front().id);
    }
    if (first != nullptr) {
        setCurrentIndex(first->index());
    }
    filling_ = false;
    Q_EMIT chosenChanged();
}

void ModelList::updateEntry(const QString& id) {
    QStandardItem* item = itemOf(id);
    const ShelfEntry* entry = shelf_.find(id);
    if (item != nullptr && entry != nullptr) {
        describe(*item, *entry);
    }
}

void ModelList::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        refill();
    }
    QListView::changeEvent(event);
}

void ModelList::addHeading(const QString& text) {
    auto* item = new QStandardItem(text);
    item->setFlags(Qt::NoItemFlags);
    item->setData(true, HeadingRole);
    rows_.appendRow(item);
}

void ModelList::addEntry(const ShelfEntry& entry) {
    auto* item = new QStandardItem(entry.name);
    item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable);
    item->setData(entry.id, IdRole);
    describe(*item, entry);
    rows_.appendRow(item);
}

void ModelList::describe(QStandardItem& item, const ShelfEntry& entry) const {
    const QString detail = ModelTexts::summary(entry);
    const QString state = stateText(entry);
    item.setText(entry.name);
    item.setData(detail, DetailRole);
    item.setData(state, StateRole);
    item.setData(QStringList({entry.name, state, detail}).join(QStringLiteral(", ")), Qt::AccessibleTextRole);
    // Names come from files; a tool tip would show their markup.
    item.setToolTip(QStringLiteral("<p>%1<br>%2</p>").arg(entry.name.toHtmlEscaped(), detail.toHtmlEscaped()));
    const downloads::Download* download = shelf_.download(entry.id);
    const bool begun = download != nullptr && download->bytes() > 0;
    item.setData(begun ? QVariant(static_cast<double>(download->received()) / static_cast<double>(download->bytes()))
                       : QVariant(),
                 ProgressRole);
}

QStandardItem* ModelList::itemOf(const QString& id) const {
    for (int row = 0; !id.isEmpty() && row < rows_.rowCount(); ++row) {
        if (rows_.item(row)->data(IdRole).toString() == id) {
            return rows_.item(row);
        }
    }
    return nullptr;
}

QString ModelList::stateText(const ShelfEntry& entry) const {
    using Phase = downloads::Download::State;
    if (const downloads::Download* download = shelf_.download(entry.id)) {
        switch (download->state()) {
        case Phase::Running:
            return ModelTexts::percent(download->received(), download->bytes());
        case Phase::Checking:
            return tr("Checking");
        case Phase::Failed:
            return tr("Failed");
        case Phase::Paused:
            return tr("Paused");
        case Phase::Installed:
            break;
        }
    }
    if (!entry.installed()) {
        return {};
    }
    if (entry.path == loading_) {
        return tr("Loading");
    }
    if (entry.path == inUse_) {
        return tr("In use");
    }
    return entry.problem ? tr("Unusable") : QString();
}

} // namespace livegloss::ui
