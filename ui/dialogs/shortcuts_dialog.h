#pragma once

#include <QDialog>
#include <QList>

#include <vector>

class QAction;

namespace livegloss::ui {

class ActionSet;

/// Every action with its keys, searchable.
class ShortcutsDialog final : public QDialog {
    Q_OBJECT
public:
    ShortcutsDialog(const std::vector<const ActionSet*>& sets, const QList<QAction*>& more, QWidget* parent);
};

} // namespace livegloss::ui
