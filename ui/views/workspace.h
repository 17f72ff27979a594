#pragma once

#include <QWidget>

class QMenu;
class QSettings;

namespace livegloss::ui {

/// Where a workspace puts its actions in the window's menu bar.
struct WorkspaceMenus {
    QMenu* file;
    QMenu* edit;
    QMenu* playback;
    QMenu* view;
};

/// One kind of work, with an entry on the rail. It owns what it works on, so that it can be opened, tested and changed
/// without the others.
class Workspace : public QWidget {
public:
    using QWidget::QWidget;
    virtual QString title() const = 0;
    virtual QString iconName() const = 0;
    virtual void fillMenus(const WorkspaceMenus& menus) = 0;
    /// Its part of the window's status line; owned by the workspace until the window takes it.
    virtual QWidget* statusWidget() = 0;
    virtual void showStatusTip(const QString& tip) = 0;
    /// True hides everything but the essential, for full screen.
    virtual void setImmersive(bool immersive) = 0;
    virtual void saveState(QSettings& store) const = 0;
    virtual void restoreState(const QSettings& store) = 0;
    /// Whether the source is seen here, with the sign that the camera is on.
    virtual bool showsSource() const { return false; }
    /// Before the window closes. False keeps it open; the workspace may ask, and ask the window to close later.
    virtual bool prepareClose() { return true; }
};

} // namespace livegloss::ui
