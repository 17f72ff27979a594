#include "block_runner.h"
#include "fast_blocks.h"
#include "fast_probe.h"

namespace livegloss::engine {

using torch::Tensor;

FastBlocks& BlockRunner::fastBlocks() {
    if (!fast_) {
        fast_ = std::make_shared<FastBlocks>(*model_->fast);
    }
    return *fast_;
}

BlockOutput BlockRunner::runFast(const Tensor& images, bool wantAttention, model::ForwardTrace* trace, FastProbe* probe,
                                 bool mapsOnly) {
    const Tensor pixels = images.contiguous();
    const std::int64_t frames = pixels.size(0);
    BlockOutput output;
    output.tokens = torch::empty({frames, tokens_, width_});
    output.bareNorm = torch::empty({frames, tokens_, width_});
    output.query = torch::empty({frames, width_});
    FastOutput places;
    if (probe != nullptr) {
        probe->attachTo(places, mapsOnly);
    }
    places.tokens = output.tokens.data_ptr<float>();
    places.bareNorm = output.bareNorm.data_ptr<float>();
    places.query = output.query.data_ptr<float>();
    if (wantAttention) {
        output.classAttention = torch::zeros({frames, tokens_ + prefix_});
        places.classShares = output.classAttention.data_ptr<float>();
    }
    Tensor weights;
    if (trace != nullptr) {
        weights = torch::empty({frames, heads_, tokens_, tokens_ + prefix_});
        places.blockShares.resize(static_cast<std::size_t>(model_->config().layers));
        places.blockShares.back().weights = weights.data_ptr<float>();
        places.afterBlock = [&](int block) {
            if (block < 0) {
                trace->emplace_back("tokens_in", output.tokens.clone());
                return;
            }
            trace->emplace_back("tokens_block_" + std::to_string(block), output.tokens.clone());
            if (model_->config().aggregation) {
                trace->emplace_back("query_block_" + std::to_string(block), output.query.unsqueeze(1).clone());
            }
        };
    }
    fastBlocks().run(pixels.data_ptr<float>(), static_cast<int>(frames), places);
    if (trace != nullptr) {
        trace->emplace_back("attention_adapted_last", weights);
    }
    return output;
}

void BlockRunner::runPlain(const Tensor& images, FastProbe& probe) {
    const Tensor pixels = images.contiguous();
    const std::int64_t frames = pixels.size(0);
    const Tensor tokens = torch::empty({frames, tokens_, width_});
    const Tensor norm = torch::empty({frames, tokens_, width_});
    FastOutput places;
    places.tokens = tokens.data_ptr<float>();
    places.bareNorm = norm.data_ptr<float>();
    probe.attachTo(places, true);
    fastBlocks().runPlain(pixels.data_ptr<float>(), static_cast<int>(frames), places);
}

Tensor BlockRunner::plainClassAttention(const Tensor& images) {
    const Tensor pixels = images.contiguous();
    const std::int64_t frames = pixels.size(0);
    const Tensor tokens = torch::empty({frames, tokens_, width_});
    const Tensor norm = torch::empty({frames, tokens_, width_});
    const Tensor shares = torch::zeros({frames, tokens_});
    FastOutput places;
    places.tokens = tokens.data_ptr<float>();
    places.bareNorm = norm.data_ptr<float>();
    places.classShares = shares.data_ptr<float>();
    places.lastBlock = model_->config().layers - 1;
    places.attentionOnly = true;
    fastBlocks().runPlain(pixels.data_ptr<float>(), static_cast<int>(frames), places);
    return shares;
}

void BlockRunner::tracePlain(const Tensor& images, model::ForwardTrace& trace) {
    if (!model_->fast) {
        model::AdaptSign network = model_->network;
        network->visual->tracePlainPath(network->visual->embed(images), trace);
        return;
    }
    const Tensor pixels = images.contiguous();
    const std::int64_t frames = pixels.size(0);
    const Tensor tokens = torch::empty({frames, tokens_, width_});
    const Tensor norm = torch::empty({frames, tokens_, width_});
    const Tensor weights = torch::empty({frames, heads_, tokens_, tokens_});
    FastOutput places;
    places.tokens = tokens.data_ptr<float>();
    places.bareNorm = norm.data_ptr<float>();
    places.blockShares.resize(static_cast<std::size_t>(model_->config().layers));
    places.blockShares.back().weights = weights.data_ptr<float>();
    fastBlocks().runPlain(pixels.data_ptr<float>(), static_cast<int>(frames), places);
    trace.emplace_back("attention_frozen_last", weights);
    trace.emplace_back("frozen_tokens_out", tokens);
}

} // namespace livegloss::engine
