#include "class_attention.h"

#include <algorithm>

namespace livegloss::engine {
namespace {

SpatialMap mapOf(const float* shares, std::int64_t tokens, std::int64_t keys) {
    SpatialMap map;
    map.classShare = shares[0];
    map.weights.assign(shares + 1, shares + tokens);
    for (std::int64_t key = tokens; key < keys; ++key) {
        map.prefixShare += shares[key];
    }
    return map;
}

} // namespace

bool onlyClassAttention(const AttentionRequest& request, const model::ModelConfig& config) {
    return std::ranges::all_of(request.spatial, [&](const SpatialRequest& spatial) {
        return spatial.source == AttentionSource::ClassToken && spatial.head == meanOfHeads &&
               (spatial.block == lastBlock || spatial.block == config.layers - 1);
    });
}

std::vector<AttentionResult> classAttentionResults(const AttentionRequest& request, const model::ModelConfig& config,
                                                   const torch::Tensor& adapted, const torch::Tensor& frozen,
                                                   std::int64_t frames) {
    std::vector<AttentionResult> results(static_cast<std::size_t>(frames));
    for (std::int64_t frame = 0; frame < frames; ++frame) {
        AttentionResult& result = results[static_cast<std::size_t>(frame)];
        result.rows = result.columns = config.gridSide();
        for (const SpatialRequest& spatial : request.spatial) {
            const torch::Tensor& shares = spatial.path == AttentionPath::Adapted ? adapted : frozen;
            const std::int64_t keys = shares.size(1);
            result.spatial.push_back(mapOf(shares.data_ptr<float>() + frame * keys, config.tokens(), keys));
        }
    }
    return results;
}

} // namespace livegloss::engine
