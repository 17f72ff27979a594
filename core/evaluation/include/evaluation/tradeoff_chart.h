#pragma once

#include <optional>
#include <string>
#include <vector>

namespace livegloss::evaluation {

/// What live recognition reached with one window and stride.
struct TradeoffPoint {
    int windowFrames = 0;
    int strideFrames = 0;
    double werPercent = 0.0;
    std::optional<double> commitSeconds; ///< median time from a sign's end to its commit
};
struct TradeoffChart {
    std::vector<TradeoffPoint> points;
    double offlineWerPercent = 0.0; ///< drawn as a line for comparison
};

/// Two panels as SVG, 1000 x 440: error rate over the window, a curve a stride, and error rate over the time to commit,
/// each point labelled with its window. The second is left out where no times are known.
std::string chartSvg(const TradeoffChart& chart);

} // namespace livegloss::evaluation
