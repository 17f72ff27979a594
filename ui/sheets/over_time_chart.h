#pragma once

#include "attention/over_time.h"
#include "ui/sheets/time_chart.h"

#include <QCoreApplication>

#include <array>

namespace livegloss::ui {

/// A curve that a person can switch on and off.
enum class OverTimeSeries { Hands, Face, OwnRegion, Elsewhere, Entropy, Motion };
inline constexpr std::array allSeries{OverTimeSeries::Hands,     OverTimeSeries::Face,    OverTimeSeries::OwnRegion,
                                      OverTimeSeries::Elsewhere, OverTimeSeries::Entropy, OverTimeSeries::Motion};

/// Words for attention over time, in the language of the interface.
class OverTimeTexts {
    Q_DECLARE_TR_FUNCTIONS(livegloss::ui::OverTimeTexts)
public:
    static QString name(OverTimeSeries series);
    /// What it is, in one sentence; its formula is in docs/attention.md.
    static QString definition(OverTimeSeries series);
    static QString origin(const attention::RegionSource& source);
    static QString originDefinition(const attention::RegionSource& source);
    /// A line by itself, for exported files.
    static QString originLine(const attention::RegionSource& source);
};

/// Everything that the curves are drawn from.
struct OverTimeData {
    std::vector<attention::Moment> moments; ///< in order of time
    std::vector<std::optional<float>> own;  ///< empty, or one a moment
    std::vector<attention::GlossBand> glosses;
};

/// Whether any moment has a value of this series.
bool hasSeries(const OverTimeData& data, OverTimeSeries series);
/// How a series is drawn; colours for dark or light ground.
ChartCurve curveOf(OverTimeSeries series, bool dark);
/// The series that are on and known, in lanes by unit.
TimeChart overTimeChart(const OverTimeData& data, const QList<OverTimeSeries>& on, bool dark);

} // namespace livegloss::ui
