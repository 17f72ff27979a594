#include "attention_probe.h"

#include <algorithm>
#include <cmath>

namespace livegloss::engine {
namespace {

using torch::Tensor;

constexpr double inverseRootOfHeadWidth = 0.125; // heads are 64 wide

int resolvedBlock(const SpatialRequest& request, const model::ModelConfig& config) {
    return request.block == lastBlock ? config.layers - 1 : request.block;
}

/// Attention of one row over `keys` [n, M, D], after the softmax, [n, M]. The row's projection is taken through the
/// keys' weights instead of projecting every key; the keys' bias adds the same to each score and falls out.
Tensor sharesOf(const model::Attention& attention, const Tensor& row, const Tensor& keys, int heads, int head) {
    const std::int64_t width = row.size(-1);
    const std::int64_t frames = row.size(0);
    const Tensor projected =
        torch::linear(row, attention->inProjWeight.narrow(0, 0, width), attention->inProjBias.narrow(0, 0, width)) *
        inverseRootOfHeadWidth;
    const Tensor perHead = projected.view({frames, heads, -1}).transpose(0, 1);                        // [h, n, 64]
    const Tensor keyWeight = attention->inProjWeight.narrow(0, width, width).view({heads, -1, width}); // [h, 64, D]
    const Tensor direction = torch::bmm(perHead, keyWeight).transpose(0, 1);                           // [n, h, D]
    const Tensor shares = torch::softmax(torch::bmm(direction, keys.transpose(1, 2)), -1);             // [n, h, M]
    return head == meanOfHeads ? shares.mean(1) : shares.select(1, head);
}

Tensor normed(const torch::nn::LayerNorm& norm, const Tensor& tokens) {
    return torch::layer_norm(tokens, {tokens.size(-1)}, norm->weight, norm->bias);
}

} // namespace

AttentionProbe::AttentionProbe(const TorchModel& model, const AttentionRequest& request, AttentionPath path)
    : model_(model), request_(request), path_(path), maps_(request.spatial.size()) {
    for (const SpatialRequest& spatial : request.spatial) {
        if (spatial.path == path) {
            lastBlock_ = std::max(lastBlock_, resolvedBlock(spatial, model.config()));
        }
    }
}

bool AttentionProbe::wantsAggregation() const {
    return path_ == AttentionPath::Adapted && std::ranges::any_of(request_.spatial, [](const SpatialRequest& spatial) {
               return spatial.source == AttentionSource::AggregationQuery;
           });
}

bool AttentionProbe::isHere(const SpatialRequest& request, int block) const {
    return request.path == path_ && resolvedBlock(request, model_.config()) == block;
}

void AttentionProbe::beforeBlock(int block, const Tensor& tokens) {
    const model::ResidualBlock& weights = model_.network->visual->transformer->blocks[static_cast<std::size_t>(block)];
    Tensor keys;
    Tensor norms;
    for (std::size_t entry = 0; entry < request_.spatial.size(); ++entry) {
        const SpatialRequest& spatial = request_.spatial[entry];
        if (!isHere(spatial, block) || spatial.source == AttentionSource::AggregationQuery) {
            continue;
        }
        if (!keys.defined()) {
            norms = normed(weights->ln1, tokens);
            keys = path_ == AttentionPath::Frozen
                       ? norms
                       : torch::cat({norms, weights->prefixKey.transpose(0, 1).expand({tokens.size(0), -1, -1})}, 1);
        }
        const int row = spatial.source == AttentionSource::Patch ? 1 + spatial.patch : 0;
        store(entry, sharesOf(weights->attn, norms.select(1, row), keys, model_.config().heads, spatial.head));
    }
}

void AttentionProbe::afterBlock(int block, const Tensor& tokens, const Tensor& query) {
    const model::AggregationBlock& weights =
        model_.network->visual->transformer->aggregations[static_cast<std::size_t>(block)];
    Tensor keys;
    for (std::size_t entry = 0; entry < request_.spatial.size(); ++entry) {
        const SpatialRequest& spatial = request_.spatial[entry];
        if (!isHere(spatial, block) || spatial.source != AttentionSource::AggregationQuery) {
            continue;
        }
        if (!keys.defined()) {
            keys = normed(weights->ln1, tokens);
        }
        store(entry, sharesOf(weights->attn, normed(weights->ln1, query), keys, model_.config().heads, spatial.head));
    }
}

void AttentionProbe::store(std::size_t entry, const Tensor& shares) {
    const Tensor rows = shares.contiguous();
    const auto tokens = static_cast<std::ptrdiff_t>(model_.config().tokens());
    for (std::int64_t frame = 0; frame < rows.size(0); ++frame) {
        const float* begin = rows.data_ptr<float>() + frame * rows.size(1);
        SpatialMap map;
        map.classShare = begin[0];
        map.weights.assign(begin + 1, begin + tokens);
        for (const float* share = begin + tokens; share != begin + rows.size(1); ++share) {
            map.prefixShare += *share;
        }
        maps_[entry].push_back(std::move(map));
    }
}

void probeFrozen(const TorchModel& model, const Tensor& images, AttentionProbe& probe) {
    if (!probe.wanted()) {
        return;
    }
    model::VisualEncoder visual = model.network->visual;
    Tensor tokens = visual->embed(images);
    for (int block = 0; block <= probe.lastBlock(); ++block) {
        probe.beforeBlock(block, tokens);
        if (block < probe.lastBlock()) {
            tokens = visual->transformer->blocks[static_cast<std::size_t>(block)]->forwardPlain(tokens);
        }
    }
}

std::vector<float> crossFrameWeights(const Tensor& direction, const Tensor& patches, int patchCount) {
    std::vector<float> weights(static_cast<std::size_t>(patchCount), 0.0F);
    if (patches.defined()) {
        const double scale = 1.0 / std::sqrt(static_cast<double>(direction.size(0)));
        const Tensor values = (torch::sigmoid(torch::mv(patches, direction) * scale) - 0.5).contiguous();
        weights.assign(values.data_ptr<float>(), values.data_ptr<float>() + values.numel());
    }
    return weights;
}

std::vector<AttentionResult> joinProbes(const AttentionProbe& adapted, const AttentionProbe& frozen,
                                        std::int64_t frames, const model::ModelConfig& config) {
    std::vector<AttentionResult> results(static_cast<std::size_t>(frames));
    for (std::size_t frame = 0; frame < results.size(); ++frame) {
        results[frame].rows = config.gridSide();
        results[frame].columns = config.gridSide();
        for (std::size_t entry = 0; entry < adapted.maps().size(); ++entry) {
            const auto& maps = adapted.maps()[entry].empty() ? frozen.maps()[entry] : adapted.maps()[entry];
            results[frame].spatial.push_back(maps[frame]);
        }
    }
    return results;
}

} // namespace livegloss::engine
