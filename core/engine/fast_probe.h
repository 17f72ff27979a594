#pragma once

#include "engine/attention.h"
#include "fast_blocks.h"

#include <vector>

namespace livegloss::engine {

/// Takes down, while the fast engine runs frames along one path, the attention that a request wants of it. What the
/// engine computes stays the same.
class FastProbe {
public:
    /// `request` passed checkRequest() and outlives the probe. Only its maps of `path` are taken down.
    FastProbe(const model::ModelConfig& config, const AttentionRequest& request, AttentionPath path, int frames);

    /// Whether anything of this path is wanted at all.
    bool wanted() const { return lastBlock_ >= 0; }
    /// Has the run write into this probe's memory. `mapsOnly`: it may stop where nothing more is wanted.
    void attachTo(FastOutput& output, bool mapsOnly);
    /// After the run: the map of the request's entry, which must be of this path.
    SpatialMap map(const SpatialRequest& spatial, int frame) const;

private:
    /// Shares of one block, one row of keys after the other.
    struct Block {
        std::vector<float> weights; ///< [n, heads, L, L + K]
        std::vector<float> gather;  ///< [n, heads, L]
    };
    int blockOf(const SpatialRequest& spatial) const;

    int heads_;
    int tokens_;
    int keys_;
    int frames_;
    int lastBlock_ = -1;
    bool gathersInLast_ = false;
    std::vector<Block> blocks_; ///< empty lists where nothing is wanted
};

/// One result for each frame: the maps of both paths in the request's order.
std::vector<AttentionResult> joinFastProbes(const AttentionRequest& request, const model::ModelConfig& config,
                                            const FastProbe& adapted, const FastProbe& frozen, int frames);

} // namespace livegloss::engine
