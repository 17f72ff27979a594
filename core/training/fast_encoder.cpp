#include "fast_encoder.h"

#include <algorithm>
#include <cmath>

namespace livegloss::training {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// q(x) = x * sigmoid(1.702 x) = silu(1.702 x) / 1.702, whose derivative is silu'(1.702 x). Overwrites its input, which
/// must have no other use.
struct QuickGelu : torch::autograd::Function<QuickGelu> {
    static Tensor forward(AutogradContext* context, const Tensor& input) {
        Tensor scaled = input.detach().mul_(1.702);
        Tensor result = at::silu(scaled).mul_(1.0 / 1.702);
        context->save_for_backward({scaled});
        return result;
    }
    static tensor_list backward(AutogradContext* context, tensor_list gradients) {
        return {at::silu_backward(gradients[0], context->get_saved_variables()[0])};
    }
};

Tensor twoLayer(model::TwoLayerImpl& layers, const Tensor& x) {
    const Tensor inner = layers.in->forward(x);
    return layers.out->forward(layers.activation == model::Activation::Gelu ? torch::gelu(inner)
                                                                            : QuickGelu::apply(inner));
}

Tensor normalised(torch::nn::LayerNormImpl& norm, const Tensor& x) {
    return torch::layer_norm(x, norm.options.normalized_shape(), norm.weight, norm.bias, norm.options.eps());
}

/// [N, L, D] -> [N * heads, L, 64]
Tensor splitHeads(const Tensor& x, std::int64_t heads) {
    const auto n = x.size(0);
    const auto length = x.size(1);
    return x.reshape({n, length, heads, -1}).transpose(1, 2).reshape({n * heads, length, -1});
}

/// Self-attention of normed tokens [N, L, D], prefixes appended to keys and values where given.
/// `queries` limits the query side to the first tokens.
Tensor selfAttention(model::AttentionImpl& attention, const Tensor& tokens, const Tensor& prefixKey,
                     const Tensor& prefixValue, std::int64_t queries) {
    const auto n = tokens.size(0);
    const auto width = tokens.size(2);
    const auto heads = width / 64;
    const Tensor& weight = attention.inProjWeight;
    const Tensor& bias = attention.inProjBias;
    Tensor q, k, v;
    if (queries == tokens.size(1)) {
        const auto parts = torch::linear(tokens, weight, bias).chunk(3, -1);
        q = parts[0], k = parts[1], v = parts[2];
    } else {
        q = torch::linear(tokens.slice(1, 0, queries), weight.slice(0, 0, width), bias.slice(0, 0, width));
        const auto parts = torch::linear(tokens, weight.slice(0, width), bias.slice(0, width)).chunk(2, -1);
        k = parts[0], v = parts[1];
    }
    if (prefixKey.defined()) {
        const auto project = [&](const Tensor& prefix, std::int64_t part) {
            const Tensor rows = torch::linear(prefix.squeeze(1), weight.slice(0, part * width, (part + 1) * width),
                                              bias.slice(0, part * width, (part + 1) * width));
            return rows.unsqueeze(0).expand({n, -1, -1});
        };
        k = torch::cat({k, project(prefixKey, 1)}, 1);
        v = torch::cat({v, project(prefixValue, 2)}, 1);
    }
    q = splitHeads(q, heads);
    k = splitHeads(k, heads);
    v = splitHeads(v, heads);
    const Tensor none = torch::empty({1, 1, 1}, q.options());
    const Tensor weights = torch::baddbmm(none, q, k.transpose(1, 2), /*beta=*/0, /*alpha=*/0.125).softmax(-1);
    const Tensor mixed =
        torch::bmm(weights, v).view({n, heads, queries, 64}).transpose(1, 2).reshape({n, queries, width});
    return attention.outProj->forward(mixed);
}

/// `prefixes`: the block whose prefixes are used, itself or the first.
Tensor adaptedBlock(model::ResidualBlockImpl& block, const model::ResidualBlockImpl& prefixes, const Tensor& tokens,
                    const EncoderSettings& settings) {
    const Tensor none;
    const Tensor attended =
        selfAttention(*block.attn, normalised(*block.ln1, tokens), settings.prefixes ? prefixes.prefixKey : none,
                      settings.prefixes ? prefixes.prefixValue : none, tokens.size(1));
    if (!settings.adapters) {
        const Tensor x = tokens + attended;
        return x + twoLayer(*block.mlp, normalised(*block.ln2, x));
    }
    const Tensor x = tokens + attended + twoLayer(*block.spatialAdapter->mlp, tokens);
    return x + twoLayer(*block.mlp, normalised(*block.ln2, x)) + twoLayer(*block.mlpAdapter->mlp, x);
}

Tensor plainBlock(model::ResidualBlockImpl& block, const Tensor& tokens, std::int64_t queries) {
    const Tensor none;
    const Tensor x =
        tokens.slice(1, 0, queries) + selfAttention(*block.attn, normalised(*block.ln1, tokens), none, none, queries);
    return x + twoLayer(*block.mlp, normalised(*block.ln2, x));
}

/// Query [N, 1, D] gathers from tokens [N, L, D]. The score of token j is q . (W_k n_j + b_k) = (W_k^T q) . n_j +
/// const, and the softmax ignores the constant; values are averaged before they are projected.
Tensor aggregate(model::AggregationBlockImpl& block, const Tensor& query, const Tensor& tokens) {
    const auto n = tokens.size(0);
    const auto width = tokens.size(2);
    const auto heads = width / 64;
    const Tensor& weight = block.attn->inProjWeight;
    const Tensor& bias = block.attn->inProjBias;
    const Tensor q = torch::linear(normalised(*block.ln1, query), weight.slice(0, 0, width), bias.slice(0, 0, width))
                         .view({n, heads, 64})
                         .transpose(0, 1); // [h, N, 64]
    const Tensor keyWeight = weight.slice(0, width, 2 * width).view({heads, 64, width});
    const Tensor valueWeight = weight.slice(0, 2 * width).view({heads, 64, width});
    const Tensor plain = torch::layer_norm(tokens, {width}, {}, {}, block.ln1->options.eps());
    const Tensor probe = torch::bmm(q, keyWeight).transpose(0, 1) * (block.ln1->weight * 0.125); // [N, h, D]
    const Tensor weights = torch::bmm(probe, plain.transpose(1, 2)).softmax(-1);                 // [N, h, L]
    const Tensor gathered = torch::bmm(weights, plain) * block.ln1->weight + block.ln1->bias;    // [N, h, D]
    const Tensor values = torch::bmm(gathered.transpose(0, 1), valueWeight.transpose(1, 2))      // [h, N, 64]
                              .transpose(0, 1)
                              .reshape({n, 1, width}) +
                          bias.slice(0, 2 * width);
    const Tensor u = query + block.attn->outProj->forward(values);
    return u + twoLayer(*block.mlp, normalised(*block.ln2, u));
}

struct ChunkResult {
    Tensor tokens; ///< [N, L, D]
    Tensor query;  ///< [N, 1, D]
};

ChunkResult encodeChunk(model::VisualEncoderImpl& encoder, const EncoderSettings& settings, const Tensor& images) {
    const Autocast autocast(settings.autocast);
    ChunkResult result;
    result.tokens = encoder.embed(images);
    result.query = encoder.transformer->query.expand({images.size(0), 1, -1});
    const auto layers = static_cast<int>(encoder.transformer->blocks.size());
    for (int layer = 0; layer < layers; ++layer) {
        const auto at = static_cast<std::size_t>(layer);
        auto& blocks = encoder.transformer->blocks;
        result.tokens = adaptedBlock(*blocks[at], *blocks[settings.sharedPrefixes ? 0 : at], result.tokens, settings);
        if (settings.aggregation) {
            result.query = aggregate(*encoder.transformer->aggregations[at], result.query, result.tokens);
        }
    }
    result.tokens = result.tokens.to(torch::kFloat32);
    result.query = result.query.to(torch::kFloat32);
    return result;
}

/// Features of every frame from the blocks' results for every image.
Tensor frameFeatures(model::VisualEncoderImpl& encoder, const EncoderSettings& settings, const Tensor& tokens,
                     const Tensor& queries, const Tensor& imageOfFrame) {
    Tensor classToken = tokens.select(1, 0).index_select(0, imageOfFrame);
    if (settings.crossFrame) {
        const Tensor all = tokens.index_select(0, imageOfFrame);
        const auto frames = static_cast<int>(imageOfFrame.size(0));
        classToken = classToken + encoder.transformer->temporalAdaWeight *
                                      encoder.transformer->crossFrame(all, frames).update.squeeze(1);
    }
    Tensor mixed = normalised(*encoder.lnPost, classToken);
    if (settings.aggregation) {
        mixed = encoder.adaWeight[0] * mixed +
                encoder.adaWeight[1] * normalised(*encoder.lnPostCls, queries.squeeze(1).index_select(0, imageOfFrame));
    }
    return torch::mm(mixed, encoder.proj);
}

/// Frames per piece: what one block touches should stay in the processor's cache; a graphics card wants more at once.
std::int64_t framesAtOnce(const Tensor& images) {
    return images.is_cpu() ? 8 : 64;
}

} // namespace

