#pragma once

#include "ui/models/model_shelf.h"

#include <QListView>
#include <QStandardItemModel>

namespace livegloss::ui {

/// Installed and available models, two lines each, with state and progress.
class ModelList final : public QListView {
    Q_OBJECT
public:
    explicit ModelList(const ModelShelf& shelf, QWidget* parent = nullptr);

    /// Id of the entry that is selected; empty when there is none.
    QString chosen() const;
    void choose(const QString& id);
    /// The model that recognises at the moment, or is being loaded, by path.
    void setUse(const QString& inUse, const QString& loading);
    /// Fills the list anew and keeps the selection.
    void refill();
    /// Brings one entry's state up to date.
    void updateEntry(const QString& id);

Q_SIGNALS:
    void chosenChanged();

protected:
    void changeEvent(QEvent* event) override;

private:
    void addHeading(const QString& text);
    void addEntry(const ShelfEntry& entry);
    void describe(QStandardItem& item, const ShelfEntry& entry) const;
    QStandardItem* itemOf(const QString& id) const;
    QString stateText(const ShelfEntry& entry) const;

    const ModelShelf& shelf_;
    QStandardItemModel rows_;
    QString inUse_;
    QString loading_;
    bool filling_ = false;
};

} // namespace livegloss::ui
