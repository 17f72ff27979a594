#pragma once

#include "attention/view.h"
#include "base/clock.h"
#include "base/result.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace livegloss::attention {

/// The raw values of one frame.
struct FrameValues {
    std::int64_t frameIndex = 0; ///< of the video, from 0, or unknownFrame
    MediaTime time{0};
    std::vector<Layer> layers;
};

/// One line per patch: frame, time_s, map, offset, row, column, value; shares of class token and prefixes as lines of
/// their own with empty row and column; an unknown frame is empty. `settings` stand in comment lines above.
std::string valuesCsv(const std::vector<FrameValues>& frames, const std::map<std::string, std::string>& settings);

/// Tensors: frames [N] (unknown: -1), times_s [N]; per map its name [N, rows, columns] with <name>.class_share and
/// .prefix_share [N]; cross-frame [N, offsets, rows, columns] with cross-frame.inside [N, offsets], 0 for copies and
/// what lies outside.
Result<void> saveValues(const std::filesystem::path& path, const std::vector<FrameValues>& frames,
                        const std::map<std::string, std::string>& settings);

} // namespace livegloss::attention
