#pragma once

#include "ui/actions/action_keys.h"
#include "ui/actions/window_actions.h"
#include "ui/attention/attention_workspace.h"
#include "ui/models/models_workspace.h"
#include "ui/settings/preferences.h"
#include "ui/views/live_workspace.h"
#include "ui/widgets/camera_sign.h"
#include "ui/windows/caption_window.h"
#include "ui/windows/rail.h"

#include <QMainWindow>

class QMenu;
class QStackedWidget;

namespace livegloss::ui {

class Language;
class TrainingWorkspace;

/// Hosts the workspaces, the menu bar and the status line, and nothing else. Remembers where it was.
class MainWindow final : public QMainWindow {
    Q_OBJECT
public:
    /// Takes the workspace. Theme and language are applied by whoever owns the application.
    MainWindow(LiveWorkspace* live, Preferences& preferences, QWidget* parent = nullptr);
    ~MainWindow() override;

    /// Adds the Attention workspace. Takes it; call once.
    void addAttention(AttentionWorkspace* attention);
    /// Adds the Models workspace and lets it choose the model of the live one. Takes it; call once.
    void addModels(ModelsWorkspace* models);
    /// Adds the Training workspace, after the one of models. Takes it; call once.
    void addTraining(TrainingWorkspace* training);

    LiveWorkspace* live() { return live_; }
    /// Null until addModels().
    ModelsWorkspace* models() { return models_; }
    const WindowActions& actions() const { return actions_; }
    ActionKeys& keys() { return keys_; }
    Rail* rail() { return rail_; }
    CaptionWindow* captionWindow() { return captionWindow_; }
    /// Closes without a question, because the system ends the program; unsaved glosses are kept for the next one.
    void closeNow();

protected:
    bool event(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void build();
    void saveState();
    void fitScreen();
    void addWorkspace(Workspace* workspace);
    int addLater(Workspace* workspace);
    void showWorkspace(int index);
    void importCheckpoint(const QString& path, const ImportFacts& known);
    void fillMenus();
    void connectActions();
    void setFullScreen(bool full);
    void applyFullScreen();
    void updateCameraSign();
    Workspace* shownWorkspace() const;
    void retranslate();

    Preferences& preferences_;
    WindowActions actions_;
    LiveWorkspace* live_;
    ModelsWorkspace* models_ = nullptr;
    Rail* rail_;
    ActionKeys keys_;
    QStackedWidget* pages_;
    CaptionWindow* captionWindow_;
    QList<Workspace*> workspaces_;
    QMenu* file_;
    QMenu* edit_;
    QMenu* playback_;
    QMenu* view_;
    QAction* lastWorkspaceEnd_ = nullptr; ///< in the View menu
    QMenu* help_;
    CameraSign* cameraSign_;
    bool wasMaximised_ = false;
    bool asksBeforeClosing_ = false;
    bool closesNow_ = false;
    bool fullScreen_ = false; ///< as the bars are shown
};

} // namespace livegloss::ui
