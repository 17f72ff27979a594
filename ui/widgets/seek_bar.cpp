#include "ui/widgets/seek_bar.h"

#include "ui/style/theme.h"
#include "ui/text_format.h"

#include <QAccessible>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

namespace livegloss::ui {

namespace {

constexpr double trackMargin = 8.0;
constexpr double trackHeight = 4.0;
constexpr double handleRadius = 7.0;
constexpr MediaTime smallStep = std::chrono::seconds(1);
constexpr MediaTime largeStep = std::chrono::seconds(5);

} // namespace

SeekBar::SeekBar(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("seekBar"));
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setLayoutDirection(Qt::LeftToRight);
}

void SeekBar::setDuration(MediaTime duration) {
    if (duration != duration_) {
        duration_ = duration;
        update();
    }
}

void SeekBar::setPosition(MediaTime position) {
    if (position == position_) {
        return;
    }
    const double before = xOf(position_);
    const auto secondBefore = std::chrono::floor<std::chrono::seconds>(position_);
    position_ = position;
    if (static_cast<int>(before * devicePixelRatioF()) != static_cast<int>(xOf(position_) * devicePixelRatioF())) {
        update();
    }
    if (hasFocus() && std::chrono::floor<std::chrono::seconds>(position_) != secondBefore) {
        QAccessibleValueChangeEvent change(this, toSeconds(position_));
        QAccessible::updateAccessibility(&change);
    }
}

void SeekBar::setMarks(std::vector<Mark> marks) {
    marks_ = std::move(marks);
    update();
}

MediaTime SeekBar::timeAt(double x) const {
    const double room = std::max(1.0, width() - 2.0 * trackMargin);
    const double share = std::clamp((x - trackMargin) / room, 0.0, 1.0);
    return std::chrono::round<MediaTime>(duration_ * share);
}

double SeekBar::xOf(MediaTime time) const {
    const double room = std::max(1.0, width() - 2.0 * trackMargin);
    const double share = duration_.count() > 0 ? toSeconds(time) / toSeconds(duration_) : 0.0;
    return trackMargin + std::clamp(share, 0.0, 1.0) * room;
}

const SeekBar::Mark* SeekBar::markAt(MediaTime time) const {
    // A few pixels of tolerance: marks of short glosses are narrow.
    const MediaTime slack = timeAt(trackMargin + 3.0);
    const Mark* best = nullptr;
    for (const Mark& mark : marks_) {
        if (time >= mark.start - slack && time <= mark.end + slack) {
            const auto distance = [&](const Mark& m) { return std::chrono::abs(time - (m.start + m.end) / 2); };
            if (best == nullptr || distance(mark) < distance(*best)) {
                best = &mark;
            }
        }
    }
    return best;
}

QString SeekBar::textAt(double x) const {
    const MediaTime time = timeAt(x);
    const Mark* mark = markAt(time);
    return mark != nullptr ? QStringLiteral("%1  %2").arg(mark->text, formatTime(time)) : formatTime(time);
}

void SeekBar::paintEvent(QPaintEvent*) {
    const ThemeColours& colours = themeColours(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const double middle = height() / 2.0;
    const QRectF track(trackMargin, middle - trackHeight / 2.0, width() - 2.0 * trackMargin, trackHeight);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colours.raised);
    painter.drawRoundedRect(track, 2, 2);
    QRectF played = track;
    played.setRight(xOf(position_));
    painter.setBrush(colours.accent);
    painter.drawRoundedRect(played, 2, 2);

    for (const Mark& mark : marks_) {
        const double left = xOf(mark.start);
        const QRectF area(left, middle + 7.0, std::max(3.0, xOf(mark.end) - left - 1.0), 4.0);
        painter.setBrush(mark.committed ? colours.text : colours.line);
        painter.drawRoundedRect(area, 1.5, 1.5);
    }
    if (hoverX_ >= 0.0 && !dragging_) {
        painter.setBrush(colours.muted);
        painter.drawRect(
            QRectF(std::clamp(hoverX_, trackMargin, width() - trackMargin) - 0.5, middle - 7.0, 1.0, 14.0));
    }
    const QPointF handle(xOf(position_), middle);
    painter.setBrush(colours.accent);
    painter.drawEllipse(handle, handleRadius, handleRadius);
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(colours.text, 2));
        painter.drawEllipse(handle, handleRadius + 2.0, handleRadius + 2.0);
    }
}

void SeekBar::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) {
        dragging_ = true;
        jump(timeAt(event->position().x()));
    }
}

void SeekBar::mouseMoveEvent(QMouseEvent* event) {
    hoverX_ = event->position().x();
    if (dragging_) {
        jump(timeAt(hoverX_));
    }
    QToolTip::showText(mapToGlobal(QPoint(static_cast<int>(hoverX_), -3 * grid)), textAt(hoverX_), this);
    update();
}

void SeekBar::mouseReleaseEvent(QMouseEvent*) {
    dragging_ = false;
}

void SeekBar::leaveEvent(QEvent*) {
    hoverX_ = -1.0;
    update();
}

void SeekBar::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
    case Qt::Key_Left:
        jump(position_ - smallStep);
        break;
    case Qt::Key_Right:
        jump(position_ + smallStep);
        break;
    case Qt::Key_PageUp:
        jump(position_ - largeStep);
        break;
    case Qt::Key_PageDown:
        jump(position_ + largeStep);
        break;
    case Qt::Key_Home:
        jump(MediaTime{0});
        break;
    case Qt::Key_End:
        jump(duration_);
        break;
    default:
        QWidget::keyPressEvent(event);
    }
}

bool SeekBar::event(QEvent* event) {
    if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut) {
        update();
    }
    return QWidget::event(event);
}

void SeekBar::jump(MediaTime time) {
    const MediaTime target = std::clamp(time, MediaTime{0}, duration_);
    setPosition(target);
    Q_EMIT seekRequested(target);
}

} // namespace livegloss::ui
