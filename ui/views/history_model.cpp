#include "ui/views/history_model.h"

#include "ui/text_format.h"

#include <QFont>

#include <algorithm>

namespace livegloss::ui {

namespace {

bool same(const session::CaptionGloss& a, const session::CaptionGloss& b) {
    return a.id == b.id && a.text == b.text && a.start == b.start && a.confidence == b.confidence &&
           a.change == b.change;
}

} // namespace

void HistoryModel::setGlosses(const std::vector<session::CaptionGloss>& glosses) {
    const auto oldSize = static_cast<std::ptrdiff_t>(glosses_.size());
    const auto newSize = static_cast<std::ptrdiff_t>(glosses.size());
    const auto front = std::mismatch(glosses_.begin(), glosses_.end(), glosses.begin(), glosses.end(), same);
    const std::ptrdiff_t head = front.first - glosses_.begin();
    std::ptrdiff_t tail = 0;
    while (tail < std::min(oldSize, newSize) - head && same(glosses_[static_cast<std::size_t>(oldSize - 1 - tail)],
                                                            glosses[static_cast<std::size_t>(newSize - 1 - tail)])) {
        ++tail;
    }
    if (oldSize - tail > head) {
        beginRemoveRows({}, static_cast<int>(head), static_cast<int>(oldSize - tail - 1));
        glosses_.erase(glosses_.begin() + head, glosses_.end() - tail);
        endRemoveRows();
    }
    if (newSize - tail > head) {
        beginInsertRows({}, static_cast<int>(head), static_cast<int>(newSize - tail - 1));
        glosses_.insert(glosses_.begin() + head, glosses.begin() + head, glosses.end() - tail);
        endInsertRows();
    }
}

int HistoryModel::standing() const {
    return static_cast<int>(std::ranges::count_if(
        glosses_, [](const session::CaptionGloss& entry) { return entry.change != session::OfflineChange::Removed; }));
}

QString HistoryModel::asText(std::vector<int> rows) const {
    std::sort(rows.begin(), rows.end());
    QString text;
    for (const int row : rows) {
        const session::CaptionGloss& entry = gloss(row);
        if (entry.change != session::OfflineChange::Removed) {
            text += formatTime(entry.start) + QLatin1Char('\t') + QString::fromStdString(entry.text) +
                    QLatin1Char('\t') + QString::number(static_cast<double>(entry.confidence), 'f', 2) +
                    QLatin1Char('\n');
        }
    }
    return text;
}

void HistoryModel::retranslate() {
    if (!glosses_.empty()) {
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
    }
    Q_EMIT headerDataChanged(Qt::Horizontal, 0, ColumnCount - 1);
}

int HistoryModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(glosses_.size());
}

int HistoryModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QString HistoryModel::changeText(const session::CaptionGloss& entry) const {
    switch (entry.change) {
    case session::OfflineChange::Added:
        return tr("added");
    case session::OfflineChange::Removed:
        return tr("withdrawn");
    case session::OfflineChange::Replaced:
        return tr("was %1").arg(QString::fromStdString(entry.replacedText));
    default:
        return {};
    }
}

QVariant HistoryModel::data(const QModelIndex& index, int role) const {
    const session::CaptionGloss& entry = gloss(index.row());
    switch (role) {
    case Qt::DisplayRole:
        switch (index.column()) {
        case TimeColumn:
            return formatTime(entry.start);
        case GlossColumn:
            return QString::fromStdString(entry.text);
        default:
            return formatConfidence(entry.confidence) +
                   (entry.confidence < lowConfidence ? QStringLiteral(" ?") : QString());
        }
    case Qt::AccessibleTextRole: {
        const QString change = changeText(entry);
        const QString text =
            tr("%1 at %2, confidence %3")
                .arg(QString::fromStdString(entry.text), formatTime(entry.start), formatConfidence(entry.confidence));
        return change.isEmpty() ? text : text + QStringLiteral(", ") + change;
    }
    case Qt::ToolTipRole: {
        QString text = tr("%1 to %2").arg(formatTime(entry.start), formatTime(entry.end));
        if (const QString change = changeText(entry); !change.isEmpty()) {
            text += QStringLiteral(", ") + change;
        }
        for (const session::GlossAlternative& other : entry.alternatives) {
            text += QLatin1Char('\n') +
                    tr("or %1, %2").arg(QString::fromStdString(other.text), formatConfidence(other.probability));
        }
        return text;
    }
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(Qt::AlignVCenter |
                                   (index.column() == ConfidenceColumn ? Qt::AlignRight : Qt::AlignLeft));
    case ConfidenceRole:
        return entry.confidence;
    case ChangeRole:
        return static_cast<int>(entry.change);
    case ChangeTextRole:
        return changeText(entry);
    default:
        return {};
    }
}

QVariant HistoryModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case TimeColumn:
        return tr("Time");
    case GlossColumn:
        return tr("Gloss");
    default:
        return tr("Confidence");
    }
}

} // namespace livegloss::ui
