#pragma once

#include <QDialog>
#include <QKeySequence>
#include <QList>

#include <array>

class QAction;
class QLabel;
class QLineEdit;
class QPushButton;
class QTreeWidget;
class QTreeWidgetItem;

namespace livegloss::ui {

class ActionKeys;
class KeyField;

/// Every action with its keys, searchable; the keys of the chosen one can be changed, which takes effect at once.
class ShortcutsDialog final : public QDialog {
    Q_OBJECT
public:
    /// `keys` must outlive the dialog.
    ShortcutsDialog(ActionKeys& keys, QWidget* parent);

private:
    static constexpr int keysPerAction = 2;

    void build();
    QWidget* makeEditor();
    void addRow(QAction* action);
    void showKeys(QTreeWidgetItem* row);
    void showAll();
    void showChosen();
    void takeKey(const QKeySequence& key);
    void useElsewhere();
    void restoreChosen();
    void filter(const QString& text);
    void say(const QString& text, bool offersTaking);
    QAction* chosen() const;
    QAction* actionOf(const QTreeWidgetItem* row) const;
    QList<QKeySequence> typedKeys() const;

    ActionKeys& keys_;
    QList<QAction*> actions_; ///< by row
    QLineEdit* search_;
    QTreeWidget* list_;
    std::array<KeyField*, keysPerAction> fields_{};
    QLabel* name_;
    QLabel* note_;
    QPushButton* take_;
    QPushButton* standard_;
    QPushButton* allStandard_;
};

} // namespace livegloss::ui
