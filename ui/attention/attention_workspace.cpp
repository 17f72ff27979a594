#include "ui/attention/attention_workspace.h"

#include "ui/sheets/attention_texts.h"
#include "ui/style/theme.h"
#include "ui/text_format.h"
#include "vision/preprocess.h"

#include <QApplication>
#include <QComboBox>
#include <QEvent>
#include <QLabel>
#include <QPushButton>
#include <QScrollBar>
#include <QSettings>
#include <QSplitter>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>

namespace livegloss::ui {

namespace {

constexpr int panelWidth = 42 * grid;
/// Enough for two later frames of a slow model at the rate of a fast camera.
constexpr int readAheadFrames = 20;
const QString splitterKey = QStringLiteral("attentionView/splitter");
const QString rowsKey = QStringLiteral("attentionView/rows");
const QString tourKey = QStringLiteral("attentionView/tourDone");

bool needsFrozen(attention::Shown shown) {
    return shown == attention::Shown::Frozen || shown == attention::Shown::SideBySide ||
           shown == attention::Shown::Difference;
}

} // namespace

AttentionWorkspace::AttentionWorkspace(LiveWorkspace& live, Preferences& preferences, QWidget* parent)
    : Workspace(parent),
      live_(live),
      preferences_(preferences),
      bridge_(live.bridge()),
      view_(new AttentionView(this)),
      message_(new MessagePanel(view_)),
      film_(new FilmStrip(this)),
      transport_(new TransportBar(live.actions(), live.bridge(), this)),
      panel_(new AttentionPanel(this)),
      tour_(new AttentionTour),
      sheetHeading_(new QLabel),
      marks_(new MarkedFrames),
      video_(new VideoExport),
      overTime_(new AttentionOverTime(*view_, bridge_, this)),
      tourAgain_(new QPushButton),
      status_(new QLabel(this)),
      splitter_(new QSplitter(this)),
      rows_(new QSplitter(Qt::Vertical)) {
    build();
    connectSession();
    retranslate();
    updateState();
}

void AttentionWorkspace::build() {
    setObjectName(QStringLiteral("attentionWorkspace"));
    tourAgain_->setObjectName(QStringLiteral("tourAgain"));
    status_->setContentsMargins(grid, 0, grid, 0);
    message_->hide();
    auto* pictures = new QWidget(rows_);
    auto* pictureColumn = new QVBoxLayout(pictures);
    pictureColumn->setContentsMargins(0, 0, 0, 0);
    pictureColumn->setSpacing(0);
    pictureColumn->addWidget(view_, 1);
    pictureColumn->addWidget(film_);
    rows_->addWidget(overTime_->panel());
    rows_->setChildrenCollapsible(false);
    rows_->setHandleWidth(1);
    rows_->setStretchFactor(0, 1);
    rows_->setStretchFactor(1, 0);
    auto* main = new QWidget(splitter_);
    auto* mainColumn = new QVBoxLayout(main);
    mainColumn->setContentsMargins(0, 0, 0, 0);
    mainColumn->setSpacing(0);
    mainColumn->addWidget(rows_, 1);
    mainColumn->addWidget(transport_);
    panel_->addOnTop(tour_);
    sheetHeading_->setProperty("role", QStringLiteral("heading"));
    sheetHeading_->setContentsMargins(0, grid, 0, 0);
    panel_->addBelow(overTime_->regions());
    panel_->addBelow(overTime_->gloss());
    panel_->addBelow(sheetHeading_);
    panel_->addBelow(marks_);
    panel_->addBelow(video_);
    video_->makeJob = [this] { return videoJob(); };
    panel_->addBelow(tourAgain_);
    splitter_->addWidget(main);
    splitter_->addWidget(panel_);
    splitter_->setChildrenCollapsible(false);
    splitter_->setHandleWidth(1);
    splitter_->setStretchFactor(0, 1);
    splitter_->setStretchFactor(1, 0);
    splitter_->setSizes({1000, panelWidth});
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(splitter_);
    tourAgain_->setVisible(false);
}

void AttentionWorkspace::connectSession() {
    connect(&bridge_, &SessionBridge::pictureChanged, this, &AttentionWorkspace::updatePicture);
    connect(&bridge_, &SessionBridge::stateChanged, this, &AttentionWorkspace::updatePicture);
    connect(&bridge_, &SessionBridge::snapshotChanged, this, &AttentionWorkspace::updateState);
    connect(&bridge_, &SessionBridge::sourceRequested, this, [this] {
        view_->clearPicture();
        marks_->clear();
        marks_->setCurrent({});
        film_->clear();
        overTime_->updateSource();
        updateState();
    });
    connect(&live_.models(), &ModelPicker::modelLoaded, this, &AttentionWorkspace::takeModel);
    connect(transport_, &TransportBar::rateChosen, live_.transport(), &TransportBar::rateChosen);
    connect(view_, &AttentionView::patchChosen, panel_, &AttentionPanel::choosePatch);
    connect(view_, &AttentionView::layersChanged, this,
            [this] { panel_->setShown(*view_, bridge_.picture().attended); });
    connect(panel_, &AttentionPanel::viewChanged, this, [this] {
        view_->setView(panel_->view());
        overTime_->setView(panel_->view(), panel_->style());
        askSession();
        updateMarks();
        updatePicture();
        updateState();
    });
    connect(panel_, &AttentionPanel::styleChanged, this, [this] {
        view_->setStyle(panel_->style());
        overTime_->setView(panel_->view(), panel_->style());
        updateMarks();
        updatePicture();
    });
    connect(&retry_, &QAction::triggered, &bridge_, &SessionBridge::reopen);
    connect(tour_, &AttentionTour::finished, this, [this] {
        tourDone_ = true;
        preferences_.store().setValue(tourKey, true);
        tour_->hide();
        tourAgain_->show();
    });
    connect(tourAgain_, &QPushButton::clicked, this, [this] {
        tour_->restart();
        tour_->show();
        tourAgain_->hide();
        panel_->ensureWidgetVisible(tour_);
    });
}

void AttentionWorkspace::takeModel(const engine::LoadedModelPtr& model) {
    if (!model || model->config().layers <= 0 || model->config().patch <= 0) {
        return;
    }
    model_ = model->config();
    loaded_ = model;
    view_->setGrid(vision::visibleRegion(model_->resize, model_->resolution), model_->gridSide(), model_->gridSide());
    panel_->setModel(*model_);
    view_->setView(panel_->view());
    overTime_->setModel(model);
    overTime_->setView(panel_->view(), panel_->style());
    askSession();
    updateMarks();
    marks_->clear(); // they are of the model before, whatever its name
    marks_->setCurrent({});
    updateState();
}

void AttentionWorkspace::updateMarks() {
    if (model_) {
        marks_->setSetting(QString::fromStdString(bridge_.snapshot().source.name), *model_, panel_->view(),
                           panel_->style());
    }
}

/// Nothing is computed that is not on show.
void AttentionWorkspace::askSession() {
    session::SessionSettings settings = bridge_.settings();
    const bool shown = isVisible();
    settings.view = shown ? std::optional(panel_->view()) : std::nullopt;
    settings.attention = !shown && preferences_.values().attention;
    settings.readAheadFrames = shown ? readAheadFrames : session::SessionSettings().readAheadFrames;
    bridge_.setSettings(settings);
}

void AttentionWorkspace::showEvent(QShowEvent* event) {
    Workspace::showEvent(event);
    if (!event->spontaneous() && !isAncestorOf(QApplication::focusWidget())) {
        view_->setFocus(Qt::OtherFocusReason); // the arrows move the red box there
    }
    askSession();
    updatePicture();
    updateState();
}

void AttentionWorkspace::hideEvent(QHideEvent* event) {
    askSession();
    Workspace::hideEvent(event);
}

void AttentionWorkspace::resizeEvent(QResizeEvent* event) {
    Workspace::resizeEvent(event);
    film_->updateGeometry(); // its height follows the window's
    message_->placeIn(view_->rect());
}

void AttentionWorkspace::updatePicture() {
    if (!isVisible() || !bridge_.request()) {
        return;
    }
    view_->setMirrored(live_.stage()->video()->mirrored());
    view_->setPicture(bridge_.picture(), bridge_.isPlaying());
    overTime_->updatePicture();
    updateMarks();
    marks_->setCurrent(bridge_.picture());
    if (panel_->view().shown == attention::Shown::CrossFrame) {
        updateFilm();
    }
}

void AttentionWorkspace::updateFilm() {
    const session::Picture& picture = bridge_.picture();
    const bool fits = picture.attended && picture.attended->view.shown == attention::Shown::CrossFrame;
    if (!fits || !picture.frame || !model_) {
        film_->clear();
        return;
    }
    const vision::Region seen = vision::visibleRegion(model_->resize, model_->resolution);
    film_->setShape(seen.width * picture.frame->width / (seen.height * std::max(1, picture.frame->height)),
                    view_->isMirrored());
    const bool patch = panel_->view().source == engine::AttentionSource::Patch;
    film_->setPicture(picture.attended, panel_->style(), patch ? panel_->view().patch : -1, *model_);
}

QString AttentionWorkspace::notice() const {
    if (!model_) {
        return live_.models().loading() ? tr("Loading the model…") : tr("Without a model there is no attention.");
    }
    const session::Snapshot& snapshot = bridge_.snapshot();
    if (needsFrozen(panel_->view().shown) && snapshot.source.live && bridge_.isPlaying()) {
        return tr("The frozen backbone is a second network. Live, it is computed when there is time, so the picture "
                  "moves at a lower rate; paused, and in files, every frame is exact.");
    }
    if (snapshot.attentionError) {
        return tr("Attention cannot be shown. %1").arg(withHint(*snapshot.attentionError));
    }
    if (snapshot.statistics.cannotKeepUp && bridge_.isPlaying()) {
        return tr("The model cannot keep up, so attention appears late. Pause to see it.");
    }
    return {};
}

void AttentionWorkspace::updateState() {
    const bool file = bridge_.request() && bridge_.request()->kind == media::SourceKind::File;
    video_->setAvailable(file && model_ && view_->hasPicture());
    updateGifPlan(file);
    film_->setVisible(panel_->view().shown == attention::Shown::CrossFrame);
    panel_->setNotice(notice());
    overTime_->updateSource();
    const session::Snapshot& snapshot = bridge_.snapshot();
    const auto message = stageMessage(snapshot, bridge_.request(), StageProblem::None, view_->hasPicture(),
                                      live_.actions(), &retry_, live_.actions()[LiveAction::OpenFile]);
    if (!message || message->busy) {
        message_->hide();
    } else if (!message_->isVisible() || message_->message().title != message->title ||
               message_->message().reason != message->reason || message_->message().detail != message->detail) {
        message_->show(*message);
        message_->placeIn(view_->rect());
    }
    transport_->setRate(bridge_.settings().rate);
    status_->setText(model_ ? tr("%1 · %2").arg(QString::fromStdString(model_->name),
                                                AttentionTexts::settings(panel_->view(), *model_))
                            : QString());
}

void AttentionWorkspace::updateGifPlan(bool file) {
    const session::Snapshot& snapshot = bridge_.snapshot();
    const FramePtr& frame = bridge_.picture().frame;
    if (!file || !frame || !snapshot.source.duration) {
        video_->setPlan(std::nullopt);
        return;
    }
    const auto span = marks_->span();
    const MediaTime length = span ? span->second - span->first : *snapshot.source.duration;
    video_->setPlan(planGif(QSize(frame->width, frame->height), toSeconds(length), panel_->view()));
}

std::optional<AttentionVideoJob> AttentionWorkspace::videoJob() const {
    if (!loaded_ || !bridge_.request() || bridge_.request()->kind != media::SourceKind::File) {
        return std::nullopt;
    }
    AttentionVideoJob job;
    job.input = bridge_.request()->location;
    job.model = loaded_;
    job.view = panel_->view();
    job.view.colours = panel_->style().colours;
    job.view.normalisation = panel_->style().normalisation;
    job.strength = panel_->style().strength;
    if (const auto span = marks_->span()) {
        job.from = span->first;
        job.to = span->second;
    }
    // Else only a part was recognised so far, and the writer recognises the whole.
    if (const session::Snapshot& snapshot = bridge_.snapshot(); snapshot.offline && snapshot.offlineFromStart) {
        job.captions = captionsOf(*snapshot.offline);
    }
    return job;
}

void AttentionWorkspace::showGloss(std::int64_t id) {
    overTime_->updateSource();
    overTime_->gloss()->choose(id);
    // Once the panel has its place: this workspace may just have come on show.
    QTimer::singleShot(0, this, [this] { panel_->verticalScrollBar()->setValue(overTime_->gloss()->y()); });
}

QString AttentionWorkspace::title() const {
    return tr("Attention");
}

QString AttentionWorkspace::iconName() const {
    return QStringLiteral("attention");
}

QWidget* AttentionWorkspace::statusWidget() {
    return status_;
}

void AttentionWorkspace::showStatusTip(const QString& tip) {
    if (tip.isEmpty()) {
        updateState();
    } else {
        status_->setText(tip);
    }
}

void AttentionWorkspace::setImmersive(bool immersive) {
    panel_->setVisible(!immersive);
}

void AttentionWorkspace::saveState(QSettings& store) const {
    store.setValue(splitterKey, splitter_->saveState());
    store.setValue(rowsKey, rows_->saveState());
    panel_->saveState(store);
    overTime_->saveState(store);
}

void AttentionWorkspace::restoreState(const QSettings& store) {
    splitter_->restoreState(store.value(splitterKey).toByteArray());
    rows_->restoreState(store.value(rowsKey).toByteArray());
    panel_->restoreState(store);
    overTime_->restoreState(store);
    tourDone_ = store.value(tourKey, false).toBool();
    tour_->setVisible(!tourDone_);
    tourAgain_->setVisible(tourDone_);
}

/// The destructor gives up what runs: another workspace may still keep the window open.
bool AttentionWorkspace::prepareClose() {
    return !video_->running() || video_->confirmGivingUp() || !video_->running();
}

void AttentionWorkspace::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
    }
    Workspace::changeEvent(event);
}

void AttentionWorkspace::retranslate() {
    sheetHeading_->setText(tr("Sheet and video"));
    tourAgain_->setText(tr("Show the Introduction Again"));
    retry_.setText(tr("Try Again"));
    updateState();
}

} // namespace livegloss::ui
