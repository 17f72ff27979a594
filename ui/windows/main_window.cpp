#include "ui/windows/main_window.h"

#include "ui/dialogs/about_dialog.h"
#include "ui/dialogs/import_dialog.h"
#include "ui/dialogs/settings_dialog.h"
#include "ui/dialogs/shortcuts_dialog.h"
#include "ui/style/icons.h"
#include "ui/style/theme.h"
#include "ui/training/training_workspace.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSlider>
#include <QApplication>
#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMenuBar>
#include <QScopedValueRollback>
#include <QScreen>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QStatusTipEvent>
#include <QTabBar>

namespace livegloss::ui {

namespace {

const QString geometryKey = QStringLiteral("window/geometry");
const QSize defaultSize(1180, 760);

/// Keys that mean something to the widget with the focus, as everywhere: only else they are the window's shortcuts.
/// `shortcutPage`: the widget is on the page that the shortcuts without Ctrl belong to.
bool isOwnKey(QObject* watched, const QKeyEvent& event, bool shortcutPage) {
    const int key = event.key();
    const bool plain = event.modifiers() == Qt::NoModifier || event.modifiers() == Qt::ShiftModifier;
    const bool space = plain && key == Qt::Key_Space;
    const bool sideways = plain && (key == Qt::Key_Left || key == Qt::Key_Right);
    const bool typed = space || (plain && !event.text().isEmpty() && event.text().front().isPrint());
    if (qobject_cast<QAbstractButton*>(watched) != nullptr) {
        return space;
    }
    if (qobject_cast<QAbstractSlider*>(watched) != nullptr || qobject_cast<QTabBar*>(watched) != nullptr) {
        return sideways;
    }
    if (qobject_cast<QComboBox*>(watched) != nullptr) {
        return typed;
    }
    if (qobject_cast<QAbstractItemView*>(watched) != nullptr && !shortcutPage) {
        return typed || event.matches(QKeySequence::Copy) || event.matches(QKeySequence::SelectAll);
    }
    return false;
}

} // namespace

MainWindow::MainWindow(LiveWorkspace* live, Preferences& preferences, QWidget* parent)
    : QMainWindow(parent),
      preferences_(preferences),
      actions_(this),
      live_(live),
      rail_(new Rail(this)),
      keys_(preferences.store(), {&live->actions(), &actions_}, [this] { return rail_->actions(); }),
      pages_(new QStackedWidget(this)),
      captionWindow_(new CaptionWindow(preferences, this)),
      cameraSign_(new CameraSign(this)) {
    build();
    fillMenus();
    connectActions();
    retranslate();
    resize(defaultSize);
    restoreGeometry(preferences_.store().value(geometryKey).toByteArray());
    fitScreen();
    for (Workspace* workspace : workspaces_) {
        workspace->restoreState(preferences_.store());
    }
    actions_.setSingleKeys(preferences_.values().singleKeys);
    live_->stage()->video()->setFocus();
    qApp->installEventFilter(this);
}

MainWindow::~MainWindow() {
    qApp->removeEventFilter(this);
}

/// With room for the title bar, whose height is not known yet. A smaller screen than last time counts too.
void MainWindow::fitScreen() {
    constexpr int titleBar = 40;
    const QSize most = screen()->availableSize() - QSize(0, titleBar);
    if (!isMaximized() && !isFullScreen() && (width() > most.width() || height() > most.height())) {
        resize(size().boundedTo(most));
        move(screen()->availableGeometry().topLeft());
    }
}

void MainWindow::build() {
    setObjectName(QStringLiteral("mainWindow"));
    setWindowIcon(applicationIcon());
    setMinimumSize(800, 520);
    auto* central = new QWidget(this);
    auto* row = new QHBoxLayout(central);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(rail_);
    row->addWidget(pages_, 1);
    setCentralWidget(central);
    statusBar()->setSizeGripEnabled(false);
    statusBar()->addPermanentWidget(cameraSign_);
    addWorkspace(live_);
    rail_->choose(0);
    live_->toolbar()->addWindowAction(actions_[WindowAction::CaptionWindow]);
    live_->toolbar()->addWindowAction(actions_[WindowAction::FullScreen]);
    connect(rail_, &Rail::chosen, this, &MainWindow::showWorkspace);
}

void MainWindow::addWorkspace(Workspace* workspace) {
    workspaces_.append(workspace);
    pages_->addWidget(workspace);
    addAction(rail_->addEntry(workspace->iconName(), workspace->title()));
    keys_.apply();
    statusBar()->addPermanentWidget(workspace->statusWidget(), 1);
    workspace->statusWidget()->setVisible(workspaces_.size() == 1);
}

void MainWindow::showWorkspace(int index) {
    rail_->choose(index);
    pages_->setCurrentIndex(index);
    for (int other = 0; other < workspaces_.size(); ++other) {
        workspaces_.at(other)->statusWidget()->setVisible(other == index);
    }
    updateCameraSign();
}

Workspace* MainWindow::shownWorkspace() const {
    return static_cast<Workspace*>(pages_->currentWidget());
}

/// Pages that show the source have a sign of their own, also in full screen; on the others it is in the status line.
void MainWindow::updateCameraSign() {
    const SessionBridge& bridge = live_->bridge();
    const session::State state = bridge.snapshot().state;
    const bool open =
        bridge.request() && bridge.request()->kind == media::SourceKind::Camera &&
        (state == session::State::Opening || state == session::State::Playing || state == session::State::Paused);
    const bool here = open && !shownWorkspace()->showsSource();
    if (here != cameraSign_->isOn()) {
        cameraSign_->setOn(here);
    }
    statusBar()->setVisible(!fullScreen_ || here);
}

/// A workspace besides the first: its entry in the View menu, its state. Returns its index.
int MainWindow::addLater(Workspace* workspace) {
    addWorkspace(workspace);
    const int index = static_cast<int>(workspaces_.size()) - 1;
    view_->insertAction(lastWorkspaceEnd_, rail_->entry(index));
    workspace->restoreState(preferences_.store());
    return index;
}

void MainWindow::addAttention(AttentionWorkspace* attention) {
    const int index = addLater(attention);
    live_->actions()[LiveAction::GlossAttention]->setVisible(true);
    connect(live_, &LiveWorkspace::glossAttentionAsked, attention, [this, attention, index](qint64 id) {
        showWorkspace(index);
        attention->showGloss(id);
    });
}

void MainWindow::addModels(ModelsWorkspace* models) {
    models_ = models;
    const int index = addLater(models);
    QAction* manage = live_->actions()[LiveAction::ManageModels];
    manage->setVisible(true);
    connect(manage, &QAction::triggered, this, [this, index] { showWorkspace(index); });
    ModelPicker& picker = live_->models();
    const auto tell = [this, &picker] {
        models_->setUse({picker.current(), picker.loadingPath(), picker.problem(), picker.problemPath()});
    };
    connect(models, &ModelsWorkspace::useRequested, &picker, &ModelPicker::load);
    connect(live_, &LiveWorkspace::checkpointDropped, models, [this, index](const QString& path) {
        showWorkspace(index);
        models_->takeFile(path);
    });
    connect(models, &ModelsWorkspace::importRequested, this, &MainWindow::importCheckpoint);
    connect(&picker, &ModelPicker::changed, models, tell);
    tell();
}

void MainWindow::addTraining(TrainingWorkspace* training) {
    addLater(training);
    connect(training, &TrainingWorkspace::tryRequested, this, [this](const QString& path) {
        live_->models().load(path);
        showWorkspace(0);
    });
    connect(training, &TrainingWorkspace::addRequested, this, [this](const QString& path, const QString& name) {
        if (models_ != nullptr) {
            showWorkspace(static_cast<int>(workspaces_.indexOf(models_)));
            models_->addModel(path, name);
        }
    });
    connect(training, &TrainingWorkspace::closeAllowed, this, &QWidget::close);
}

void MainWindow::importCheckpoint(const QString& path, const ImportFacts& known) {
    auto* dialog = new ImportDialog(models_->services(), path, models_->shelf().folder(), known, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, models_, [this, dialog] { models_->showNew(dialog->output()); });
    dialog->open();
}

void MainWindow::fillMenus() {
    file_ = menuBar()->addMenu(QString());
    edit_ = menuBar()->addMenu(QString());
    playback_ = menuBar()->addMenu(QString());
    view_ = menuBar()->addMenu(QString());
    help_ = menuBar()->addMenu(QString());
    live_->fillMenus({file_, edit_, playback_, view_});
    file_->addAction(actions_[WindowAction::Quit]);
    edit_->addAction(actions_[WindowAction::Settings]);
    view_->addAction(rail_->entry(0));
    lastWorkspaceEnd_ = view_->addSeparator();
    view_->addAction(actions_[WindowAction::CaptionWindow]);
    view_->addAction(actions_[WindowAction::FullScreen]);
    view_->addAction(actions_[WindowAction::LeaveFullScreen]);
    live_->actions()[LiveAction::ManageModels]->setVisible(false);
    live_->actions()[LiveAction::GlossAttention]->setVisible(false);
    help_->addAction(actions_[WindowAction::Shortcuts]);
    help_->addAction(actions_[WindowAction::About]);
}

void MainWindow::connectActions() {
    const auto on = [this](WindowAction action, auto handler) {
        connect(actions_[action], &QAction::triggered, this, handler);
    };
    on(WindowAction::FullScreen, [this](bool checked) { setFullScreen(checked); });
    on(WindowAction::LeaveFullScreen, [this] { setFullScreen(false); });
    on(WindowAction::CaptionWindow, [this](bool checked) { captionWindow_->setVisible(checked); });
    on(WindowAction::Settings, [this] { SettingsDialog(preferences_, this).exec(); });
    on(WindowAction::Shortcuts, [this] { ShortcutsDialog(keys_, this).exec(); });
    on(WindowAction::About, [this] { AboutDialog(live_->models().current(), this).exec(); });
    on(WindowAction::Quit, [this] { close(); });
    connect(&live_->bridge(), &SessionBridge::stateChanged, this, &MainWindow::updateCameraSign);
    connect(&live_->bridge(), &SessionBridge::sourceRequested, this, &MainWindow::updateCameraSign);
    connect(live_, &LiveWorkspace::lookWanted, this, [this] {
        if (!shownWorkspace()->showsSource()) {
            showWorkspace(0);
        }
    });
    connect(live_, &LiveWorkspace::sidePanelWanted, this, [this] { showWorkspace(0); });
    actions_[WindowAction::LeaveFullScreen]->setEnabled(false);
    connect(captionWindow_, &CaptionWindow::closed, this,
            [this] { actions_[WindowAction::CaptionWindow]->setChecked(false); });
    connect(live_, &LiveWorkspace::captionsChanged, captionWindow_->captions(), &CaptionView::setCaptions);
    connect(live_, &LiveWorkspace::captionsJumped, captionWindow_->captions(), &CaptionView::jump);
    connect(live_, &LiveWorkspace::captionsCleared, captionWindow_->captions(), &CaptionView::clear);
    connect(&preferences_, &Preferences::changed, this,
            [this] { actions_.setSingleKeys(preferences_.values().singleKeys); });
}

void MainWindow::setFullScreen(bool full) {
    if (full == isFullScreen()) {
        return;
    }
    if (full) {
        wasMaximised_ = isMaximized();
        preferences_.store().setValue(geometryKey, saveGeometry());
        showFullScreen();
    } else if (wasMaximised_) {
        showMaximized();
    } else {
        showNormal();
    }
}

/// The desktop may have changed it, too.
void MainWindow::applyFullScreen() {
    const bool full = isFullScreen();
    if (full == fullScreen_) {
        return;
    }
    fullScreen_ = full;
    // A hidden menu bar keeps its actions, and with them their shortcuts.
    menuBar()->setVisible(!full);
    rail_->setVisible(!full);
    updateCameraSign();
    // All of them: another one may be on show when full screen ends. The one on show last, so that it has the focus.
    Workspace* const shown = shownWorkspace();
    for (Workspace* workspace : workspaces_) {
        if (workspace != shown) {
            workspace->setImmersive(full);
        }
    }
    shown->setImmersive(full);
    actions_[WindowAction::FullScreen]->setChecked(full);
    actions_[WindowAction::LeaveFullScreen]->setEnabled(full);
}

bool MainWindow::event(QEvent* event) {
    if (event->type() == QEvent::StatusTip) {
        shownWorkspace()->showStatusTip(static_cast<QStatusTipEvent*>(event)->tip());
        return true;
    }
    return QMainWindow::event(event);
}

bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride) {
        auto* const widget = qobject_cast<QWidget*>(watched);
        const bool shortcutPage = widget != nullptr && live_->isAncestorOf(widget);
        if (isOwnKey(watched, *static_cast<QKeyEvent*>(event), shortcutPage)) {
            event->accept();
            return true;
        }
    }
    return QMainWindow::eventFilter(watched, event);
}

