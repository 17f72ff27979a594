#include "ui/windows/rail.h"

#include "ui/style/icons.h"
#include "ui/style/theme.h"

#include <QActionGroup>
#include <QEvent>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace livegloss::ui {

Rail::Rail(QWidget* parent) : QFrame(parent), group_(new QActionGroup(this)), column_(new QVBoxLayout(this)) {
    setObjectName(QStringLiteral("rail"));
    setFixedWidth(8 * grid);
    column_->setContentsMargins(grid / 2, grid / 2, grid / 2, grid / 2);
    column_->setSpacing(grid / 2);
    column_->addStretch();
}

QAction* Rail::addEntry(const QString& iconName, const QString& title) {
    const int index = static_cast<int>(group_->actions().size());
    QAction* action = group_->addAction(icon(iconName), title);
    action->setObjectName(QStringLiteral("workspace-") + iconName);
    action->setCheckable(true);
    action->setShortcut(QKeySequence((Qt::CTRL | static_cast<Qt::Key>(Qt::Key_1 + index)).toCombined()));
    addAction(action);
    connect(action, &QAction::triggered, this, [this, index] { Q_EMIT chosen(index); });
    auto* button = new QToolButton(this);
    button->setDefaultAction(action);
    button->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
    button->setIconSize({24, 24});
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::TabFocus);
    button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    column_->insertWidget(index, button);
    setTitle(index, title);
    return action;
}

void Rail::setTitle(int index, const QString& title) {
    QAction* action = entry(index);
    const QString tip = tr("Go to %1").arg(title);
    action->setText(title);
    action->setToolTip(QStringLiteral("%1  (%2)").arg(tip, action->shortcut().toString(QKeySequence::NativeText)));
    action->setStatusTip(tip);
    fitWidth();
}

/// As slim as the longest word allows.
void Rail::fitWidth() {
    int widest = 8 * grid;
    for (const QToolButton* button : findChildren<QToolButton*>(Qt::FindDirectChildrenOnly)) {
        widest = std::max(widest, button->sizeHint().width());
    }
    setFixedWidth(widest);
}

void Rail::changeEvent(QEvent* event) {
    if (event->type() == QEvent::StyleChange || event->type() == QEvent::FontChange) {
        fitWidth();
    }
    QFrame::changeEvent(event);
}

void Rail::choose(int index) {
    entry(index)->setChecked(true);
}

QAction* Rail::entry(int index) const {
    return group_->actions().at(index);
}

} // namespace livegloss::ui
