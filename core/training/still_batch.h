#pragma once

#include "model/model_config.h"
#include "training/sample_source.h"

#include <cstdint>
#include <memory>
#include <random>
#include <torch/torch.h>
#include <vector>

namespace livegloss::training {

/// Stills as the plain tower takes them: K patches of each, all of them or a choice.
struct StillBatch {
    torch::Tensor patches;   ///< [N, K, 3 * p * p], channels first
    torch::Tensor positions; ///< [N, K] where in the grid each patch lies
    torch::Tensor words;     ///< [N, slots]
    torch::Tensor shares;    ///< [N, regions, K] how much of each patch shows each region

    /// Stills first .. last - 1.
    StillBatch slice(std::int64_t first, std::int64_t last) const;
    StillBatch to(const torch::Device& device) const;
    std::int64_t size() const { return patches.size(0); }
};

using StillGroup = std::shared_ptr<const std::vector<TrainingStill>>;

/// Assembles groups of stills. `random` null: centre crops, nothing changed. `keep` patches of each still are taken:
/// first those that show a region, in random order, then others (FLIP, arXiv 2212.00794, drops patches at random; what
/// captions speak of is kept here). `keep` at or above the grid's patches takes all.
StillBatch assembleStills(const std::vector<StillGroup>& groups, const model::ModelConfig& config, int regions,
                          std::int64_t keep, std::mt19937_64* random);

} // namespace livegloss::training
