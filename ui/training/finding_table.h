#pragma once

#include "ui/training/data_check.h"

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>
#include <QTableView>

namespace livegloss::ui {

/// What is wrong with the clips of a data set, a row each.
class FindingModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { ProblemColumn, ClipColumn, PartColumn, MessageColumn, PlaceColumn, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;
    void setReport(const CheckReport& report);
    const CheckReport& report() const { return report_; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    void retranslate();

private:
    CheckReport report_;
};

/// The table, sortable, with one kind of problem or all.
class FindingTable final : public QTableView {
    Q_OBJECT
public:
    explicit FindingTable(QWidget* parent = nullptr);

    void setReport(const CheckReport& report);
    const CheckReport& report() const { return model_.report(); }
    /// Key of a problem; empty: all.
    void showKind(const QString& kind);
    /// The selected rows, or all that are shown, to the clipboard; says how many.
    int copy() const;
    /// What is shown, as CheckReport::text().
    QString shownText() const;
    void retranslate() { model_.retranslate(); }

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    CheckReport rows(const QModelIndexList& indexes) const;
    QModelIndexList shownRows() const;

    class Filter final : public QSortFilterProxyModel {
    public:
        QString kind;
        void refresh() { invalidateFilter(); }

    protected:
        bool filterAcceptsRow(int row, const QModelIndex& parent) const override;
    };

    FindingModel model_;
    Filter filter_;
};

} // namespace livegloss::ui
