#include "fast_probe.h"

#include <algorithm>

namespace livegloss::engine {
namespace {

std::size_t count(int a, int b, int c, int d = 1) {
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b) * static_cast<std::size_t>(c) *
           static_cast<std::size_t>(d);
}

} // namespace

FastProbe::FastProbe(const model::ModelConfig& config, const AttentionRequest& request, AttentionPath path, int frames)
    : heads_(config.heads),
      tokens_(config.tokens()),
      keys_(config.tokens() + (path == AttentionPath::Frozen ? 0 : config.prefix)),
      frames_(frames),
      blocks_(static_cast<std::size_t>(config.layers)) {
    for (const SpatialRequest& spatial : request.spatial) {
        if (spatial.path != path) {
            continue;
        }
        const int block = blockOf(spatial);
        const bool gathers = spatial.source == AttentionSource::AggregationQuery;
        Block& own = blocks_[static_cast<std::size_t>(block)];
        if (gathers) {
            own.gather.resize(count(frames_, heads_, tokens_));
        } else {
            own.weights.resize(count(frames_, heads_, tokens_, keys_));
        }
        gathersInLast_ = block > lastBlock_ ? gathers : gathersInLast_ || (block == lastBlock_ && gathers);
        lastBlock_ = std::max(lastBlock_, block);
    }
}

int FastProbe::blockOf(const SpatialRequest& spatial) const {
    return spatial.block == lastBlock ? static_cast<int>(blocks_.size()) - 1 : spatial.block;
}

void FastProbe::attachTo(FastOutput& output, bool mapsOnly) {
    output.blockShares.resize(blocks_.size());
    for (std::size_t block = 0; block < blocks_.size(); ++block) {
        const auto memory = [](std::vector<float>& values) { return values.empty() ? nullptr : values.data(); };
        output.blockShares[block] = {memory(blocks_[block].weights), memory(blocks_[block].gather)};
    }
    if (mapsOnly) {
        output.lastBlock = lastBlock_;
        output.attentionOnly = !gathersInLast_;
    }
}

SpatialMap FastProbe::map(const SpatialRequest& spatial, int frame) const {
    const Block& block = blocks_[static_cast<std::size_t>(blockOf(spatial))];
    const bool gathers = spatial.source == AttentionSource::AggregationQuery;
    const int rows = gathers ? 1 : tokens_;
    const int keys = gathers ? tokens_ : keys_;
    const int row = spatial.source == AttentionSource::Patch ? 1 + spatial.patch : 0;
    const std::vector<float>& all = gathers ? block.gather : block.weights;
    const int first = spatial.head == meanOfHeads ? 0 : spatial.head;
    const int last = spatial.head == meanOfHeads ? heads_ : spatial.head + 1;
    std::vector<float> shares(static_cast<std::size_t>(keys), 0.0F);
    for (int head = first; head < last; ++head) {
        const float* const own = all.data() + (count(frame * heads_ + head, rows, keys) + count(row, keys, 1));
        for (std::size_t key = 0; key < shares.size(); ++key) {
            shares[key] += own[key] / static_cast<float>(last - first);
        }
    }
    SpatialMap map;
    map.classShare = shares.front();
    map.weights.assign(shares.begin() + 1, shares.begin() + tokens_);
    for (auto share = shares.begin() + tokens_; share != shares.end(); ++share) {
        map.prefixShare += *share;
    }
    return map;
}

std::vector<AttentionResult> joinFastProbes(const AttentionRequest& request, const model::ModelConfig& config,
                                            const FastProbe& adapted, const FastProbe& frozen, int frames) {
    std::vector<AttentionResult> results(static_cast<std::size_t>(frames));
    for (int frame = 0; frame < frames; ++frame) {
        AttentionResult& result = results[static_cast<std::size_t>(frame)];
        result.rows = result.columns = config.gridSide();
        for (const SpatialRequest& spatial : request.spatial) {
            const FastProbe& probe = spatial.path == AttentionPath::Adapted ? adapted : frozen;
            result.spatial.push_back(probe.map(spatial, frame));
        }
    }
    return results;
}

} // namespace livegloss::engine
