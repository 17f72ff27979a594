#include "ui/sheets/time_chart.h"

#include <QFontMetricsF>
#include <QLocale>
#include <QPainter>

#include <algorithm>
#include <array>
#include <cmath>

namespace livegloss::ui {

namespace {

constexpr double laneGap = 8.0;
constexpr double axisWidth = 52.0;
constexpr double rightMargin = 10.0;
constexpr double curveWidth = 1.8;
constexpr double narrowestTickGap = 72.0;
constexpr double pointRadius = 2.6;
constexpr qsizetype mostMarked = 60; ///< more points would hide the line
constexpr std::array tickSeconds{0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0};

double textHeight(const QPainter& painter) {
    return std::ceil(QFontMetricsF(painter.font()).height());
}

QString tickText(double seconds, double step) {
    const int whole = static_cast<int>(seconds + 1e-6);
    if (step >= 1.0 && seconds >= 60.0) {
        return QStringLiteral("%1:%2").arg(whole / 60).arg(whole % 60, 2, 10, QLatin1Char('0'));
    }
    return QStringLiteral("%1 s").arg(QLocale().toString(seconds, 'f', step < 1.0 ? 1 : 0));
}

/// Distance of ticks that are wide enough apart: `narrowest` is in the axis's unit.
double tickStep(double narrowest, bool counts) {
    if (!counts) {
        const auto found = std::ranges::lower_bound(tickSeconds, narrowest);
        return found == tickSeconds.end() ? tickSeconds.back() : *found;
    }
    double step = 1.0;
    while (step < narrowest) {
        for (const double factor : {2.0, 2.5, 2.0}) {
            step *= factor;
            if (step >= narrowest) {
                break;
            }
        }
    }
    return step;
}

void paintBands(QPainter& painter, const QRectF& row, const TimeChart& chart, const TimeRange& range,
                const ChartColours& colours) {
    const QFontMetricsF metrics(painter.font());
    for (qsizetype index = 0; index < chart.bands.size(); ++index) {
        const ChartBand& band = chart.bands.at(index);
        const double left = std::max(row.left(), chartX(row, range, band.start));
        const double right = std::min(row.right(), chartX(row, range, band.end));
        if (right - left < 1.0) {
            continue;
        }
        const QRectF box(left, row.top(), right - left - 1.0, row.height());
        painter.setPen(Qt::NoPen);
        painter.setBrush(colours.band);
        painter.drawRoundedRect(box, 3, 3);
        // A name may reach beyond its band, up to the next one.
        const double end =
            index + 1 < chart.bands.size() ? chartX(row, range, chart.bands.at(index + 1).start) : row.right();
        const double room = std::max(box.width(), std::min(end, row.right()) - box.left()) - 6.0;
        if (room > 2.0 * metrics.averageCharWidth()) {
            painter.setPen(colours.bandText);
            painter.drawText(QRectF(box.left() + 3.0, box.top(), room, box.height()), Qt::AlignVCenter | Qt::AlignLeft,
                             metrics.elidedText(band.text, Qt::ElideRight, room));
        }
    }
}

void paintTimeAxis(QPainter& painter, const QRectF& lanes, const QRectF& row, const TimeRange& range, bool counts,
                   const ChartColours& colours) {
    const double seconds = toSeconds(range.length());
    if (seconds <= 0.0) {
        return;
    }
    const double step = tickStep(narrowestTickGap * seconds / std::max(1.0, row.width()), counts);
    const double first = std::ceil(toSeconds(range.from) / step) * step;
    QColor quiet = colours.line;
    quiet.setAlphaF(0.35F);
    for (double at = first; at <= toSeconds(range.to) + 1e-6; at += step) {
        const double x = std::round(chartX(row, range, fromSeconds(at))) + 0.5;
        painter.setPen(QPen(quiet, 1));
        painter.drawLine(QPointF(x, lanes.top()), QPointF(x, lanes.bottom()));
        painter.setPen(colours.muted);
        const double half = narrowestTickGap / 2.0;
        QRectF label(x - half, row.top(), 2 * half, row.height());
        label.moveRight(std::min(label.right(), row.right() + rightMargin));
        painter.drawText(label, x + half > row.right() + rightMargin ? Qt::AlignRight : Qt::AlignHCenter,
                         counts ? QLocale().toString(std::llround(at)) : tickText(at, step));
    }
}

void paintLane(QPainter& painter, const QRectF& box, const ChartLane& lane, const ChartColours& colours) {
    painter.setPen(QPen(colours.line, 1));
    painter.drawLine(QPointF(box.left(), std::round(box.bottom()) + 0.5),
                     QPointF(box.right(), std::round(box.bottom()) + 0.5));
    QColor quiet = colours.line;
    quiet.setAlphaF(0.35F);
    painter.setPen(QPen(quiet, 1));
    painter.drawLine(QPointF(box.left(), std::round(box.top()) + 0.5),
                     QPointF(box.right(), std::round(box.top()) + 0.5));
    painter.setPen(colours.muted);
    const double text = textHeight(painter);
    const QRectF numbers(box.left() - axisWidth, box.top() - 2.0, axisWidth - 6.0, text);
    const QString high = lane.percent ? QStringLiteral("%1 %").arg(QLocale().toString(lane.high * 100.0, 'f', 0))
                         : lane.high >= 100.0 ? QLocale().toString(lane.high, 'f', 0)
                                              : QLocale().toString(lane.high, 'g', 2);
    painter.drawText(numbers, Qt::AlignRight | Qt::AlignTop, high);
    if (box.height() > 2.2 * text) {
        painter.drawText(QRectF(numbers.left(), box.bottom() - text + 3.0, numbers.width(), text),
                         Qt::AlignRight | Qt::AlignBottom, QStringLiteral("0"));
    }
}

/// In the half of the lane where the curves leave room at its beginning.
void paintLaneLabel(QPainter& painter, const QRectF& box, const TimeChart& chart, int lane, const TimeRange& range,
                    const ChartColours& colours) {
    constexpr double share = 0.2; // of the time axis, about what a label takes
    const MediaTime end = range.from + fromSeconds(share * toSeconds(range.length()));
    double highest = 0.0;
    double lowest = 1.0;
    for (const ChartCurve& curve : chart.curves) {
        for (std::size_t i = 0; curve.lane == lane && i < curve.values.size(); ++i) {
            if (curve.values[i] && chart.times[i] >= range.from && chart.times[i] <= end) {
                const double at = static_cast<double>(*curve.values[i]) / chart.lanes.at(lane).high;
                highest = std::max(highest, at);
                lowest = std::min(lowest, at);
            }
        }
    }
    const bool below = lowest > 1.0 - highest;
    const QString& text = chart.lanes.at(lane).label;
    QRectF place(box.left() + 2.0, box.top() + 1.0, QFontMetricsF(painter.font()).horizontalAdvance(text) + 4.0,
                 textHeight(painter));
    if (below) {
        place.moveBottom(box.bottom() - 1.0);
    }
    QColor ground = colours.ground; // curves below it stay faintly visible
    ground.setAlphaF(0.8F);
    painter.fillRect(place, ground);
    painter.setPen(colours.muted);
    painter.drawText(place, Qt::AlignCenter, text);
}

void paintCurve(QPainter& painter, const QRectF& box, const TimeChart& chart, const ChartCurve& curve,
                const TimeRange& range) {
    const double high = chart.lanes.at(curve.lane).high;
    QPen pen(curve.colour, curveWidth, Qt::SolidLine, Qt::FlatCap, Qt::RoundJoin);
    if (!curve.dashes.isEmpty()) {
        pen.setDashPattern(curve.dashes);
    }
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    // One point beyond either end, so that the line does not end inside the chart.
    const auto first = std::ranges::lower_bound(chart.times, range.from);
    const auto last = std::ranges::upper_bound(chart.times, range.to);
    const auto begin = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, first - chart.times.begin() - 1));
    const auto end = std::min(chart.times.size(), static_cast<std::size_t>(last - chart.times.begin()) + 1);
    QPolygonF line;
    const auto draw = [&] {
        if (line.size() == 1) {
            painter.drawPoint(line.first());
        } else if (line.size() > 1) {
            painter.drawPolyline(line);
        }
        line.clear();
    };
    const auto add = [&](std::size_t i) {
        const double share = std::clamp(static_cast<double>(*curve.values[i]) / high, 0.0, 1.0);
        line.append(QPointF(chartX(box, range, chart.times[i]), box.bottom() - share * box.height()));
    };
    if (curve.joined) { // the points beside the range may be far from it
        for (std::size_t i = 0; i < std::min(chart.times.size(), curve.values.size()); ++i) {
            if (curve.values[i]) {
                add(i);
            }
        }
        painter.drawPolyline(line);
        painter.setPen(Qt::NoPen);
        painter.setBrush(curve.colour);
        for (qsizetype i = 0; line.size() <= mostMarked && i < line.size(); ++i) {
            painter.drawEllipse(line.at(i), pointRadius, pointRadius);
        }
        return;
    }
    for (std::size_t i = begin; i < end; ++i) {
        const bool unseen =
            i > begin && chart.longestStep > MediaTime{0} && chart.times[i] - chart.times[i - 1] > chart.longestStep;
        if (unseen) {
            draw();
        }
        if (i < curve.values.size() && curve.values[i]) {
            add(i);
        } else {
            draw();
        }
    }
    draw();
}

} // namespace

