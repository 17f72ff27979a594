#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <QColor>
#include <QList>
#include <QRectF>
#include <QString>
#include <QStringList>

#include <optional>
#include <vector>

class QPainter;

namespace livegloss::ui {

/// A curve over time; gaps where nothing is known.
struct ChartCurve {
    QString name;
    QString definition; ///< in one sentence
    QColor colour;
    QList<qreal> dashes; ///< empty: a solid line
    int lane = 0;
    std::vector<std::optional<float>> values; ///< one per time of the chart
    bool joined = false;                      ///< measured now and then: points with lines between them, no gaps
};

/// Curves of one unit share a lane with an axis of its own.
struct ChartLane {
    QString label;
    double high = 1.0; ///< the axis begins at 0
    bool percent = false;
    int weight = 1; ///< share of the chart's height
};

/// A gloss above the curves.
struct ChartBand {
    MediaTime start{0};
    MediaTime end{0};
    QString text;
};

struct TimeChart {
    std::vector<MediaTime> times; ///< ascending
    MediaTime longestStep{0};     ///< between times that a line joins; 0: any
    QList<ChartLane> lanes;
    QList<ChartCurve> curves;
    QList<ChartBand> bands;
    bool counts = false; ///< instead of time the axis counts something: a second of it stands for one
};

/// The part of the time axis on show.
struct TimeRange {
    MediaTime from{0};
    MediaTime to{0};
    MediaTime length() const { return to - from; }
    bool operator==(const TimeRange&) const = default;
};

struct ChartColours {
    QColor ground, text, muted, line, band, bandText;
};
/// On paper.
ChartColours paperColours();

/// Where time runs in a chart drawn into `area`.
QRectF chartTimeArea(const QRectF& area);
double chartX(const QRectF& timeArea, const TimeRange& range, MediaTime time);
MediaTime chartTime(const QRectF& timeArea, const TimeRange& range, double x);

/// Index of the moment on show at `time`: the last one not after it, the first one before all. Nothing without times.
std::optional<std::size_t> chartIndexAt(const TimeChart& chart, MediaTime time);
/// Value of a curve at a moment of the chart; of a joined curve the last one known by then.
std::optional<float> chartValueAt(const ChartCurve& curve, std::size_t index);
/// "35.2 %" or "0.412", in the user's language.
QString chartValue(const ChartLane& lane, float value);

/// Bands, lanes, curves and axes; without a cursor.
void paintTimeChart(QPainter& painter, const QRectF& area, const TimeChart& chart, const TimeRange& range,
                    const ChartColours& colours);
/// A short piece of a curve, for legends.
void paintCurveSample(QPainter& painter, const QRectF& area, const ChartCurve& curve);

/// A chart with all that is needed to read it, drawn on white.
struct TimeChartPage {
    QString title;
    QStringList lines;
    TimeChart chart;
    TimeRange range;
    QString footer;
};
/// Writes .png, .svg or .pdf, whole or not at all. Needs a QGuiApplication. InvalidArgument for other endings,
/// WriteFailed.
Result<void> saveTimeChart(const TimeChartPage& page, const QString& path);

} // namespace livegloss::ui
