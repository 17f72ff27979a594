#include "ui/views/live_workspace.h"

#include "engine/default_compute.h"
#include "ui/settings/computing.h"

#include "ui/style/theme.h"
#include "ui/text_format.h"
#include "ui/widgets/attention_legend.h"
#include "ui/widgets/hint_card.h"

#include <QEvent>
#include <QFileInfo>
#include <QMenu>
#include <QSettings>
#include <QSlider>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>

namespace livegloss::ui {

namespace {

constexpr int sideWidth = 40 * grid;
const QString liveSplitterKey = QStringLiteral("live/splitter");
const QString videoFolderKey = QStringLiteral("live/video-folder");
const QString modelFolderKey = QStringLiteral("live/model-folder");
const QString glossFolderKey = QStringLiteral("live/gloss-folder");

} // namespace

LiveWorkspace::LiveWorkspace(std::unique_ptr<Recogniser> recogniser, const EngineServices& services,
                             const ResourceLocations& resources, Preferences& preferences, QWidget* parent)
    : Workspace(parent),
      preferences_(preferences),
      actions_(this),
      bridge_(std::move(recogniser)),
      recent_(bridge_, preferences.store(), resources.samples, nullptr),
      sources_(actions_, services, resources, recent_.menu(), this),
      models_(actions_, services, resources.demoModel, this),
      glossExport_(bridge_, models_, this),
      earlier_(bridge_, glossExport_, this),
      commands_(actions_, bridge_, preferences, nullptr),
      toolbar_(new LiveToolbar(actions_, sources_.menu(), models_.menu(), this)),
      notice_(new NoticeBar(this)),
      stage_(new Stage(this)),
      captions_(new CaptionView(this)),
      transport_(new TransportBar(actions_, bridge_, this)),
      side_(new SidePanel(actions_, this)),
      status_(new LiveStatus(this)),
      splitter_(new QSplitter(this)) {
    build();
    connectSession();
    connectPickers();
    connectHistory();
    connect(&preferences_, &Preferences::changed, this, &LiveWorkspace::applyPreferences);
    retranslate();
    applyPreferences();
    updateModel();
    updateStage();
}

void LiveWorkspace::build() {
    setObjectName(QStringLiteral("liveWorkspace"));
    auto* main = new QWidget(splitter_);
    auto* mainColumn = new QVBoxLayout(main);
    mainColumn->setContentsMargins(0, 0, 0, 0);
    mainColumn->setSpacing(0);
    mainColumn->addWidget(stage_, 1);
    mainColumn->addWidget(captions_);
    mainColumn->addWidget(transport_);
    splitter_->addWidget(main);
    splitter_->addWidget(side_);
    splitter_->setChildrenCollapsible(false);
    splitter_->setHandleWidth(1);
    splitter_->setStretchFactor(0, 1);
    splitter_->setStretchFactor(1, 0);
    splitter_->setSizes({1000, sideWidth});
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(toolbar_);
    column->addWidget(notice_);
    column->addWidget(splitter_, 1);
}

void LiveWorkspace::connectSession() {
    connect(&bridge_, &SessionBridge::pictureChanged, this, &LiveWorkspace::updateVideo);
    connect(&bridge_, &SessionBridge::captionsChanged, this, &LiveWorkspace::updateHistory);
    connect(&bridge_, &SessionBridge::stateChanged, this, [this] {
        if (!bridge_.isPlaying()) {
            stage_->video()->meter().pause();
        }
    });
    connect(&bridge_, &SessionBridge::snapshotChanged, this, [this] {
        status_->setSnapshot(bridge_.snapshot(), models_.current().has_value());
        updateCaptions();
        updateStage();
    });
    connect(&bridge_, &SessionBridge::jumped, this, [this](MediaTime target) {
        captions_->jump(target);
        Q_EMIT captionsJumped(target);
        stage_->video()->meter().pause();
    });
    connect(&bridge_, &SessionBridge::sourceRequested, this, [this] {
        problem_ = StageProblem::None;
        captions_->clear();
        Q_EMIT captionsCleared();
        stage_->video()->clearPicture();
        updateStage();
        updateModel();
    });
    connect(transport_, &TransportBar::rateChosen, &commands_, &LiveCommands::setRate);
    connect(&commands_, &LiveCommands::rateChanged, transport_, &TransportBar::setRate);
    connect(&commands_, &LiveCommands::mirrorChanged, this,
            [this] { stage_->video()->setMirrored(commands_.mirrored()); });
    connect(toolbar_, &LiveToolbar::attentionStrengthChanged, this,
            [this](int percent) { preferences_.set(&AppSettings::attentionStrength, percent); });
    // Their buttons are disabled then, and the focus would go to whatever is next.
    for (const LiveAction action : {LiveAction::Stop, LiveAction::CloseSource}) {
        connect(actions_[action], &QAction::triggered, stage_->video(), [this] { stage_->video()->setFocus(); });
    }
    connect(&retry_, &QAction::triggered, &bridge_, &SessionBridge::reopen);
    connect(&chooseSource_, &QAction::triggered, this, [this] { toolbar_->sourceButton()->showMenu(); });
}

void LiveWorkspace::connectPickers() {
    const auto open = [this](const media::SourceRequest& source) {
        openSource(source);
        Q_EMIT lookWanted();
    };
    connect(&sources_, &SourcePicker::sourceChosen, this, open);
    connect(&recent_, &RecentSources::chosen, this, open);
    connect(&sources_, &SourcePicker::modelDropped, &models_, &ModelPicker::load);
    connect(&sources_, &SourcePicker::checkpointDropped, this, &LiveWorkspace::checkpointDropped);
    connect(&sources_, &SourcePicker::noCameraFound, this, [this] { showProblem(StageProblem::NoCamera); });
    connect(&sources_, &SourcePicker::noSampleFound, this, [this] { showProblem(StageProblem::NoSample); });
    connect(&dismissProblem_, &QAction::triggered, this, [this] { showProblem(StageProblem::None); });
    stage_->takeDropsOn(this);
    connect(stage_, &Stage::dropped, this, &LiveWorkspace::takeDrop);
    connect(&models_, &ModelPicker::modelLoaded, &bridge_, &SessionBridge::setModel);
    connect(&models_, &ModelPicker::changed, this, &LiveWorkspace::updateModel);
}

void LiveWorkspace::connectHistory() {
    const auto showSide = [this] {
        preferences_.set(&AppSettings::sidePanel, true);
        Q_EMIT sidePanelWanted();
    };
    connect(side_->history(), &HistoryPanel::momentChosen, &bridge_, &SessionBridge::seek);
    connect(actions_[LiveAction::CopyHistory], &QAction::triggered, this,
            [this] { status_->showMessage(tr("Glosses copied: %1").arg(side_->history()->copy())); });
    connect(actions_[LiveAction::SaveHistory], &QAction::triggered, &glossExport_, &GlossExport::save);
    connect(&glossExport_, &GlossExport::saved, status_, &LiveStatus::showMessage);
    connect(&earlier_, &EarlierGlosses::recovered, status_, &LiveStatus::showMessage);
    connect(actions_[LiveAction::SelectHistory], &QAction::triggered, side_->history(), &HistoryPanel::selectAll);
    connect(actions_[LiveAction::GlossAttention], &QAction::triggered, this, [this] {
        if (const auto gloss = side_->history()->chosenGloss()) {
            Q_EMIT glossAttentionAsked(gloss->id);
        }
    });
    connect(actions_[LiveAction::ShowHistory], &QAction::triggered, this, [this, showSide] {
        showSide();
        side_->showHistory();
    });
    connect(actions_[LiveAction::SearchVocabulary], &QAction::triggered, this, [this, showSide] {
        showSide();
        side_->showVocabularySearch();
    });
    connect(side_->hints(), &HintCard::dismissed, this,
            [this] { preferences_.set(&AppSettings::hintsDismissed, true); });
}

void LiveWorkspace::start(const QString& modelPath) {
    const QString last = preferences_.values().modelPath;
    if (!modelPath.isEmpty()) {
        models_.load(modelPath);
    } else if (last.isEmpty()) {
        models_.loadDemo();
    } else {
        models_.loadOrDemo(last);
    }
    modelForNow_ = modelPath;
}

void LiveWorkspace::openSource(const media::SourceRequest& source) {
    bridge_.open(source);
}

void LiveWorkspace::playSample() {
    sources_.playSample(0);
}

QString LiveWorkspace::title() const {
    return tr("Live");
}

QString LiveWorkspace::iconName() const {
    return QStringLiteral("live");
}

void LiveWorkspace::fillMenus(const WorkspaceMenus& menus) {
    const auto add = [this](QMenu* menu, std::initializer_list<LiveAction> group) {
        for (const LiveAction action : group) {
            menu->addAction(actions_[action]);
        }
        menu->addSeparator();
    };
    menus.file->addAction(actions_[LiveAction::OpenFile]);
    menus.file->addMenu(recent_.menu());
    add(menus.file, {LiveAction::UseCamera, LiveAction::OpenStream, LiveAction::PlaySample, LiveAction::OpenPattern,
                     LiveAction::CloseSource});
    add(menus.file, {LiveAction::UseDemoModel, LiveAction::OpenModel, LiveAction::ManageModels});
    menus.file->addAction(actions_[LiveAction::SaveHistory]);
    menus.file->addMenu(earlier_.menu());
    menus.file->addSeparator();
    add(menus.edit,
        {LiveAction::CopyHistory, LiveAction::SelectHistory, LiveAction::SearchVocabulary, LiveAction::GlossAttention});
    add(menus.playback, {LiveAction::PlayPause, LiveAction::Stop, LiveAction::Loop});
    add(menus.playback, {LiveAction::StepBack, LiveAction::StepForward, LiveAction::SecondBack,
                         LiveAction::SecondForward, LiveAction::PreviousGloss, LiveAction::NextGloss});
    add(menus.playback, {LiveAction::Slower, LiveAction::Faster, LiveAction::NormalRate});
    add(menus.view, {LiveAction::Attention, LiveAction::Captions, LiveAction::Mirror, LiveAction::FramingGuide});
    add(menus.view, {LiveAction::LargerCaptions, LiveAction::SmallerCaptions});
    add(menus.view, {LiveAction::SidePanel, LiveAction::ShowHistory});
}

void LiveWorkspace::setImmersive(bool immersive) {
    immersive_ = immersive;
    applyPreferences();
    stage_->video()->setFocus();
}

void LiveWorkspace::saveState(QSettings& store) const {
    store.setValue(liveSplitterKey, splitter_->saveState());
    store.setValue(videoFolderKey, sources_.lastFolder());
    store.setValue(modelFolderKey, models_.lastFolder());
    store.setValue(glossFolderKey, glossExport_.lastFolder());
}

void LiveWorkspace::restoreState(const QSettings& store) {
    splitter_->restoreState(store.value(liveSplitterKey).toByteArray());
    sources_.setLastFolder(store.value(videoFolderKey).toString());
    models_.setLastFolder(store.value(modelFolderKey).toString());
    glossExport_.setLastFolder(store.value(glossFolderKey).toString());
}

void LiveWorkspace::applyPreferences() {
    const AppSettings& values = preferences_.values();
    actions_.setSingleKeys(values.singleKeys);
    captions_->setTextStyle(values);
    captions_->setVisible(values.captions);
    stage_->video()->setAttentionShown(values.attention);
    stage_->video()->setAttentionStrength(values.attentionStrength / 100.0);
    stage_->video()->setMirrored(commands_.mirrored());
    toolbar_->setAttentionStrength(values.attentionStrength);
    toolbar_->setVisible(!immersive_);
    side_->setVisible(values.sidePanel && !immersive_);
    side_->legend()->setVisible(values.attention);
    side_->setHintsWanted(!values.hintsDismissed);
    applyComputing();
}

/// A model is packed for one way of computing: another way loads it again.
void LiveWorkspace::applyComputing() {
    const engine::ComputeRequest request = requestOf(preferences_.values().computing, preferences_.values().device);
    if (request == engine::defaultCompute()) {
        return;
    }
    engine::setDefaultCompute(request);
    models_.reload();
}

void LiveWorkspace::updateCaptions() {
    const session::Snapshot& snapshot = bridge_.snapshot();
    updatePlaceholder();
    captions_->setCaptions(snapshot.committed, snapshot.provisional, snapshot.position);
    Q_EMIT captionsChanged(snapshot.committed, snapshot.provisional, snapshot.position);
}

void LiveWorkspace::updateHistory() {
    const session::Snapshot& snapshot = bridge_.snapshot();
    const session::CaptionList& history = snapshot.offline ? snapshot.offline : snapshot.committed;
    side_->history()->setGlosses(*history, snapshot.offline && snapshot.offlineFromStart, snapshot.offlineRunning);
}

void LiveWorkspace::updateVideo() {
    if (bridge_.request()) {
        stage_->video()->setPicture(bridge_.picture());
    }
}

void LiveWorkspace::updateStage() {
    const session::Snapshot& snapshot = bridge_.snapshot();
    stage_->setMessage(stageMessage(snapshot, bridge_.request(), problem_, stage_->video()->hasPicture(), actions_,
                                    &retry_, &chooseSource_));
    const bool unrecognised = snapshot.committed->empty();
    stage_->video()->setFramingGuide(preferences_.values().framingGuide && commands_.isCamera() &&
                                     bridge_.isPlaying() && unrecognised);
    side_->history()->setSeekable(snapshot.source.seekable);
    updateNotice();
    updateSourceName();
}

void LiveWorkspace::updateSourceName() {
    const auto& request = bridge_.request();
    QString name;
    if (request) {
        name = QString::fromStdString(bridge_.snapshot().source.name);
        if (request->kind == media::SourceKind::TestPattern) {
            name = tr("Test pattern");
        } else if (name.isEmpty() && request->kind == media::SourceKind::File) {
            name = QFileInfo(QString::fromStdString(request->location)).fileName();
        }
    }
    toolbar_->setSourceName(name);
}

void LiveWorkspace::updateModel() {
    bridge_.holdFiles(models_.loading());
    const auto& current = models_.current();
    toolbar_->setModelName(current ? (current->isDemo ? tr("Demo model") : current->name) : QString());
    side_->vocabulary()->setModel(current);
    status_->setModelLine(models_.describe());
    status_->setSnapshot(bridge_.snapshot(), current.has_value());
    updateNotice();
    rememberModel();
    updatePlaceholder();
}

/// For the next start. A file that could not be opened this time stays chosen while it exists.
void LiveWorkspace::rememberModel() {
    const auto& current = models_.current();
    const bool waits = models_.demoInstead() && QFileInfo::exists(models_.problemPath());
    if (current && !models_.loading() && current->path != modelForNow_ && !waits) {
        preferences_.set(&AppSettings::modelPath, current->isDemo ? QString() : current->path);
    }
}

void LiveWorkspace::takeDrop(const QUrl& url) {
    if (!sources_.openDropped(url)) {
        showProblem(StageProblem::NotAVideo);
    }
}

/// Where nothing is open on the stage, else above the source that goes on.
void LiveWorkspace::showProblem(StageProblem problem) {
    problem_ = problem;
    updateStage();
    if (problem != StageProblem::None) {
        Q_EMIT lookWanted();
    }
}

void LiveWorkspace::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
    }
    Workspace::changeEvent(event);
}

void LiveWorkspace::retranslate() {
    actions_.retranslate();
    commands_.retranslate();
    earlier_.retranslate();
    recent_.retranslate();
    sources_.retranslate();
    retry_.setText(tr("Try Again"));
    retry_.setToolTip(tr("Open the same source once more"));
    dismissProblem_.setToolTip(tr("Hide this message"));
    chooseSource_.setText(tr("Choose Another Source"));
    chooseSource_.setToolTip(tr("Show the list of sources"));
    updateModel();
    updateStage();
}

} // namespace livegloss::ui
