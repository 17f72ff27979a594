#pragma once

#include "ui/actions/action_set.h"

namespace livegloss::ui {

/// Actions of the main window itself, in the order of their table.
enum class WindowAction { FullScreen, LeaveFullScreen, CaptionWindow, Settings, Shortcuts, About, Quit, Count };

class WindowActions final : public ActionSet {
    Q_OBJECT
public:
    explicit WindowActions(QWidget* owner);
    QAction* operator[](WindowAction action) const { return at(static_cast<int>(action)); }
};

} // namespace livegloss::ui