EncodedClip::EncodedClip(model::VisualEncoderImpl& encoder, const EncoderSettings& settings, const Tensor& images,
                         const std::vector<std::int64_t>& imageOfFrame)
    : encoder_(encoder), settings_(settings) {
    settings_.forget = settings.forget && torch::GradMode::is_enabled();
    std::vector<Tensor> tokens;
    std::vector<Tensor> queries;
    const std::int64_t chunkFrames = framesAtOnce(images);
    {
        const torch::AutoGradMode remembering(torch::GradMode::is_enabled() && !settings_.forget);
        for (std::int64_t first = 0; first < images.size(0); first += chunkFrames) {
            ChunkResult chunk =
                encodeChunk(encoder, settings_, images.slice(0, first, std::min(first + chunkFrames, images.size(0))));
            tokens.push_back(std::move(chunk.tokens));
            queries.push_back(std::move(chunk.query));
        }
    }
    Tensor allTokens = torch::cat(tokens, 0);
    Tensor allQueries = torch::cat(queries, 0);
    if (settings_.forget) {
        images_ = images;
        tokens_ = allTokens.requires_grad_(true);
        queries_ = allQueries.requires_grad_(true);
    }
    const Tensor index = torch::tensor(imageOfFrame, torch::kInt64).to(images.device());
    features_ = frameFeatures(encoder, settings_, allTokens, allQueries, index);
}

