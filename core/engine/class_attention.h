#pragma once

#include "attention_probe.h"
#include "block_runner.h"

namespace livegloss::engine {

/// Whether the blocks give all spatial maps of `request` by the way: class token, last block, mean of heads, of either
/// path. Cross-frame weights never need them.
bool onlyClassAttention(const AttentionRequest& request, const model::ModelConfig& config);

/// The results of such a request from what the blocks gave: adapted [n, L + K] and frozen [n, L], the mean over heads
/// of the class token's attention in the last block; undefined where no map of that path is wanted.
std::vector<AttentionResult> classAttentionResults(const AttentionRequest& request, const model::ModelConfig& config,
                                                   const torch::Tensor& adapted, const torch::Tensor& frozen,
                                                   std::int64_t frames);

} // namespace livegloss::engine