void MainWindow::closeNow() {
    closesNow_ = true;
    live_->earlierGlosses().keepNow();
    saveState(); // a question on show may keep the window from closing
    close();
}

void MainWindow::saveState() {
    if (!isFullScreen()) {
        preferences_.store().setValue(geometryKey, saveGeometry());
    }
    for (const Workspace* workspace : workspaces_) {
        workspace->saveState(preferences_.store());
    }
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (asksBeforeClosing_ && !closesNow_) { // the question on show is the same one
        event->ignore();
        return;
    }
    const QScopedValueRollback asks(asksBeforeClosing_, true);
    for (int index = 0; index < workspaces_.size() && !closesNow_; ++index) {
        if (!workspaces_.at(index)->prepareClose()) {
            showWorkspace(index);
            event->ignore();
            return;
        }
    }
    saveState();
    captionWindow_->close();
    QMainWindow::closeEvent(event);
}

void MainWindow::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
    } else if (event->type() == QEvent::WindowStateChange) {
        applyFullScreen();
    }
    QMainWindow::changeEvent(event);
}

void MainWindow::retranslate() {
    setWindowTitle(QStringLiteral("LiveGloss"));
    actions_.retranslate();
    file_->setTitle(tr("&File"));
    edit_->setTitle(tr("&Edit"));
    playback_->setTitle(tr("&Playback"));
    view_->setTitle(tr("&View"));
    help_->setTitle(tr("&Help"));
    for (int index = 0; index < workspaces_.size(); ++index) {
        rail_->setTitle(index, workspaces_.at(index)->title());
    }
}

} // namespace livegloss::ui
