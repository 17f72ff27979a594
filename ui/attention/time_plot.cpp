#include "ui/attention/time_plot.h"

#include "ui/style/theme.h"
#include "ui/text_format.h"

#include <QAccessible>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace livegloss::ui {

namespace {

constexpr double keyZoom = 1.5;
constexpr double wheelZoom = 1.25;
constexpr double wheelStep = 120.0;
constexpr MediaTime shortestRange = std::chrono::milliseconds(400);
constexpr double pageShare = 0.8; ///< of the range that Page Up and Down move it by

bool isOwnKey(int key) {
    switch (key) {
    case Qt::Key_Left:
    case Qt::Key_Right:
    case Qt::Key_Home:
    case Qt::Key_End:
    case Qt::Key_PageUp:
    case Qt::Key_PageDown:
    case Qt::Key_Plus:
    case Qt::Key_Equal:
    case Qt::Key_Minus:
    case Qt::Key_0:
        return true;
    default:
        return false;
    }
}

ChartColours screenColours(const ThemeColours& theme) {
    QColor band = theme.accent;
    band.setAlphaF(0.28F);
    return {theme.surface, theme.text, theme.muted, theme.line, band, theme.text};
}

} // namespace

TimePlot::TimePlot(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("timePlot"));
    setAttribute(Qt::WA_OpaquePaintEvent);
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setLayoutDirection(Qt::LeftToRight);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void TimePlot::setChart(const TimeChart& chart) {
    chart_ = chart;
    redraw();
}

void TimePlot::setExtent(const TimeRange& extent) {
    if (extent == extent_) {
        return;
    }
    const bool zoomed = isZoomed() && range_.from >= extent.from && range_.to <= extent.to;
    extent_ = extent;
    if (!zoomed) {
        range_ = extent;
        Q_EMIT zoomChanged();
    }
    redraw();
}

void TimePlot::setCursor(MediaTime time) {
    if (time == cursor_) {
        return;
    }
    const bool wasInside = cursor_ >= range_.from && cursor_ <= range_.to;
    cursor_ = time;
    if (isZoomed() && wasInside && (time < range_.from || time > range_.to)) {
        const MediaTime from = time - range_.length() / 10;
        setRange({from, from + range_.length()});
    }
    update();
}

void TimePlot::setHint(const QString& hint) {
    if (hint != hint_) {
        hint_ = hint;
        redraw();
    }
}

void TimePlot::zoom(double factor, MediaTime around) {
    const double length = toSeconds(range_.length()) / factor;
    const double share = toSeconds(around - range_.from) / std::max(1e-6, toSeconds(range_.length()));
    const MediaTime wanted = std::max(fromSeconds(length), shortestRange);
    const MediaTime from = around - fromSeconds(share * toSeconds(wanted));
    setRange({from, from + wanted});
}

void TimePlot::resetZoom() {
    setRange(extent_);
}

/// Kept inside the clip.
void TimePlot::setRange(TimeRange range) {
    const MediaTime length = std::min(range.length(), extent_.length());
    range.from = std::clamp(range.from, extent_.from, extent_.to - length);
    range.to = range.from + length;
    if (range != range_) {
        range_ = range;
        redraw();
        Q_EMIT zoomChanged();
    }
}

QRectF TimePlot::timeArea() const {
    return chartTimeArea(QRectF(rect()));
}

MediaTime TimePlot::timeAt(double x) const {
    return chartTime(timeArea(), range_, x);
}

double TimePlot::xOf(MediaTime time) const {
    return chartX(timeArea(), range_, time);
}

QString TimePlot::textAt(MediaTime time) const {
    const auto index = chartIndexAt(chart_, time);
    const bool counted = chart_.counts && index.has_value();
    QStringList parts{counted ? tr("Step %1").arg(QLocale().toString(std::llround(toSeconds(chart_.times[*index]))))
                              : formatTime(time)};
    for (const ChartBand& band : chart_.bands) {
        if (band.start <= time && time < band.end) {
            parts.append(band.text);
        }
    }
    for (const ChartCurve& curve : chart_.curves) {
        const auto value = index ? chartValueAt(curve, *index) : std::nullopt;
        parts.append(
            tr("%1: %2").arg(curve.name, value ? chartValue(chart_.lanes.at(curve.lane), *value) : tr("not known")));
    }
    return parts.join(QLatin1Char('\n'));
}

void TimePlot::redraw() {
    drawn_ = {};
    update();
}

bool TimePlot::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (isOwnKey(key->key()) && !(key->modifiers() & ~(Qt::ShiftModifier | Qt::KeypadModifier))) {
            event->accept(); // here the arrows step from moment to moment
            return true;
        }
    }
    if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut) {
        update();
    }
    return QWidget::event(event);
}