std::vector<Tensor> EncodedClip::gradients(const std::vector<Tensor>& parameters, const Tensor& towards) {
    std::vector<Tensor> inputs = parameters;
    if (settings_.forget) {
        inputs.push_back(tokens_);
        inputs.push_back(queries_);
    }
    std::vector<Tensor> sums = torch::autograd::grad({features_}, inputs, {towards}, false, false, true);
    features_ = Tensor();
    if (!settings_.forget) {
        return sums;
    }
    const Tensor ofQueries = sums.back();
    sums.pop_back();
    const Tensor ofTokens = sums.back();
    sums.pop_back();
    const std::int64_t chunkFrames = framesAtOnce(images_);
    for (std::int64_t first = 0; first < images_.size(0); first += chunkFrames) {
        const std::int64_t end = std::min(first + chunkFrames, images_.size(0));
        const ChunkResult chunk = encodeChunk(encoder_, settings_, images_.slice(0, first, end));
        std::vector<Tensor> outputs;
        std::vector<Tensor> directions;
        const auto add = [&](const Tensor& output, const Tensor& direction) {
            if (direction.defined() && output.requires_grad()) {
                outputs.push_back(output);
                directions.push_back(direction.slice(0, first, end));
            }
        };
        add(chunk.tokens, ofTokens);
        add(chunk.query, ofQueries);
        if (outputs.empty()) {
            break;
        }
        const std::vector<Tensor> parts = torch::autograd::grad(outputs, parameters, directions, false, false, true);
        for (std::size_t index = 0; index < parts.size(); ++index) {
            if (parts[index].defined()) {
                sums[index] = sums[index].defined() ? sums[index] + parts[index] : parts[index];
            }
        }
    }
    return sums;
}

Tensor encodeClip(model::VisualEncoderImpl& encoder, const Tensor& images,
                  const std::vector<std::int64_t>& imageOfFrame, const EncoderSettings& settings) {
    EncoderSettings remembering = settings;
    remembering.forget = false;
    return EncodedClip(encoder, remembering, images, imageOfFrame).features();
}

Tensor encodeStills(model::VisualEncoderImpl& encoder, const Tensor& patches, const Tensor& positions, bool allTokens) {
    const auto count = patches.size(0);
    const auto kept = patches.size(1);
    const Tensor& places = encoder.positionalEmbedding;
    const Tensor place = places.index_select(0, positions.flatten() + 1).view({count, kept, -1});
    const Tensor first = (encoder.classEmbedding + places[0]).expand({count, 1, -1});
    const Tensor wanted =
        encoder.plainInput
            ? patches
            : (patches.view({count, kept, 3, -1}) * encoder.inputGain.view({3, 1}) + encoder.inputOffset.view({3, 1}))
                  .flatten(2);
    const Tensor rows = torch::linear(wanted, encoder.conv1->weight.flatten(1)) + place;
    Tensor tokens = normalised(*encoder.lnPre, torch::cat({first, rows}, 1));
    const auto layers = static_cast<int>(encoder.transformer->blocks.size());
    for (int layer = 0; layer < layers; ++layer) {
        const bool classOnly = layer + 1 == layers && !allTokens;
        tokens = plainBlock(*encoder.transformer->blocks[static_cast<std::size_t>(layer)], tokens,
                            classOnly ? 1 : tokens.size(1));
    }
    return torch::matmul(normalised(*encoder.lnPost, tokens), encoder.proj);
}

} // namespace livegloss::training
