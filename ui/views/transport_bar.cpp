#include "ui/views/transport_bar.h"

#include "ui/style/theme.h"
#include "ui/text_format.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QStackedWidget>
#include <QToolButton>

namespace livegloss::ui {

namespace {

constexpr double rates[] = {0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0};

QString rateText(double rate) {
    return QLocale().toString(rate) + QStringLiteral(" ×");
}

QToolButton* buttonFor(QAction* action, QWidget* parent) {
    auto* button = new QToolButton(parent);
    button->setDefaultAction(action);
    button->setAutoRaise(true);
    button->setIconSize({24, 24});
    button->setFocusPolicy(Qt::TabFocus);
    return button;
}

} // namespace

std::span<const double> playbackRates() {
    return rates;
}

TransportBar::TransportBar(const LiveActions& actions, SessionBridge& bridge, QWidget* parent)
    : QWidget(parent),
      actions_(actions),
      bridge_(bridge),
      middle_(new QStackedWidget(this)),
      position_(new QLabel),
      duration_(new QLabel),
      seekBar_(new SeekBar),
      badge_(new LiveBadge),
      rate_(new QToolButton(this)),
      rateMenu_(new QMenu(this)) {
    setObjectName(QStringLiteral("transportBar"));
    auto* filePage = new QWidget(middle_);
    auto* fileRow = new QHBoxLayout(filePage);
    fileRow->setContentsMargins(grid, 0, grid, 0);
    fileRow->setSpacing(grid);
    fileRow->addWidget(position_);
    fileRow->addWidget(seekBar_, 1);
    fileRow->addWidget(duration_);
    filePage->setLayoutDirection(Qt::LeftToRight);
    middle_->addWidget(filePage);
    middle_->addWidget(badge_);
    middle_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    position_->setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("00:00.0")) + grid / 2);
    position_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    duration_->setProperty("role", QStringLiteral("muted"));

    rate_->setObjectName(QStringLiteral("rate"));
    rate_->setPopupMode(QToolButton::InstantPopup);
    rate_->setAutoRaise(true);
    rate_->setFocusPolicy(Qt::TabFocus);
    rate_->setMenu(rateMenu_);
    rate_->setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("0,25 ×")) + 4 * grid);
    for (const double rate : rates) {
        QAction* choice = rateMenu_->addAction(rateText(rate));
        connect(choice, &QAction::triggered, this, [this, rate] { Q_EMIT rateChosen(rate); });
    }
    rateMenu_->addSeparator();
    rateMenu_->addAction(actions[LiveAction::Slower]);
    rateMenu_->addAction(actions[LiveAction::Faster]);
    rateMenu_->addAction(actions[LiveAction::NormalRate]);

    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(grid, grid / 2, grid, grid / 2);
    row->setSpacing(grid / 2);
    for (const LiveAction action :
         {LiveAction::PlayPause, LiveAction::Stop, LiveAction::StepBack, LiveAction::StepForward}) {
        row->addWidget(buttonFor(actions[action], this));
    }
    row->addWidget(middle_, 1);
    row->addWidget(buttonFor(actions[LiveAction::Loop], this));
    row->addWidget(rate_);

    connect(seekBar_, &SeekBar::seekRequested, &bridge_, &SessionBridge::seek);
    connect(&bridge_, &SessionBridge::snapshotChanged, this, &TransportBar::update);
    connect(&bridge_, &SessionBridge::sourceRequested, this, &TransportBar::update);
    connect(&bridge_, &SessionBridge::captionsChanged, this, &TransportBar::updateMarks);
    setRate(1.0);
    retranslate();
    update();
}

void TransportBar::setRate(double rate) {
    rate_->setText(rateText(rate));
}

void TransportBar::update() {
    const session::Snapshot& snapshot = bridge_.snapshot();
    const auto& request = bridge_.request();
    const bool camera = request && request->kind == media::SourceKind::Camera;
    const bool running = snapshot.state == session::State::Playing || snapshot.state == session::State::Opening ||
                         snapshot.state == session::State::Paused;
    const bool live = snapshot.source.live || camera;
    middle_->setCurrentIndex(request && live ? 1 : 0);
    badge_->setLive(running && snapshot.state == session::State::Playing);
    if (badge_->cameraOn() != (camera && running)) {
        badge_->setCameraOn(camera && running);
    }
    badge_->setElapsed(formatTime(snapshot.position));
    badge_->setWaiting(snapshot.statistics.backlog);
    const MediaTime duration = request ? snapshot.source.duration.value_or(MediaTime{0}) : MediaTime{0};
    seekBar_->setDuration(duration);
    seekBar_->setPosition(request ? snapshot.position : MediaTime{0});
    seekBar_->setEnabled(snapshot.source.seekable && request.has_value());
    position_->setText(formatTime(request ? snapshot.position : MediaTime{0}));
    duration_->setText(formatTimeShort(duration));
    rate_->setEnabled(request && !live);
}

void TransportBar::updateMarks() {
    const session::Snapshot& snapshot = bridge_.snapshot();
    std::vector<SeekBar::Mark> marks;
    const auto add = [&](const session::CaptionList& list, bool committed) {
        for (const session::CaptionGloss& gloss : *list) {
            if (gloss.change != session::OfflineChange::Removed) {
                marks.push_back({gloss.start, gloss.end, QString::fromStdString(gloss.text), committed});
            }
        }
    };
    add(snapshot.offline ? snapshot.offline : snapshot.committed, true);
    if (!snapshot.offline) {
        add(snapshot.provisional, false);
    }
    seekBar_->setMarks(std::move(marks));
}

void TransportBar::changeEvent(QEvent* event) {
    if (event->type() == QEvent::LanguageChange) {
        retranslate();
    }
    QWidget::changeEvent(event);
}

void TransportBar::retranslate() {
    rate_->setToolTip(tr("Playback speed"));
    rate_->setAccessibleName(tr("Playback speed"));
}

} // namespace livegloss::ui
