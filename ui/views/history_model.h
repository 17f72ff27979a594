#pragma once

#include "session/live_session.h"

#include <QAbstractTableModel>

#include <vector>

namespace livegloss::ui {

/// The recognised glosses, oldest first; after the offline pass the list that it gave, with changes named.
class HistoryModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { TimeColumn, GlossColumn, ConfidenceColumn, ColumnCount };
    enum Role { ConfidenceRole = Qt::UserRole + 1, ChangeRole, ChangeTextRole };

    using QAbstractTableModel::QAbstractTableModel;

    /// Keeps the rows that stay, so that selection and scroll position stay with them.
    void setGlosses(const std::vector<session::CaptionGloss>& glosses);
    const session::CaptionGloss& gloss(int row) const { return glosses_[static_cast<std::size_t>(row)]; }
    /// Glosses that stand: without those that the offline pass withdrew.
    int standing() const;
    /// Rows as lines of time, gloss and confidence, separated by tabs.
    QString asText(std::vector<int> rows) const;
    /// Texts in the language in use.
    void retranslate();

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString changeText(const session::CaptionGloss& gloss) const;

    std::vector<session::CaptionGloss> glosses_;
};

} // namespace livegloss::ui
