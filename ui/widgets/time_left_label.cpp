#include "ui/widgets/time_left_label.h"

#include "ui/text_format.h"

#include <QEvent>
#include <QProgressBar>

namespace livegloss::ui {

namespace {

constexpr qint64 earliestMs = 2000;
constexpr double leastShare = 0.01;

} // namespace

TimeLeftLabel::TimeLeftLabel(QProgressBar* bar, QWidget* parent) : QLabel(parent), bar_(bar) {
    setObjectName(QStringLiteral("timeLeft"));
    setProperty("role", QStringLiteral("muted"));
    setVisible(false);
    bar_->installEventFilter(this);
    connect(bar_, &QProgressBar::valueChanged, this, &TimeLeftLabel::update);
}

void TimeLeftLabel::update() {
    const int value = bar_->value();
    if (!sinceBegin_.isValid() || value < last_) {
        sinceBegin_.start();
        first_ = value;
    }
    last_ = value;
    const double span = bar_->maximum() - bar_->minimum();
    const qint64 passed = sinceBegin_.elapsed();
    const double done = span > 0.0 ? (value - first_) / span : 0.0;
    if (passed < earliestMs || done < leastShare || value >= bar_->maximum()) {
        clear();
        return;
    }
    const double rest = (bar_->maximum() - value) / span;
    setText(formatTimeLeft(static_cast<double>(passed) / 1000.0 / done * rest));
}

bool TimeLeftLabel::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::ShowToParent) {
        sinceBegin_.invalidate();
        clear();
        show();
    } else if (event->type() == QEvent::HideToParent) {
        hide();
    }
    return QLabel::eventFilter(watched, event);
}

} // namespace livegloss::ui
