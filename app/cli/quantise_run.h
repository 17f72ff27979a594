#pragma once

#include "evaluation_run.h"
#include "model/quantisation.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace livegloss::cli {

/// What scales are found with.
struct CalibrationRequest {
    std::string model;
    std::vector<std::string> clips; ///< video files
    double seconds = 10.0;          ///< of each clip; 0: all
    int bits = 8;                   ///< for what a layer reads: 8 as with VNNI and AMX, 7 as without
    /// Named, with a share of the whole or below 0 where that is not known.
    std::function<void(const std::string& what, double fraction)> progress = [](const auto&, double) {};
};

struct Calibration {
    model::Quantisation scales;
    /// Of the features on this computer, where it has fewer bits than were asked for.
    std::optional<double> errorHere;
};
/// Scales from all clips and, where the features of those clips in 8 bits are more than 1e-2 off, the worst layers kept
/// in f32 until they are not. Throws CommandFailure, also when interrupted.
Calibration calibrate(const CalibrationRequest& request);

/// Word error rates on `clips` without and with `scales`. Throws CommandFailure.
model::QuantisationCheck checkWordErrors(const CalibrationRequest& request, const model::Quantisation& scales,
                                         const std::vector<TestClip>& clips, const std::string& dataName);

/// Layers of it that run in 8 bits.
int layersInInt8(const model::Quantisation& scales);

} // namespace livegloss::cli
