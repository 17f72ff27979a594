#include "device_network.h"

#include "gather_tokens.h"

#include <torch/version.h>

namespace livegloss::engine {
namespace {

using torch::Tensor;

constexpr std::int64_t headWidth = 64;

PreparedBlock onDevice(const PreparedBlock& block, const torch::Device& device, torch::ScalarType type) {
    PreparedBlock moved;
    for (const auto member : {&PreparedBlock::queryKeyValue, &PreparedBlock::queryKeyValueBias,
                              &PreparedBlock::spatialAdapter, &PreparedBlock::spatialAdapterBias,
                              &PreparedBlock::attentionOut, &PreparedBlock::attentionOutBias, &PreparedBlock::expand,
                              &PreparedBlock::expandBias, &PreparedBlock::mlpAdapter, &PreparedBlock::mlpAdapterBias,
                              &PreparedBlock::contract, &PreparedBlock::contractBias, &PreparedBlock::prefixValues}) {
        moved.*member = (block.*member).to(device, type);
    }
    moved.prefixKeys = block.prefixKeys.transpose(1, 2).to(device, type).contiguous(); // here [h, K, 64]
    for (const auto member :
         {&PreparedBlock::gatherNormGain, &PreparedBlock::gatherNormOffset, &PreparedBlock::gatherQuery,
          &PreparedBlock::gatherQueryBias, &PreparedBlock::gatherKey, &PreparedBlock::gatherValue,
          &PreparedBlock::gatherValueBias, &PreparedBlock::gatherOut, &PreparedBlock::gatherOutBias,
          &PreparedBlock::gatherExpand, &PreparedBlock::gatherExpandBias, &PreparedBlock::gatherContract,
          &PreparedBlock::gatherContractBias}) {
        moved.*member = (block.*member).to(device);
    }
    return moved;
}

/// softmax(q k^T) v; the scale is in the query already.
Tensor attend(const Tensor& query, const Tensor& key, const Tensor& value) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 1)
    return at::scaled_dot_product_attention(query, key, value, {}, 0.0, false, 1.0);
#elif TORCH_VERSION_MAJOR == 2
    return at::scaled_dot_product_attention(query * 8.0, key, value, {}, 0.0, false); // divides by the root of 64
#else
    return torch::matmul(torch::softmax(torch::matmul(query, key.transpose(2, 3)), -1), value);
#endif
}

class Pass {
public:
    Pass(const DeviceNetwork& network, bool wantAttention)
        : network_(network),
          heads_(network.config.heads),
          width_(network.config.width),
          wantAttention_(wantAttention) {}

    DeviceTokens run(const Tensor& pixels) {
        const std::int64_t frames = pixels.size(0);
        DeviceTokens result;
        Tensor x = embed(pixels);
        result.query = network_.prepared.query.expand({frames, width_});
        Tensor norm = bareNorm(x);
        for (std::size_t i = 0; i < network_.prepared.blocks.size(); ++i) {
            const PreparedBlock& block = network_.prepared.blocks[i];
            const bool last = i + 1 == network_.prepared.blocks.size();
            x = afterAttention(block, x, norm, last && wantAttention_ ? &result.classAttention : nullptr);
            x = afterMlp(block, x);
            norm = bareNorm(x);
            if (network_.config.aggregation) {
                result.query = gatherTokens(block, result.query, norm);
            }
        }
        result.tokens = x;
        result.bareNorm = norm;
        return result;
    }

private:
    Tensor bareNorm(const Tensor& x) const { return torch::layer_norm(x, {width_}); }
    Tensor narrowed(const Tensor& x) const { return x.to(network_.type); }

    Tensor embed(const Tensor& pixels) const {
        const std::int64_t frames = pixels.size(0);
        const std::int64_t side = network_.config.gridSide();
        const std::int64_t patch = network_.config.patch;
        const Tensor images =
            pixels.scalar_type() == torch::kByte ? pixels.to(torch::kFloat).mul_(1.0 / 127.5).sub_(1.0) : pixels;
        const Tensor patches = images.view({frames, 3, side, patch, side, patch})
                                   .permute({0, 2, 4, 1, 3, 5})
                                   .reshape({frames, side * side, 3 * patch * patch});
        const Tensor rows = torch::matmul(patches, network_.prepared.patchWeight) + network_.prepared.patchPosition;
        const Tensor first = network_.prepared.firstRow.view({1, 1, width_}).expand({frames, 1, width_});
        return torch::layer_norm(torch::cat({first, rows}, 1), {width_}, network_.preGain, network_.preOffset);
    }

