#pragma once

#include <string>
#include <utility>
#include <vector>

namespace livegloss::evaluation {

/// A named curve: (step, value) in the order of the steps.
struct TrainingCurve {
    std::string name;
    std::vector<std::pair<double, double>> points;
};
struct TrainingChart {
    std::string title;
    std::vector<TrainingCurve> losses;
    TrainingCurve wer; ///< percent on dev
};

/// The losses and the error rate over the steps in two panels as SVG, 1000 x 440. Long curves are drawn by the mean of
/// neighbouring steps.
std::string trainingSvg(const TrainingChart& chart);

} // namespace livegloss::evaluation
