#include "fast_blocks.h"

#include <algorithm>
#include <cstring>

namespace livegloss::engine {
namespace {

using kernels::Element;

constexpr std::size_t headWidth = kernels::headWidth;

void applyNorm(float* row, const std::vector<float>& gain, const std::vector<float>& offset) {
    for (std::size_t i = 0; i < gain.size(); ++i) {
        row[i] = row[i] * gain[i] + offset[i];
    }
}

} // namespace

std::size_t FastNetwork::bytes() const {
    std::size_t total = patch->bytes() + head.bytes();
    const auto add = [&total](const LinearPtr& layer) { total += layer->bytes(); };
    for (const FastBlock& block : blocks) {
        for (const LinearPtr* layer : {&block.queryKeyValue, &block.attentionOut, &block.spatialIn, &block.spatialOut,
                                       &block.expand, &block.contract, &block.mlpIn, &block.mlpOut, &block.gatherQuery,
                                       &block.gatherOut, &block.gatherExpand, &block.gatherContract}) {
            add(*layer);
        }
        std::ranges::for_each(block.gatherKey, add);
        std::ranges::for_each(block.gatherValue, add);
    }
    return total;
}

FastBlocks::FastBlocks(const FastNetwork& network)
    : network_(network),
      kernels_(kernels::rowKernels(network.instructions)),
      width_(static_cast<std::size_t>(network.config.width)),
      tokens_(static_cast<std::size_t>(network.config.tokens())) {
    for (const FastBlock& block : network.blocks) {
        for (const LinearPtr* layer : {&block.queryKeyValue, &block.spatialIn, &block.expand, &block.mlpIn}) {
            narrows_ = narrows_ || (*layer)->spec().source == Element::Bf16;
        }
    }
}

void FastBlocks::normalise(const FastOutput& output) {
    const StageTimer timer(times_, Stage::LayerNorm);
    const int rows = static_cast<int>(rowCount());
    if (!narrows_) {
        kernels_.layerNorm(output.tokens, rows, network_.config.width, output.bareNorm);
        return;
    }
    const std::size_t values = rowCount() * width_;
    kernels_.layerNormNarrow(output.tokens, rows, network_.config.width, output.bareNorm,
                             narrowNorm_.room<kernels::Bfloat16>(values), narrowRows_.room<kernels::Bfloat16>(values));
}

const void* FastBlocks::sourceOf(const LinearPtr& layer, const float* values, const kernels::AlignedBuffer& narrow) {
    return layer->spec().source == Element::F32 ? values : narrow.as<void>();
}

/// Every patch as one row: channel after channel, as the filters lie.
void FastBlocks::copyPatches(const float* image, float* patches) const {
    const auto side = static_cast<std::size_t>(network_.config.gridSide());
    const auto patch = static_cast<std::size_t>(network_.config.patch);
    const auto resolution = static_cast<std::size_t>(network_.config.resolution);
    for (std::size_t y = 0; y < side; ++y) {
        for (std::size_t x = 0; x < side; ++x) {
            for (std::size_t channel = 0; channel < 3; ++channel) {
                for (std::size_t line = 0; line < patch; ++line) {
                    const float* const from =
                        image + (channel * resolution + y * patch + line) * resolution + x * patch;
                    patches = std::copy_n(from, patch, patches);
                }
            }
        }
    }
}

void FastBlocks::embed(const float* images, int frames, float* tokens) {
    const StageTimer timer(times_, Stage::Embedding);
    const std::size_t patchValues = static_cast<std::size_t>(network_.patch->spec().inputs);
    const std::size_t patchCount = tokens_ - 1;
    const auto resolution = static_cast<std::size_t>(network_.config.resolution);
    float* const patches = patches_.room<float>(patchCount * patchValues);
    for (std::size_t frame = 0; frame < static_cast<std::size_t>(frames); ++frame) {
        float* const rows = tokens + frame * tokens_ * width_;
        std::ranges::copy(network_.firstRow, rows);
        std::ranges::copy(network_.patchPosition, rows + width_);
        copyPatches(images + frame * 3 * resolution * resolution, patches);
        if (network_.patch->spec().source == Element::Bf16) {
            const std::size_t values = patchCount * patchValues;
            kernels_.toBfloat16(patches, values, narrowPatches_.room<kernels::Bfloat16>(values));
        }
        network_.patch->run(sourceOf(network_.patch, patches, narrowPatches_), static_cast<int>(patchCount), 0,
                            rows + width_, space_);
    }
    kernels_.layerNorm(tokens, frames * static_cast<int>(tokens_), network_.config.width, tokens);
    for (std::size_t row = 0; row < rowCount(); ++row) {
        applyNorm(tokens + row * width_, network_.preGain, network_.preOffset);
    }
}

void FastBlocks::attend(std::size_t index, const FastOutput& output, bool plain) {
    const StageTimer timer(times_, Stage::Attention);
    const FastBlock& block = network_.blocks[index];
    const bool last = index + 1 == network_.blocks.size();
    float* const weights = output.blockShares.empty() ? nullptr : output.blockShares[index].weights;
    const std::size_t bytes = kernels::elementBytes(network_.element);
    const int prefix = plain ? 0 : network_.config.prefix;
    const std::size_t keys = tokens_ + static_cast<std::size_t>(prefix);
    kernels::AttentionCall call;
    call.element = network_.element;
    call.tokens = static_cast<int>(tokens_);
    call.heads = network_.config.heads;
    call.prefix = prefix;
    call.prefixKeys = block.prefixKeys.data();
    call.prefixValues = block.prefixValues.data();
    for (std::size_t frame = 0; frame < static_cast<std::size_t>(frames_); ++frame) {
        call.queryKeyValue = queryKeyValue_.as<std::byte>() + frame * tokens_ * 3 * width_ * bytes;
        call.mixed = mixed_.as<std::byte>() + frame * tokens_ * width_ * bytes;
        call.classShares = last && output.classShares != nullptr ? output.classShares + frame * keys : nullptr;
        call.weights =
            weights != nullptr ? weights + frame * static_cast<std::size_t>(call.heads) * tokens_ * keys : nullptr;
        kernels_.attention(call, space_);
    }
}

void FastBlocks::runBlock(std::size_t index, const FastOutput& output, bool plain, bool attentionOnly) {
    const FastBlock& block = network_.blocks[index];
    const int rows = static_cast<int>(rowCount());
    const std::size_t values = rowCount() * width_;
    const std::size_t bytes = kernels::elementBytes(network_.element);
    const auto room = [&](kernels::AlignedBuffer& buffer, const LinearPtr& layer) {
        return buffer.room<std::byte>(rowCount() * static_cast<std::size_t>(layer->spec().outputs) * bytes);
    };
    const auto run = [&](Stage stage, const LinearPtr& layer, const void* source, void* destination) {
        const StageTimer timer(times_, stage);
        layer->run(source, rows, 0, destination, space_);
    };
    // The adapter reads the tokens before `addMain` adds to them.
    const bool adapt = !plain && network_.config.adapters;
    const auto half = [&](const LinearPtr& in, const LinearPtr& out, const auto& addMain) {
        void* const adapted = room(adapted_, in);
        if (adapt) {
            run(Stage::Adapters, in, sourceOf(in, output.tokens, narrowRows_), adapted);
        }
        addMain();
        if (adapt) {
            run(Stage::Adapters, out, adapted, output.tokens);
        }
        normalise(output);
    };
    half(block.spatialIn, block.spatialOut, [&] {
        void* const projected = room(queryKeyValue_, block.queryKeyValue);
        run(Stage::QueryKeyValue, block.queryKeyValue, sourceOf(block.queryKeyValue, output.bareNorm, narrowNorm_),
            projected);
        mixed_.reserve(values * bytes);
        attend(index, output, plain);
        if (attentionOnly) {
            return;
        }
        run(Stage::AttentionOut, block.attentionOut, mixed_.as<void>(), output.tokens);
    });
    if (attentionOnly) {
        return;
    }
    half(block.mlpIn, block.mlpOut, [&] {
        void* const expanded = room(expanded_, block.expand);
        run(Stage::Mlp, block.expand, sourceOf(block.expand, output.bareNorm, narrowNorm_), expanded);
        run(Stage::Mlp, block.contract, expanded, output.tokens);
    });
}

/// One query token: its scores come from its own projection taken through the keys' weights, and values are projected
/// after averaging, so that the tokens are read twice but never projected.
void FastBlocks::gather(std::size_t index, const FastOutput& output) {
    const StageTimer timer(times_, Stage::Aggregation);
    const FastBlock& block = network_.blocks[index];
    float* const query = output.query;
    float* const shares = output.blockShares.empty() ? nullptr : output.blockShares[index].gather;
    const auto heads = static_cast<std::size_t>(network_.config.heads);
    const auto frames = static_cast<std::size_t>(frames_);
    const std::size_t values = frames * width_;
    float* const own = gathered_.room<float>((3 + 2 * heads) * values);
    float* const projected = own + values;
    float* const perHead = projected + values;
    float* const direction = perHead + values; // [heads, n, D]
    float* const average = direction + heads * values;

    kernels_.layerNorm(query, frames_, network_.config.width, own);
    for (std::size_t frame = 0; frame < frames; ++frame) {
        applyNorm(own + frame * width_, block.gatherGain, block.gatherOffset);
    }
    block.gatherQuery->run(own, frames_, 0, projected, space_);
    for (std::size_t head = 0; head < heads; ++head) {
        block.gatherKey[head]->run(projected + head * headWidth, frames_, network_.config.width,
                                   direction + head * values, space_);
    }
    for (std::size_t frame = 0; frame < frames; ++frame) {
        kernels::GatherCall call;
        call.rows = output.bareNorm + frame * tokens_ * width_;
        call.tokens = static_cast<int>(tokens_);
        call.width = network_.config.width;
        call.heads = network_.config.heads;
        call.headStride = values;
        call.direction = direction + frame * width_;
        call.average = average + frame * width_;
        call.shares = shares != nullptr ? shares + frame * heads * tokens_ : nullptr;
        kernels_.gather(call, space_);
    }
    for (std::size_t head = 0; head < heads; ++head) {
        block.gatherValue[head]->run(average + head * values, frames_, 0, projected, space_); // [n, 64]
        for (std::size_t frame = 0; frame < frames; ++frame) {
            std::copy_n(projected + frame * headWidth, headWidth, perHead + frame * width_ + head * headWidth);
        }
    }
    block.gatherOut->run(perHead, frames_, 0, query, space_);
    kernels_.layerNorm(query, frames_, network_.config.width, own);
    block.gatherExpand->run(own, frames_, 0, projected, space_);
    block.gatherContract->run(projected, frames_, 0, query, space_);
}

void FastBlocks::runAll(const float* images, int frames, const FastOutput& output, bool plain) {
    frames_ = frames;
    embed(images, frames, output.tokens);
    normalise(output);
    if (!plain) {
        for (std::size_t frame = 0; frame < static_cast<std::size_t>(frames); ++frame) {
            std::ranges::copy(network_.query, output.query + frame * width_);
        }
    }
    if (output.afterBlock) {
        output.afterBlock(-1);
    }
    const std::size_t blocks =
        output.lastBlock < 0 ? network_.blocks.size() : static_cast<std::size_t>(output.lastBlock) + 1;
    for (std::size_t i = 0; i < blocks; ++i) {
        const bool attentionOnly = output.attentionOnly && i + 1 == blocks;
        runBlock(i, output, plain, attentionOnly);
        if (!plain && network_.config.aggregation && !attentionOnly) {
            gather(i, output);
        }
        if (output.afterBlock) {
            output.afterBlock(static_cast<int>(i));
        }
    }
}

void FastBlocks::run(const float* images, int frames, const FastOutput& output) {
    runAll(images, frames, output, false);
}

void FastBlocks::runPlain(const float* images, int frames, const FastOutput& output) {
    runAll(images, frames, output, true);
}

} // namespace livegloss::engine
