#pragma once

#include "block_runner.h"

#include <vector>

namespace livegloss::engine {

/// Frames behind the blocks, with the spatial maps that were requested of them.
struct WatchedFrames {
    BlockOutput blocks;
    std::vector<AttentionResult> attention; ///< one per frame
};

/// Runs images [n, 3, R, R] of `network` through `runner` and answers `request`, but for its cross-frame weights.
/// `mapsOnly`: the blocks' output is not wanted, and the run may stop early. Every engine does it with the weights that
/// it has.
WatchedFrames runWatched(BlockRunner& runner, const TorchModel& network, const torch::Tensor& images,
                         const AttentionRequest& request, bool wantAttention, bool mapsOnly,
                         model::ForwardTrace* trace = nullptr);

} // namespace livegloss::engine