ChartColours paperColours() {
    return {Qt::white,         QColor(28, 30, 34), QColor(96, 100, 108), QColor(150, 155, 163), QColor(222, 228, 236),
            QColor(28, 30, 34)};
}

QRectF chartTimeArea(const QRectF& area) {
    return area.adjusted(axisWidth, 0, -rightMargin, 0);
}

double chartX(const QRectF& timeArea, const TimeRange& range, MediaTime time) {
    const double length = std::max(1e-6, toSeconds(range.length()));
    return timeArea.left() + toSeconds(time - range.from) / length * timeArea.width();
}

MediaTime chartTime(const QRectF& timeArea, const TimeRange& range, double x) {
    const double share = std::clamp((x - timeArea.left()) / std::max(1.0, timeArea.width()), 0.0, 1.0);
    return range.from + fromSeconds(share * toSeconds(range.length()));
}

std::optional<std::size_t> chartIndexAt(const TimeChart& chart, MediaTime time) {
    if (chart.times.empty()) {
        return std::nullopt;
    }
    const auto after = std::ranges::upper_bound(chart.times, time);
    return after == chart.times.begin() ? 0 : static_cast<std::size_t>(after - chart.times.begin() - 1);
}

std::optional<float> chartValueAt(const ChartCurve& curve, std::size_t index) {
    if (curve.values.empty()) {
        return std::nullopt;
    }
    std::size_t at = std::min(index, curve.values.size() - 1);
    while (curve.joined && at > 0 && !curve.values[at]) {
        --at;
    }
    return at == index || curve.joined ? curve.values[at] : std::nullopt;
}

