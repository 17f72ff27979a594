#include "ui/widgets/live_badge.h"

#include "ui/style/theme.h"
#include "ui/widgets/camera_sign.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>

namespace livegloss::ui {

LiveBadge::LiveBadge(QWidget* parent)
    : QWidget(parent),
      live_(new QLabel(this)),
      camera_(new CameraSign(this)),
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
    row->addWidget(camera_);
    row->addSpacing(grid);
    row->addWidget(waiting_);
    row->addStretch();
    retranslate();
}

void LiveBadge::setLive(bool live) {
    live_->setVisible(live);
}

void LiveBadge::setCameraOn(bool on) {
    camera_->setOn(on);
}

bool LiveBadge::cameraOn() const {
    return camera_->isOn();
}

void LiveBadge::setElapsed(const QString& time) {
    elapsed_->setText(time);
}

void LiveBadge::setWaiting(long long frames) {
    waitingFrames_ = frames;
    waiting_->setText(frames > 0 ? tr("Frames waiting: %1").arg(frames) : QString());
}

void LiveBadge::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
    }
    QWidget::changeEvent(event);
}

void LiveBadge::retranslate() {
    live_->setText(tr("LIVE"));
    setWaiting(waitingFrames_);
}

} // namespace livegloss::ui
