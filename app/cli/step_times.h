#pragma once

#include "base/result.h"
#include "reproduction.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace livegloss::cli {

/// Seconds of a training step of each cell, measured side by side, as step_times.json in the output folder holds them.
struct StepTimes {
    std::string machine;
    std::string date; ///< UTC, as 2026-01-31
    int threads = 0;
    int rounds = 0;
    std::map<std::string, double> medians; ///< by cell
};
/// Nothing where there are none, or none that can be read.
std::optional<StepTimes> readStepTimes(const std::filesystem::path& output);
Result<void> writeStepTimes(const std::filesystem::path& output, const StepTimes& times);

/// In each round one step of every cell, because a machine's speed drifts: all on the same clips, which are drawn
/// beforehand. A first round is not counted. `seed` is that of the recipes; `told` gets the rounds done, and stops
/// everything by false, which is Cancelled.
Result<StepTimes> measureStepTimes(const ReproductionPlan& plan, const std::vector<std::string>& cells,
                                   std::uint64_t seed, int threads, int rounds, const std::function<bool(int)>& told);

} // namespace livegloss::cli
