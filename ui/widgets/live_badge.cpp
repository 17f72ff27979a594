#include "ui/widgets/live_badge.h"

#include "ui/style/icons.h"
#include "ui/style/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>

namespace livegloss::ui {

LiveBadge::LiveBadge(QWidget* parent)
    : QWidget(parent),
      live_(new QLabel(this)),
      cameraIcon_(new QLabel(this)),
      cameraText_(new QLabel(this)),
      elapsed_(new QLabel(this)),
      waiting_(new QLabel(this)) {
    setObjectName(QStringLiteral("liveBadge"));
    const ThemeColours& colours = themeColours(true);
    const QString pill = QStringLiteral("QLabel { background: %1; color: %2; border-radius: 4px; padding: 3px 8px; "
                                        "font-weight: 600; }");
    live_->setStyleSheet(pill.arg(colours.recording.name(), colours.onRecording.name()));
    waiting_->setProperty("role", QStringLiteral("muted"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(grid, 0, grid, 0);
    row->setSpacing(grid);
    row->addWidget(live_, 0, Qt::AlignVCenter);
    row->addWidget(elapsed_);
    row->addSpacing(grid);
    row->addWidget(cameraIcon_);
    row->addWidget(cameraText_);
    row->addSpacing(grid);
    row->addWidget(waiting_);
    row->addStretch();
    setCameraOn(false);
    retranslate();
}

void LiveBadge::setLive(bool live) {
    live_->setVisible(live);
}

void LiveBadge::setCameraOn(bool on) {
    cameraOn_ = on;
    cameraIcon_->setVisible(on);
    cameraText_->setVisible(on);
    if (on) {
        const QColor colour = themeColours(palette()).error;
        cameraIcon_->setPixmap(iconPixmap(QStringLiteral("camera"), 20, devicePixelRatioF(), colour));
    }
}

void LiveBadge::setElapsed(const QString& time) {
    elapsed_->setText(time);
}

void LiveBadge::setWaiting(long long frames) {
    waitingFrames_ = frames;
    waiting_->setText(frames > 0 ? tr("%1 frames waiting").arg(frames) : QString());
}

void LiveBadge::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
    } else if (event->type() == QEvent::PaletteChange) {
        setCameraOn(cameraOn_);
    }
    QWidget::changeEvent(event);
}

void LiveBadge::retranslate() {
    live_->setText(tr("LIVE"));
    cameraText_->setText(tr("Camera on"));
    cameraIcon_->setToolTip(tr("The camera is on. Nothing is recorded."));
    cameraText_->setToolTip(cameraIcon_->toolTip());
    setWaiting(waitingFrames_);
}

} // namespace livegloss::ui
