#pragma once

#include "base/result.h"
#include "engine/loaded_model.h"

#include <span>

namespace livegloss::cli {

struct HeadTimes {
    double processorMs = 0.0; ///< per window, of all threads, median
    double wallMs = 0.0;      ///< median
    double ratio = 0.0;       ///< of its processor time to the first model's, median of windows taken in turn
};
/// The temporal heads of `models`, all of the same sizes, over the same stream of random features: windows of 64 frames
/// with the stride that a live session takes, in turn, `windows` times each.
Result<std::vector<HeadTimes>> measureHeads(std::span<const engine::LoadedModelPtr> models, int windows);

} // namespace livegloss::cli
