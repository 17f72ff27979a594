#pragma once

#include "ui/views/model_picker.h"

#include <QSortFilterProxyModel>
#include <QStringListModel>
#include <QWidget>

class QLabel;
class QLineEdit;
class QListView;

namespace livegloss::ui {

/// The signs that the model knows, with a search.
class VocabularyPanel final : public QWidget {
    Q_OBJECT
public:
    explicit VocabularyPanel(QWidget* parent = nullptr);

    void setModel(const std::optional<ModelInfo>& model);
    void focusSearch();
    QLineEdit* search() { return search_; }
    int shownCount() const { return filtered_.rowCount(); }

protected:
    void changeEvent(QEvent* event) override;

private:
    void updateTexts();

    std::optional<ModelInfo> model_;
    QStringListModel glosses_;
    QSortFilterProxyModel filtered_;
    QLineEdit* search_;
    QLabel* count_;
    QListView* list_;
    QLabel* empty_;
};

} // namespace livegloss::ui
