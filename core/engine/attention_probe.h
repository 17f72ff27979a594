#pragma once

#include "engine/attention.h"
#include "prepared_network.h"

#include <torch/torch.h>
#include <vector>

namespace livegloss::engine {

/// Watches a run of frames through the blocks of one path and computes the spatial maps that a request wants of it,
/// from the tokens alone. An encoder calls the two functions at each block; neither changes anything.
class AttentionProbe {
public:
    /// `request` outlives the probe. Only its maps of `path` are computed.
    AttentionProbe(const TorchModel& model, const AttentionRequest& request, AttentionPath path);

    /// Whether anything of this path is wanted at all.
    bool wanted() const { return lastBlock_ >= 0; }
    /// After this block nothing more is wanted.
    int lastBlock() const { return lastBlock_; }
    bool wantsAggregation() const;

    /// tokens [n, L, D] as they enter block `block`.
    void beforeBlock(int block, const torch::Tensor& tokens);
    /// tokens [n, L, D] as they leave it; query [n, D] before the block's aggregation.
    void afterBlock(int block, const torch::Tensor& tokens, const torch::Tensor& query);

    /// maps()[i][frame]: the maps of the request's entry i; empty where it belongs to the other path.
    const std::vector<std::vector<SpatialMap>>& maps() const { return maps_; }

private:
    bool isHere(const SpatialRequest& request, int block) const;
    void store(std::size_t entry, const torch::Tensor& shares);

    const TorchModel& model_;
    const AttentionRequest& request_;
    AttentionPath path_;
    int lastBlock_ = -1;
    std::vector<std::vector<SpatialMap>> maps_;
};

/// Runs images [n, 3, R, R] through the plain tower, as far as `probe` wants.
void probeFrozen(const TorchModel& model, const torch::Tensor& images, AttentionProbe& probe);

/// Weights of a frame whose asking token is `direction` [D] over the patches [P, D] of a neighbour, both normalised for
/// the cross-frame step. An undefined neighbour lies outside the clip.
std::vector<float> crossFrameWeights(const torch::Tensor& direction, const torch::Tensor& patches, int patchCount);

/// One result for each frame of a run: the maps of both paths put together, in the request's order.
std::vector<AttentionResult> joinProbes(const AttentionProbe& adapted, const AttentionProbe& frozen,
                                        std::int64_t frames, const model::ModelConfig& config);

} // namespace livegloss::engine
