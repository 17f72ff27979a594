#include "ui/widgets/time_left_label.h"

#include "ui/text_format.h"

#include <QEvent>
#include <QProgressBar>

namespace livegloss::ui {

TimeLeftLabel::TimeLeftLabel(QProgressBar* bar, QWidget* parent) : QLabel(parent), bar_(bar) {
    setObjectName(QStringLiteral("timeLeft"));
    setProperty("role", QStringLiteral("muted"));
    setVisible(false);
    bar_->installEventFilter(this);
    connect(bar_, &QProgressBar::valueChanged, this, &TimeLeftLabel::update);
}

void TimeLeftLabel::update() {
    const double span = bar_->maximum() - bar_->minimum();
    const double fraction = span > 0.0 ? (bar_->value() - bar_->minimum()) / span : -1.0;
    const auto left = pace_.secondsLeft(std::chrono::steady_clock::now(), fraction);
    setText(left ? formatTimeLeft(*left) : QString());
}

bool TimeLeftLabel::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::ShowToParent) {
        pace_.restart();
        clear();
        show();
    } else if (event->type() == QEvent::HideToParent) {
        hide();
    }
    return QLabel::eventFilter(watched, event);
}

} // namespace livegloss::ui