QString chartValue(const ChartLane& lane, float value) {
    const double number = static_cast<double>(value);
    return lane.percent ? QStringLiteral("%1 %").arg(QLocale().toString(number * 100.0, 'f', 1))
                        : QLocale().toString(number, 'f', 2);
}

void paintTimeChart(QPainter& painter, const QRectF& area, const TimeChart& chart, const TimeRange& range,
                    const ChartColours& colours) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(area, colours.ground);
    const double text = textHeight(painter);
    const QRectF time = chartTimeArea(area);
    const QRectF bands(time.left(), area.top() + 2.0, time.width(), chart.counts ? 0.0 : text + 2.0);
    const QRectF axis(time.left(), area.bottom() - text, time.width(), text);
    const QRectF lanes(time.left(), bands.bottom() + laneGap, time.width(),
                       axis.top() - 2.0 - bands.bottom() - laneGap);
    paintTimeAxis(painter, lanes, axis, range, chart.counts, colours);
    if (!chart.bands.isEmpty()) {
        paintBands(painter, bands, chart, range, colours);
    }
    int weights = 0;
    for (const ChartLane& lane : chart.lanes) {
        weights += lane.weight;
    }
    const double room = lanes.height() - laneGap * static_cast<double>(std::max<qsizetype>(0, chart.lanes.size() - 1));
    double top = lanes.top();
    for (int index = 0; index < chart.lanes.size(); ++index) {
        const ChartLane& lane = chart.lanes.at(index);
        const QRectF box(lanes.left(), top, lanes.width(), room * lane.weight / std::max(1, weights));
        top = box.bottom() + laneGap;
        paintLane(painter, box, lane, colours);
        painter.save();
        painter.setClipRect(box.adjusted(0, -curveWidth, 0, curveWidth));
        for (const ChartCurve& curve : chart.curves) {
            if (curve.lane == index) {
                paintCurve(painter, box, chart, curve, range);
            }
        }
        painter.restore();
        paintLaneLabel(painter, box, chart, index, range, colours);
    }
}

void paintCurveSample(QPainter& painter, const QRectF& area, const ChartCurve& curve) {
    painter.setRenderHint(QPainter::Antialiasing);
    QPen pen(curve.colour, 2.0, Qt::SolidLine, Qt::FlatCap);
    if (!curve.dashes.isEmpty()) {
        pen.setDashPattern(curve.dashes);
    }
    painter.setPen(pen);
    painter.drawLine(QPointF(area.left(), area.center().y()), QPointF(area.right(), area.center().y()));
}

} // namespace livegloss::ui
