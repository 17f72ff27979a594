#include "block_runner.h"

#include "gather_tokens.h"

namespace livegloss::engine {
namespace {

using torch::Tensor;

constexpr int headWidth = 64;

Tensor bareLayerNorm(const Tensor& x) {
    return torch::layer_norm(x, {x.size(-1)});
}

} // namespace

BlockRunner::BlockRunner(const TorchModel& model)
    : model_(&model),
      heads_(model.config().heads),
      width_(model.config().width),
      tokens_(model.config().tokens()),
      prefix_(model.config().prefix) {}

Tensor BlockRunner::embed(const Tensor& images) const {
    const std::int64_t side = model_->config().gridSide();
    const std::int64_t patch = model_->config().patch;
    const std::int64_t frames = images.size(0);
    const Tensor patches = images.view({frames, 3, side, patch, side, patch})
                               .permute({0, 2, 4, 1, 3, 5})
                               .reshape({frames, side * side, 3 * patch * patch});
    Tensor tokens = torch::empty({frames, tokens_, width_});
    tokens.select(1, 0).copy_(model_->prepared.firstRow.expand({frames, width_}));
    for (std::int64_t frame = 0; frame < frames; ++frame) {
        Tensor rows = tokens[frame].narrow(0, 1, tokens_ - 1);
        torch::addmm_out(rows, model_->prepared.patchPosition, patches[frame], model_->prepared.patchWeight);
    }
    const auto& norm = model_->network->visual->lnPre;
    return torch::layer_norm(tokens, {width_}, norm->weight, norm->bias);
}

/// Scores and mixes in two parts, tokens and prefixes, so that neither keys nor values are copied together.
void BlockRunner::attend(const PreparedBlock& block, const Tensor& queryKeyValue, Tensor mixed, Wanted wanted) {
    const std::int64_t frames = queryKeyValue.size(0) / tokens_;
    // Made here and not by the constructor: copies of a runner that has not run yet would share this memory.
    if (!scores_.defined()) {
        scores_ = torch::empty({tokens_, tokens_ + prefix_});
        shares_ = torch::empty({tokens_, tokens_ + prefix_});
    }
    Tensor tokenScores = scores_.narrow(1, 0, tokens_);
    Tensor prefixScores = scores_.narrow(1, tokens_, prefix_);
    const Tensor tokenShares = shares_.narrow(1, 0, tokens_);
    const Tensor prefixShares = shares_.narrow(1, tokens_, prefix_);
    for (std::int64_t frame = 0; frame < frames; ++frame) {
        const Tensor rows = queryKeyValue.narrow(0, frame * tokens_, tokens_);
        for (std::int64_t head = 0; head < heads_; ++head) {
            const Tensor query = rows.narrow(1, head * headWidth, headWidth);
            const Tensor key = rows.narrow(1, width_ + head * headWidth, headWidth);
            const Tensor value = rows.narrow(1, 2 * width_ + head * headWidth, headWidth);
            torch::mm_out(tokenScores, query, key.t());
            if (prefix_ > 0) {
                torch::mm_out(prefixScores, query, block.prefixKeys[head]);
            }
            torch::_softmax_out(shares_, scores_, -1, false);
            Tensor result = mixed.narrow(0, frame * tokens_, tokens_).narrow(1, head * headWidth, headWidth);
            torch::mm_out(result, tokenShares, value);
            if (prefix_ > 0) {
                result.addmm_(prefixShares, block.prefixValues[head]);
            }
            if (wanted.classAttention != nullptr) {
                (*wanted.classAttention)[frame].add_(shares_[0], 1.0 / heads_);
            }
            if (wanted.weights != nullptr) {
                (*wanted.weights)[frame][head].copy_(shares_);
            }
        }
    }
}

void BlockRunner::runBlock(const PreparedBlock& block, Tensor& rows, Tensor& norm, Wanted wanted) {
    const std::int64_t count = rows.size(0);
    const std::int64_t adapterWidth = block.spatialAdapter.size(1);

    const Tensor queryKeyValue = torch::addmm(block.queryKeyValueBias, norm, block.queryKeyValue);
    Tensor mixed = torch::empty({count, width_ + adapterWidth});
    Tensor adapted = mixed.narrow(1, width_, adapterWidth);
    torch::addmm_out(adapted, block.spatialAdapterBias, rows, block.spatialAdapter);
    torch::silu_(adapted);
    attend(block, queryKeyValue, mixed, wanted);
    rows.addmm_(mixed, block.attentionOut).add_(block.attentionOutBias);

    norm = bareLayerNorm(rows);
    Tensor active = torch::empty({count, 4 * width_ + adapterWidth});
    Tensor expanded = active.narrow(1, 0, 4 * width_);
    Tensor mlpAdapted = active.narrow(1, 4 * width_, adapterWidth);
    torch::addmm_out(expanded, block.expandBias, norm, block.expand);
    torch::addmm_out(mlpAdapted, block.mlpAdapterBias, rows, block.mlpAdapter);
    if (model_->prepared.gelu) {
        expanded.copy_(torch::gelu(expanded));
        torch::silu_(mlpAdapted);
    } else {
        torch::silu_(active);
    }
    rows.addmm_(active, block.contract).add_(block.contractBias);
    norm = bareLayerNorm(rows);
}

BlockOutput BlockRunner::run(const Tensor& images, bool wantAttention, model::ForwardTrace* trace,
                             AttentionProbe* probe) {
    return model_->fast ? runFast(images, wantAttention, trace, nullptr, false)
                        : runReference(images, wantAttention, trace, probe);
}

BlockOutput BlockRunner::run(const Tensor& images, bool wantAttention, model::ForwardTrace* trace, FastProbe& probe,
                             bool mapsOnly) {
    return runFast(images, wantAttention, trace, &probe, mapsOnly);
}

BlockOutput BlockRunner::runReference(const Tensor& images, bool wantAttention, model::ForwardTrace* trace,
                                      AttentionProbe* probe) {
    const std::int64_t frames = images.size(0);
    BlockOutput output;
    output.tokens = embed(images);
    output.query = model_->prepared.query.expand({frames, width_});
    if (wantAttention) {
        output.classAttention = torch::zeros({frames, tokens_ + prefix_});
    }
    Tensor rows = output.tokens.view({frames * tokens_, width_});
    Tensor norm = bareLayerNorm(rows);
    if (trace != nullptr) {
        trace->emplace_back("tokens_in", output.tokens.clone());
    }
    const auto& blocks = model_->prepared.blocks;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const bool last = i + 1 == blocks.size();
        Wanted wanted;
        Tensor weights;
        if (last && wantAttention) {
            wanted.classAttention = &output.classAttention;
        }
        if (last && trace != nullptr) {
            weights = torch::empty({frames, heads_, tokens_, tokens_ + prefix_});
            wanted.weights = &weights;
        }
        if (probe != nullptr) {
            probe->beforeBlock(static_cast<int>(i), output.tokens);
        }
        runBlock(blocks[i], rows, norm, wanted);
        if (probe != nullptr) {
            probe->afterBlock(static_cast<int>(i), output.tokens, output.query);
        }
        const bool aggregation = model_->config().aggregation;
        if (aggregation) {
            output.query = gatherTokens(blocks[i], output.query, norm.view({frames, tokens_, width_}));
        }
        if (trace != nullptr) {
            trace->emplace_back("tokens_block_" + std::to_string(i), output.tokens.clone());
            if (aggregation) {
                trace->emplace_back("query_block_" + std::to_string(i), output.query.unsqueeze(1));
            }
            if (last) {
                trace->emplace_back("attention_adapted_last", weights);
            }
        }
    }
    output.bareNorm = norm.view({frames, tokens_, width_});
    return output;
}

} // namespace livegloss::engine