void TimePlot::paintEvent(QPaintEvent*) {
    const ThemeColours& theme = themeColours(palette());
    const double ratio = devicePixelRatioF();
    if (drawn_.isNull()) {
        drawn_ = QPixmap((QSizeF(size()) * ratio).toSize());
        drawn_.setDevicePixelRatio(ratio);
        QPainter painter(&drawn_);
        QFont small = font();
        small.setPointSizeF(small.pointSizeF() * 0.85);
        painter.setFont(small);
        if (chart_.curves.isEmpty()) {
            painter.fillRect(rect(), theme.surface);
            painter.setFont(font());
            painter.setPen(theme.muted);
            painter.drawText(rect().adjusted(2 * grid, grid, -2 * grid, -grid), Qt::AlignCenter | Qt::TextWordWrap,
                             hint_);
        } else {
            paintTimeChart(painter, QRectF(rect()), chart_, range_, screenColours(theme));
        }
    }
    QPainter painter(this);
    painter.drawPixmap(0, 0, drawn_);
    if (!chart_.curves.isEmpty()) {
        const QRectF area = timeArea();
        if (hoverX_ >= area.left() && hoverX_ <= area.right()) {
            painter.fillRect(QRectF(hoverX_ - 0.5, 0, 1, height()), theme.muted);
        }
        const double x = xOf(cursor_);
        if (x >= area.left() - 1.0 && x <= area.right() + 1.0) {
            painter.fillRect(QRectF(x - 1.0, 0, 2, height()), theme.accent);
        }
    }
    if (hasFocus()) {
        painter.setPen(QPen(theme.accent, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(QRectF(rect()).adjusted(1, 1, -1, -1));
    }
}

void TimePlot::resizeEvent(QResizeEvent* event) {
    redraw();
    QWidget::resizeEvent(event);
}

void TimePlot::changeEvent(QEvent* event) {
    redraw(); // palette, font and language are all drawn
    QWidget::changeEvent(event);
}

void TimePlot::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) {
        jump(timeAt(event->position().x()));
    }
}

void TimePlot::mouseMoveEvent(QMouseEvent* event) {
    hoverX_ = event->position().x();
    if (event->buttons() & Qt::LeftButton) {
        jump(timeAt(hoverX_));
    }
    if (!chart_.curves.isEmpty()) {
        QToolTip::showText(event->globalPosition().toPoint() + QPoint(2 * grid, 0), textAt(timeAt(hoverX_)), this);
    }
    update();
}

void TimePlot::leaveEvent(QEvent*) {
    hoverX_ = -1.0;
    update();
}

void TimePlot::wheelEvent(QWheelEvent* event) {
    const QPoint delta = event->angleDelta();
    if (event->modifiers() & Qt::ShiftModifier || std::abs(delta.x()) > std::abs(delta.y())) {
        const double notches = (delta.x() != 0 ? delta.x() : delta.y()) / wheelStep;
        const MediaTime shift = fromSeconds(-notches * 0.1 * toSeconds(range_.length()));
        setRange({range_.from + shift, range_.to + shift});
    } else {
        zoom(std::pow(wheelZoom, delta.y() / wheelStep), timeAt(event->position().x()));
    }
    event->accept();
}

void TimePlot::keyPressEvent(QKeyEvent* event) {
    const MediaTime page = fromSeconds(pageShare * toSeconds(range_.length()));
    switch (event->key()) {
    case Qt::Key_Left:
        stepMoments(-1);
        break;
    case Qt::Key_Right:
        stepMoments(1);
        break;
    case Qt::Key_Home:
        jump(extent_.from);
        break;
    case Qt::Key_End:
        jump(chart_.times.empty() ? extent_.to : chart_.times.back());
        break;
    case Qt::Key_PageUp:
        setRange({range_.from - page, range_.to - page});
        break;
    case Qt::Key_PageDown:
        setRange({range_.from + page, range_.to + page});
        break;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        zoom(keyZoom, std::clamp(cursor_, range_.from, range_.to));
        break;
    case Qt::Key_Minus:
        zoom(1.0 / keyZoom, std::clamp(cursor_, range_.from, range_.to));
        break;
    case Qt::Key_0:
        resetZoom();
        break;
    default:
        QWidget::keyPressEvent(event);
    }
}

void TimePlot::stepMoments(int count) {
    if (const auto index = chartIndexAt(chart_, cursor_)) {
        const auto last = static_cast<std::ptrdiff_t>(chart_.times.size()) - 1;
        const auto next = std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(*index) + count, 0, last);
        jump(chart_.times[static_cast<std::size_t>(next)]);
    }
}

void TimePlot::jump(MediaTime time) {
    if (!seekable_) {
        return;
    }
    setCursor(time);
    QAccessibleValueChangeEvent change(this, textAt(time));
    QAccessible::updateAccessibility(&change);
    Q_EMIT seekRequested(time);
}

} // namespace livegloss::ui
