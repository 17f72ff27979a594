#pragma once

#include "base/result.h"
#include "engine/loaded_model.h"

#include <span>
#include <string>
#include <vector>

namespace livegloss::cli {

struct AttentionCost {
    /// "none", "overlay", "frozen_beside_adapted", "cross_frame", "other_block", "one_head", "patch",
    /// "aggregation_query"
    std::string name;
    double cpuMsPerFrame = 0.0; ///< median of the turns
    double overNone = 0.0;      ///< processor time over that without attention, median of turns taken together
};
/// What the encoder's frames [n, 3, R, R] cost with different attention asked for, in turn for about `seconds`.
Result<std::vector<AttentionCost>> measureAttention(const engine::LoadedModelPtr& model, std::span<const float> images,
                                                    int frames, double seconds);

} // namespace livegloss::cli
