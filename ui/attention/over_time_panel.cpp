#include "ui/attention/over_time_panel.h"

#include "ui/dialogs/file_dialogs.h"
#include "ui/sheets/over_time_file.h"
#include "ui/style/icons.h"
#include "ui/style/theme.h"
#include "ui/text_format.h"
#include "ui/widgets/time_left_label.h"

#include <QEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSettings>
#include <QStandardPaths>
#include <QToolButton>

#include <algorithm>

namespace livegloss::ui {

namespace {

constexpr int measurementSteps = 1000;
constexpr int zoomSettlingMs = 400;
/// Between two drawings of curves that grow while playing.
constexpr int growingMs = 250;
/// Of a source without an end the newest moments are kept, and a minute of them is on show.
constexpr std::size_t mostLiveMoments = 3000;
constexpr MediaTime liveRange = std::chrono::seconds(60);
const QString group = QStringLiteral("attentionOverTime/");

QString askCurvePath(QWidget* parent, const QString& suggested) {
    return askWhereToSave(
        parent, OverTimePanel::tr("Save Attention over Time"),
        OverTimePanel::tr("Picture (*.png);;Vector drawing (*.svg);;PDF document (*.pdf);;Table of values (*.csv)"),
        suggested);
}

} // namespace

OverTimePanel::OverTimePanel(QWidget* parent)
    : QWidget(parent),
      choose_(askCurvePath),
      fold_(new QToolButton(this)),
      measure_(new QPushButton(this)),
      cancel_(new QPushButton(this)),
      progress_(new QProgressBar(this)),
      zoomOut_(new QToolButton(this)),
      save_(new QToolButton(this)),
      note_(new QLabel(this)),
      body_(new QWidget(this)),
      series_(new SeriesBoxes(body_)),
      plot_(new TimePlot(body_)) {
    build();
    settling_.setSingleShot(true);
    settling_.setInterval(zoomSettlingMs);
    connect(&settling_, &QTimer::timeout, this, &OverTimePanel::measure);
    growing_.setSingleShot(true);
    growing_.setInterval(growingMs);
    connect(&growing_, &QTimer::timeout, this, [this] {
        updateOwnShares();
        plot_->setExtent(extent());
        updateChart();
        Q_EMIT momentsChanged();
    });
    connect(measure_, &QPushButton::clicked, this, &OverTimePanel::measure);
    connect(cancel_, &QPushButton::clicked, this, [this] {
        measurement_.cancel();
        updateControls();
    });
    connect(&measurement_, &ClipMeasurement::progressed, this,
            [this](double fraction) { progress_->setValue(static_cast<int>(fraction * measurementSteps)); });
    connect(&measurement_, &ClipMeasurement::finished, this, &OverTimePanel::takeMeasured);
    connect(zoomOut_, &QToolButton::clicked, plot_, &TimePlot::resetZoom);
    connect(save_, &QToolButton::clicked, this, &OverTimePanel::save);
    connect(plot_, &TimePlot::seekRequested, this, &OverTimePanel::seekRequested);
    connect(plot_, &TimePlot::zoomChanged, this, [this] { zoomOut_->setEnabled(plot_->isZoomed()); });
    connect(fold_, &QToolButton::toggled, this, [this](bool open) {
        body_->setVisible(open);
        setMaximumHeight(open ? QWIDGETSIZE_MAX : fold_->sizeHint().height() + grid);
        updateControls();
    });
    retranslate();
    updateChart();
}

void OverTimePanel::build() {
    setObjectName(QStringLiteral("overTimePanel"));
    fold_->setObjectName(QStringLiteral("foldOverTime"));
    measure_->setObjectName(QStringLiteral("measureClip"));
    fold_->setCheckable(true);
    fold_->setChecked(true);
    fold_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    save_->setToolButtonStyle(Qt::ToolButtonTextOnly);
    zoomOut_->setToolButtonStyle(Qt::ToolButtonTextOnly);
    progress_->setRange(0, measurementSteps);
    progress_->setTextVisible(false);
    progress_->setFixedHeight(grid);
    progress_->setMaximumWidth(30 * grid);
    note_->setWordWrap(true);
    note_->setContentsMargins(grid, 0, grid, grid / 2);
    auto* head = new QHBoxLayout;
    head->setContentsMargins(grid, grid / 2, grid, grid / 2);
    head->setSpacing(grid);
    head->addWidget(fold_);
    head->addWidget(measure_);
    head->addWidget(progress_, 1);
    head->addWidget(cancel_);
    head->addWidget(new TimeLeftLabel(progress_, this), 1); // a share of its own: its words move nothing when they come
    head->addStretch();
    head->addWidget(zoomOut_);
    head->addWidget(save_);
    connect(series_, &SeriesBoxes::changed, this, &OverTimePanel::updateChart);
    auto* row = new QHBoxLayout(body_);
    row->setContentsMargins(2 * grid, 0, grid, grid);
    row->setSpacing(grid);
    row->addWidget(series_);
    row->addWidget(plot_, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(head);
    column->addWidget(note_);
    column->addWidget(body_, 1);
}

void OverTimePanel::setClip(const Clip& clip) {
    if (clip == clip_) {
        return;
    }
    const bool other = clip.file != clip_.file || clip.name != clip_.name;
    clip_ = clip;
    plot_->setSeekable(clip_.seekable);
    if (other) {
        measurement_.cancel();
        settling_.stop();
        whole_ = false;
        clearMoments();
        setNote({}, false);
    }
    plot_->setExtent(extent());
    updateControls();
}

void OverTimePanel::setModel(const engine::LoadedModelPtr& model) {
    model_ = model;
    remeasure();
}

void OverTimePanel::setView(const attention::View& view) {
    const bool same = requestFor(measuredView(view)) == requestFor(measuredView(view_)) &&
                      view.source == view_.source && view.patch == view_.patch;
    view_ = view;
    if (!same) {
        remeasure();
    }
}

void OverTimePanel::setRegions(const attention::RegionSource& source, const std::optional<vision::Region>& own) {
    own_ = own;
    if (source != regions_) {
        regions_ = source;
        if (clip_.file && model_ && (whole_ || measurement_.running())) {
            settling_.start();
        }
    }
    updateOwnShares();
    updateChart();
}

void OverTimePanel::setGlosses(const std::vector<session::CaptionGloss>& glosses) {
    data_.glosses.clear();
    for (const session::CaptionGloss& gloss : glosses) {
        if (gloss.change != session::OfflineChange::Removed) {
            data_.glosses.push_back({gloss.start, gloss.end, gloss.text});
        }
    }
    updateChart();
}

void OverTimePanel::setPicture(const session::Picture& picture) {
    if (!picture.frame) {
        return;
    }
    const session::AttendedPicturePtr& attended = picture.attended;
    const bool fits = attended && model_ && attended->view.source == view_.source &&
                      requestFor(measuredView(attended->view)) == requestFor(measuredView(view_));
    if (fits && !whole_ && !measurement_.running()) {
        attention::Moment moment = momentOf(attended->layers, *picture.frame, model_->config());
        moment.time = attended->time;
        moment.frameIndex = attended->frameIndex;
        const bool tells = moment.entropy || moment.centre; // a difference alone does not
        const auto place = std::ranges::lower_bound(data_.moments, moment.time, {}, &attention::Moment::time);
        const bool known = place != data_.moments.end() && place->time == moment.time;
        if (tells && (!known || addTo(*place, moment))) {
            if (!known) {
                data_.moments.insert(place, std::move(moment));
            }
            if (clip_.duration == MediaTime{0} && data_.moments.size() > mostLiveMoments) {
                data_.moments.erase(data_.moments.begin());
            }
            if (!growing_.isActive()) {
                growing_.start();
            }
        }
    }
    plot_->setCursor(picture.position);
}

void OverTimePanel::clearMoments() {
    data_.moments.clear();
    measuredRegions_ = {};
    updateOwnShares();
    updateChart();
    Q_EMIT momentsChanged();
}

void OverTimePanel::remeasure() {
    const bool again = whole_ || measurement_.running() || settling_.isActive();
    measurement_.cancel();
    whole_ = false;
    clearMoments();
    if (again && clip_.file && model_) {
        settling_.start();
    }
    updateControls();
}

void OverTimePanel::measure() {
    settling_.stop();
    if (!clip_.file || !model_) {
        return;
    }
    attention::OverTimeJob job;
    job.input = *clip_.file;
    job.model = model_;
    job.view = view_;
    job.regions = askedRegions_ = regions_;
    progress_->setValue(0);
    setNote({}, false);
    measurement_.start(std::move(job));
    updateControls();
}

void OverTimePanel::takeMeasured() {
    const auto& measured = measurement_.result();
    if (measured) {
        data_.moments = *measured;
        measuredRegions_ = askedRegions_;
        whole_ = true;
        updateOwnShares();
        updateChart();
        Q_EMIT momentsChanged();
    } else {
        setNote(withHint(measured.error()), true);
    }
    updateControls();
}

void OverTimePanel::updateOwnShares() {
    data_.own.clear();
    if (own_ && model_) {
        const model::ModelConfig& config = model_->config();
        data_.own = sharesOn(data_.moments, *own_, vision::visibleRegion(config.resize, config.resolution));
    }
}

TimeRange OverTimePanel::extent() const {
    const MediaTime last = data_.moments.empty() ? MediaTime{0} : data_.moments.back().time;
    if (clip_.duration > MediaTime{0}) {
        return {MediaTime{0}, std::max(clip_.duration, last)};
    }
    return {std::max(MediaTime{0}, last - liveRange), std::max(last, liveRange)};
}

void OverTimePanel::updateChart() {
    const bool dark = &themeColours(palette()) == &themeColours(true);
    plot_->setChart(overTimeChart(data_, series_->chosen(), dark));
    series_->setKnown(data_);
    updateControls();
}

QString OverTimePanel::hint() const {
    if (!model_) {
        return tr("Without a model there is no attention.");
    }
    if (std::ranges::any_of(allSeries, [this](OverTimeSeries series) { return hasSeries(data_, series); })) {
        return tr("Every curve is switched off.");
    }
    if (measurement_.running()) {
        return tr("The curves appear when the whole clip has been measured.");
    }
    if (view_.shown == attention::Shown::Difference) {
        return clip_.file ? tr("A difference has no curves of its own: measure the clip to see those of AdaptSign.")
                          : tr("A difference has no curves of its own.");
    }
    return clip_.file ? tr("Measure the clip to see its attention over time. Playing it fills in what is shown, "
                           "moment by moment.")
                      : tr("The curves grow while attention is shown.");
}

void OverTimePanel::updateControls() {
    const bool open = fold_->isChecked();
    const bool running = measurement_.running();
    const bool hadFocus = measure_->hasFocus() || cancel_->hasFocus();
    measure_->setVisible(open && clip_.file.has_value() && !running);
    measure_->setEnabled(model_ != nullptr && !(whole_ && measuredRegions_ == regions_));
    progress_->setVisible(open && running);
    cancel_->setVisible(open && running);
    zoomOut_->setVisible(open);
    zoomOut_->setEnabled(plot_->isZoomed());
    save_->setVisible(open);
    save_->setEnabled(!plot_->chart().curves.isEmpty());
    if (hadFocus) { // else it would pass to "Save", which the space bar then presses
        QWidget* const idle = measure_->isEnabled() ? static_cast<QWidget*>(measure_) : plot_;
        (running ? cancel_ : idle)->setFocus();
    }
    plot_->setHint(hint());
    const bool shares = hasSeries(data_, OverTimeSeries::Elsewhere);
    const bool tells = open && !data_.moments.empty() && !shares && !running;
    if (tells && note_->property("kind").toString() != QLatin1String("result")) {
        note_->setText(regions_.origin != attention::RegionOrigin::None && !whole_
                           ? tr("Measure the clip to see what share of the attention falls on hands and face.")
                           : tr("No region is known, so shares are not shown: under Regions on the right, draw one on "
                                "the video or choose where hands and face are known from."));
        note_->setProperty("kind", QStringLiteral("regions"));
    } else if (note_->property("kind").toString() == QLatin1String("regions")) {
        note_->clear();
    }
    note_->setVisible(open && !note_->text().isEmpty());
}

void OverTimePanel::setNote(const QString& text, bool warning) {
    note_->setProperty("kind", text.isEmpty() ? QString() : QStringLiteral("result"));
    note_->setProperty("role", warning ? QStringLiteral("warning") : QStringLiteral("muted"));
    note_->setStyleSheet(QStringLiteral("/**/")); // takes up the role
    note_->setText(text);
    updateControls();
}

void OverTimePanel::save() {
    const QString folder = QStandardPaths::writableLocation(QStandardPaths::PicturesLocation);
    QString path =
        choose_(this, QStringLiteral("%1/%2-over-time.png").arg(folder, QFileInfo(clip_.name).completeBaseName()));
    if (path.isEmpty()) {
        return;
    }
    path += QFileInfo(path).suffix().isEmpty() ? QStringLiteral(".png") : QString();
    const auto written = saveOverTime(
        {clip_.name, model_->config(), view_, measuredRegions_, own_, data_, series_->chosen(), plot_->range()}, path);
    setNote(written ? tr("Saved as %1").arg(QFileInfo(path).fileName()) : withHint(written.error()), !written);
}

void OverTimePanel::saveState(QSettings& store) const {
    store.setValue(group + QStringLiteral("open"), fold_->isChecked());
    series_->saveState(store);
}

void OverTimePanel::restoreState(const QSettings& store) {
    fold_->setChecked(store.value(group + QStringLiteral("open"), true).toBool());
    series_->restoreState(store);
}

void OverTimePanel::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange || event->type() == QEvent::PaletteChange) {
        retranslate();
        updateChart();
    }
    QWidget::changeEvent(event);
}

void OverTimePanel::retranslate() {
    fold_->setText(tr("Over time"));
    fold_->setIcon(icon(QStringLiteral("chevron-down")));
    fold_->setToolTip(tr("Show or hide the curves below the video"));
    measure_->setText(tr("Measure Clip"));
    measure_->setToolTip(tr("Send the whole clip through the network and draw every curve"));
    cancel_->setText(tr("Cancel"));
    progress_->setAccessibleName(tr("Measuring the clip"));
    zoomOut_->setText(tr("Whole Clip"));
    zoomOut_->setToolTip(tr("Zoom out. The wheel, + and − zoom; Shift with the wheel moves."));
    save_->setText(tr("Save…"));
    save_->setToolTip(tr("Write the curves as a picture, document or table"));
    plot_->setAccessibleName(tr("Attention over time"));
    plot_->setAccessibleDescription(
        tr("Left and right step from moment to moment, plus and minus zoom, 0 shows the whole clip."));
    updateControls();
}

} // namespace livegloss::ui
