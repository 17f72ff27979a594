#include "ui/views/live_status.h"

#include "ui/style/icons.h"
#include "ui/style/theme.h"
#include "ui/widgets/elided_label.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>

#include <algorithm>
#include <cmath>

namespace livegloss::ui {

namespace {

constexpr int refreshMs = 250;
constexpr int messageMs = 5000;
/// By which captions of a file come late before that is said.
constexpr double noticedSeconds = 3.0;
const QString nothing = QStringLiteral("–");

QString number(double value, int decimals) {
    return QLocale().toString(value, 'f', decimals);
}

QString deviceText(const engine::ComputeDevice& device) {
    const QString name = QString::fromStdString(device.name);
    return device.threads > 1 ? name + QStringLiteral(" ×%1").arg(device.threads) : name;
}

} // namespace

LiveStatus::LiveStatus(QWidget* parent)
    : QWidget(parent),
      source_(new QLabel(this)),
      encoded_(new QLabel(this)),
      delay_(new QLabel(this)),
      dropped_(new QLabel(this)),
      device_(new QLabel(this)),
      warningIcon_(new QLabel(this)),
      warning_(new ElidedLabel(this)),
      model_(new ElidedLabel(this)) {
    setObjectName(QStringLiteral("liveStatus"));
    messageEnd_.setSingleShot(true);
    connect(&messageEnd_, &QTimer::timeout, this, [this] { setTip({}); });
    snapshot_.committed = snapshot_.provisional = std::make_shared<const std::vector<session::CaptionGloss>>();
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(2 * grid, 0, 2 * grid, 0);
    row->setSpacing(2 * grid);
    for (QLabel* label : {source_, encoded_, delay_, dropped_, device_}) {
        label->setProperty("role", QStringLiteral("muted"));
        row->addWidget(label);
    }
    warning_->setObjectName(QStringLiteral("statusWarning"));
    warning_->setProperty("role", QStringLiteral("warning"));
    auto* warningRow = new QHBoxLayout;
    warningRow->setSpacing(grid / 2);
    warningRow->addWidget(warningIcon_);
    warningRow->addWidget(warning_, 1);
    row->addLayout(warningRow, 1);
    model_->setObjectName(QStringLiteral("modelLine"));
    model_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    row->addWidget(model_, 1);
    retranslate();
}

void LiveStatus::setSnapshot(const session::Snapshot& snapshot, bool hasModel) {
    const bool urgent = snapshot.state != snapshot_.state || snapshot.notSure != snapshot_.notSure ||
                        snapshot.statistics.cannotKeepUp != snapshot_.statistics.cannotKeepUp ||
                        snapshot.statistics.pattern != snapshot_.statistics.pattern ||
                        snapshot.deviceFailure.has_value() != snapshot_.deviceFailure.has_value() ||
                        hasModel != hasModel_;
    if (!urgent && sinceRefresh_.isValid() && sinceRefresh_.elapsed() < refreshMs) {
        return;
    }
    snapshot_ = snapshot;
    hasModel_ = hasModel;
    sinceRefresh_.start();
    refresh();
}

void LiveStatus::setModelLine(const QString& text) {
    modelLine_ = text;
    showLine();
}

void LiveStatus::setTip(const QString& tip) {
    messageEnd_.stop();
    tip_ = tip;
    showLine();
}

/// The model's line and a warning do not both fit a small window, and the warning matters more; a tip was asked for.
void LiveStatus::showLine() {
    model_->setText(tip_.isEmpty() ? modelLine_ : tip_);
    model_->setVisible(!tip_.isEmpty() || warning_->text().isEmpty());
}

void LiveStatus::showMessage(const QString& text) {
    setTip(text);
    messageEnd_.start(messageMs);
}

QString LiveStatus::warning() const {
    return warning_->text();
}

void LiveStatus::refresh() {
    const session::Statistics& figures = snapshot_.statistics;
    const bool running = snapshot_.state == session::State::Playing || snapshot_.state == session::State::Paused;
    const auto rate = [&](double value) {
        return running && value > 0.0 ? number(value, 0) + QStringLiteral("/s") : nothing;
    };
    source_->setText(tr("Source %1").arg(rate(figures.sourceFps)));
    encoded_->setText(tr("Encoded %1").arg(hasModel_ ? rate(figures.encodedFps) : nothing));
    delay_->setText(tr("Delay %1")
                        .arg(running && figures.captionDelaySeconds > 0.0
                                 ? number(figures.captionDelaySeconds, 2) + QStringLiteral(" s")
                                 : nothing));
    dropped_->setText(tr("Dropped %1").arg(figures.droppedOverload + figures.droppedSource));
    dropped_->setToolTip(tr("Frames taken: %1\nEncoded: %2\nLike the frame before: %3\nInterpolated: %4\n"
                            "Dropped because the model was too slow: %5\nLost or damaged at the source: %6\n"
                            "Waiting for the model: %7")
                             .arg(figures.captured)
                             .arg(figures.encoded)
                             .arg(figures.reused)
                             .arg(figures.interpolated)
                             .arg(figures.droppedOverload)
                             .arg(figures.droppedSource)
                             .arg(figures.backlog));
    device_->setText(deviceText(figures.device));
    device_->setVisible(!figures.device.name.empty());
    refreshWarning();
}

/// What goes wrong, the most urgent of it, and what can be done.
LiveStatus::Warning LiveStatus::presentWarning() const {
    const session::Statistics& figures = snapshot_.statistics;
    if (snapshot_.deviceFailure) {
        return {tr("The graphics processor failed: the CPU goes on"),
                QString::fromStdString(snapshot_.deviceFailure->message) + QLatin1Char(' ') +
                    tr("Nothing was lost. Load the model again to go back to the graphics processor.")};
    }
    if (figures.cannotKeepUp) {
        return {tr("Cannot keep up: the model takes %1 of %2 frames a second")
                    .arg(number(figures.encodedFps, 0), number(figures.sourceFps, 0)),
                tr("A smaller model, or fewer programs at the same time, would help.")};
    }
    const double waiting = static_cast<double>(figures.backlog) * std::max(1, figures.pattern.every);
    const double behind = figures.modelFps > 0.0 ? waiting / figures.modelFps : 0.0;
    if (!snapshot_.source.live && snapshot_.state == session::State::Playing && behind >= noticedSeconds) {
        return {tr("Captions are %1 s of the video behind: the model takes %2 frames a second")
                    .arg(number(behind, 0), number(figures.encodedFps, 1)),
                tr("None of these frames is lost, and captions keep their moments. A smaller model or a slower rate of "
                   "playback would help.")};
    }
    if (figures.pattern.automatic && figures.pattern.every > 1) {
        const QString all = number(figures.modelFps, figures.modelFps == std::floor(figures.modelFps) ? 0 : 1);
        return {figures.pattern.every == 2 ? tr("Every 2nd frame: this computer is too slow for all %1").arg(all)
                                           : tr("Every 3rd frame: this computer is too slow for all %1").arg(all),
                tr("What lies between is estimated, so some signs may be missed. A smaller model, or fewer programs at "
                   "the same time, would help; Frames in the settings changes it.")};
    }
    if (snapshot_.notSure && snapshot_.state == session::State::Playing) {
        return {tr("Not sure: this signing is unknown to the model"), {}};
    }
    return {};
}

void LiveStatus::refreshWarning() {
    const auto [text, explanation] = presentWarning();
    // A paragraph, so that it breaks into lines.
    warning_->setToolTip(
        explanation.isEmpty()
            ? QString()
            : QStringLiteral("<p><b>%1</b></p><p>%2</p>").arg(text.toHtmlEscaped(), explanation.toHtmlEscaped()));
    warning_->setText(text);
    warning_->setVisible(!text.isEmpty());
    warningIcon_->setVisible(!text.isEmpty());
    showLine();
    if (!text.isEmpty()) {
        warningIcon_->setPixmap(
            iconPixmap(QStringLiteral("warning"), 18, devicePixelRatioF(), themeColours(palette()).warning));
    }
}

void LiveStatus::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
    } else if (event->type() == QEvent::PaletteChange) {
        refreshWarning();
    }
    QWidget::changeEvent(event);
}

void LiveStatus::retranslate() {
    source_->setToolTip(tr("Frames a second that the source gives"));
    encoded_->setToolTip(tr("Frames a second that the network takes"));
    delay_->setToolTip(tr("From the capture of a frame to the caption that includes it"));
    device_->setToolTip(tr("What the network runs on, and its threads"));
    refresh();
}

} // namespace livegloss::ui