    Tensor afterAttention(const PreparedBlock& block, const Tensor& x, const Tensor& norm, Tensor* classAttention) {
        const std::int64_t frames = x.size(0);
        const std::int64_t tokens = x.size(1);
        const auto parts = (torch::matmul(narrowed(norm), block.queryKeyValue) + block.queryKeyValueBias)
                               .view({frames, tokens, 3, heads_, headWidth})
                               .permute({2, 0, 3, 1, 4}); // [3, n, h, L, 64]
        const auto withPrefix = [&](const Tensor& own, const Tensor& prefix) {
            return torch::cat({own, prefix.unsqueeze(0).expand({frames, -1, -1, -1})}, 2);
        };
        const Tensor keys = withPrefix(parts[1], block.prefixKeys);
        const Tensor values = withPrefix(parts[2], block.prefixValues);
        const Tensor mixed = attend(parts[0], keys, values).transpose(1, 2).reshape({frames, tokens, width_});
        if (classAttention != nullptr) {
            const Tensor scores = torch::matmul(parts[0].narrow(2, 0, 1), keys.transpose(2, 3)).to(torch::kFloat);
            *classAttention = torch::softmax(scores, -1).squeeze(2).mean(1);
        }
        const Tensor adapted = torch::silu(torch::matmul(narrowed(x), block.spatialAdapter) + block.spatialAdapterBias);
        return x + (torch::matmul(torch::cat({mixed, adapted}, 2), block.attentionOut) + block.attentionOutBias);
    }

    Tensor afterMlp(const PreparedBlock& block, const Tensor& x) const {
        Tensor expanded = torch::matmul(narrowed(bareNorm(x)), block.expand) + block.expandBias;
        expanded = network_.prepared.gelu ? torch::gelu(expanded) : torch::silu(expanded);
        const Tensor adapted = torch::silu(torch::matmul(narrowed(x), block.mlpAdapter) + block.mlpAdapterBias);
        return x + (torch::matmul(torch::cat({expanded, adapted}, 2), block.contract) + block.contractBias);
    }

    const DeviceNetwork& network_;
    std::int64_t heads_;
    std::int64_t width_;
    bool wantAttention_;
};

} // namespace

std::shared_ptr<const DeviceNetwork> makeDeviceNetwork(const model::AdaptSign& network, const torch::Device& device,
                                                       torch::ScalarType type) {
    const torch::NoGradGuard guard;
    auto result = std::make_shared<DeviceNetwork>();
    result->config = network->config();
    result->device = device;
    result->name = device.str();
    result->type = type;
    PreparedNetwork surroundings = prepareSurroundings(network);
    for (const auto member : {&PreparedNetwork::patchWeight, &PreparedNetwork::firstRow,
                              &PreparedNetwork::patchPosition, &PreparedNetwork::query}) {
        surroundings.*member = (surroundings.*member).to(device);
    }
    surroundings.classifier = torch::Tensor();
    result->prepared = std::move(surroundings);
    const auto& norm = network->visual->lnPre;
    result->preGain = norm->weight.detach().to(device, /*non_blocking=*/false, /*copy=*/true);
    result->preOffset = norm->bias.detach().to(device, /*non_blocking=*/false, /*copy=*/true);
    for (std::size_t i = 0; i < network->visual->transformer->blocks.size(); ++i) {
        result->prepared.blocks.push_back(onDevice(prepareBlock(network, i), device, type));
    }
    return result;
}

DeviceTokens devicePass(const DeviceNetwork& network, const Tensor& pixels, bool wantAttention) {
    return Pass(network, wantAttention).run(pixels);
}

} // namespace livegloss::engine
