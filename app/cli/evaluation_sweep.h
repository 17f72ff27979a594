#pragma once

#include "evaluation_run.h"

#include <CLI/App.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace livegloss::cli {

/// Live recognition with every pair of a window and a stride.
struct SweepOptions {
    bool enabled = false;
    std::vector<int> windows{32, 48, 64, 96, 128};
    std::vector<int> strides{4, 8, 16};
    std::string csv;  ///< file; empty: none
    std::string plot; ///< .svg; empty: none
};
/// Declares --sweep, --windows, --strides, --csv and --plot.
void addSweepOptions(CLI::App& command, SweepOptions& options);
/// `base` with every window and stride, windows outermost.
std::vector<OnlineSetting> sweepSettings(const SweepOptions& options, const OnlineSetting& base);

/// A table for people, a line a setting.
std::string sweepTable(const std::vector<OnlineScores>& scores);
nlohmann::ordered_json sweepJson(const std::vector<OnlineScores>& scores);
/// Writes the files that were asked for.
Result<void> writeSweep(const SweepOptions& options, const std::vector<OnlineScores>& scores, double offlineWerPercent);

} // namespace livegloss::cli
