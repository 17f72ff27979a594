#include "model/adapt_sign.h"

#include <cmath>
#include <string>

namespace livegloss::model {
namespace {

using torch::Tensor;
namespace nn = torch::nn;
namespace F = torch::nn::functional;

/// Frames that run through the blocks together when no gradient is wanted: bounds memory on long clips.
constexpr std::int64_t framesAtOnce = 16;

Tensor quickGelu(const Tensor& z) {
    return z * torch::sigmoid(1.702 * z);
}

nn::LayerNorm layerNorm(int width) {
    return nn::LayerNorm(nn::LayerNormOptions({width}));
}

void initNormal(Tensor& weight, double deviation) {
    const torch::NoGradGuard guard;
    weight.normal_(0.0, deviation);
}

/// A child that only gives its own children a name, such as the list `resblocks`.
template <class Holder>
void registerList(nn::Module& parent, const std::string& name, const std::vector<Holder>& entries) {
    auto list = std::make_shared<nn::Module>();
    for (std::size_t i = 0; i < entries.size(); ++i) {
        list->register_module(std::to_string(i), entries[i]);
    }
    parent.register_module(name, list);
}

} // namespace

TwoLayerImpl::TwoLayerImpl(const std::string& nameIn, const std::string& nameOut, int width, int inner,
                           Activation between)
    : activation(between) {
    in = register_module(nameIn, nn::Linear(width, inner));
    out = register_module(nameOut, nn::Linear(inner, width));
}

Tensor TwoLayerImpl::forward(const Tensor& x) {
    const Tensor inner = in->forward(x);
    return out->forward(activation == Activation::Gelu ? torch::gelu(inner) : quickGelu(inner));
}

AdapterImpl::AdapterImpl(int width, int inner) {
    mlp = register_module("mlp", TwoLayer("c_in", "c_out", width, inner));
    // A fresh adapter changes nothing.
    nn::init::zeros_(mlp->out->weight);
    nn::init::zeros_(mlp->out->bias);
}

AttentionImpl::AttentionImpl(int width, int heads) : heads_(heads) {
    inProjWeight = register_parameter("in_proj_weight", torch::empty({3 * width, width}));
    inProjBias = register_parameter("in_proj_bias", torch::zeros({3 * width}));
    outProj = register_module("out_proj", nn::Linear(width, width));
    nn::init::xavier_uniform_(inProjWeight);
    nn::init::zeros_(outProj->bias);
}

Tensor AttentionImpl::splitHeads(const Tensor& projected) const {
    return projected.view({projected.size(0), projected.size(1), heads_, -1}).transpose(1, 2);
}

Tensor AttentionImpl::attend(const Tensor& query, const Tensor& key, const Tensor& value, Tensor* weights) {
    const double scale = 1.0 / std::sqrt(static_cast<double>(query.size(-1)));
    const Tensor attention = torch::softmax(torch::matmul(query * scale, key.transpose(-2, -1)), -1);
    if (weights != nullptr) {
        *weights = attention;
    }
    const Tensor mixed = torch::matmul(attention, value).transpose(1, 2).flatten(2);
    return outProj->forward(mixed);
}

Tensor AttentionImpl::selfAttention(const Tensor& tokens, const Tensor& prefixKey, const Tensor& prefixValue,
                                    Tensor* weights) {
    const std::vector<Tensor> projected = F::linear(tokens, inProjWeight, inProjBias).chunk(3, -1);
    const Tensor query = splitHeads(projected[0].contiguous());
    if (!prefixKey.defined() || prefixKey.size(0) == 0) {
        return attend(query, splitHeads(projected[1].contiguous()), splitHeads(projected[2].contiguous()), weights);
    }
    const std::vector<Tensor> weight = inProjWeight.chunk(3, 0);
    const std::vector<Tensor> bias = inProjBias.chunk(3, 0);
    const auto withPrefix = [&](const Tensor& rows, const Tensor& prefix, std::size_t part) {
        const Tensor extra = F::linear(prefix.transpose(0, 1), weight[part], bias[part]);
        return splitHeads(torch::cat({rows, extra.expand({rows.size(0), -1, -1})}, 1));
    };
    return attend(query, withPrefix(projected[1], prefixKey, 1), withPrefix(projected[2], prefixValue, 2), weights);
}

Tensor AttentionImpl::crossAttention(const Tensor& query, const Tensor& tokens) {
    const std::int64_t width = inProjWeight.size(1);
    const Tensor projectedQuery = F::linear(query, inProjWeight.narrow(0, 0, width), inProjBias.narrow(0, 0, width));
    const std::vector<Tensor> keyValue =
        F::linear(tokens, inProjWeight.narrow(0, width, 2 * width), inProjBias.narrow(0, width, 2 * width))
            .chunk(2, -1);
    return attend(splitHeads(projectedQuery), splitHeads(keyValue[0].contiguous()),
                  splitHeads(keyValue[1].contiguous()), nullptr);
}

ResidualBlockImpl::ResidualBlockImpl(const ModelConfig& config, int adapterInner) {
    const int width = config.width;
    const double scale = 1.0 / std::sqrt(static_cast<double>(width));
    prefixKey = register_parameter("prefix_embedding_k", scale * torch::randn({config.prefix, 1, width}));
    prefixValue = register_parameter("prefix_embedding_v", scale * torch::randn({config.prefix, 1, width}));
    attn = register_module("attn", Attention(width, config.heads));
    ln1 = register_module("ln_1", layerNorm(width));
    mlp = register_module("mlp", TwoLayer("c_fc", "c_proj", width, 4 * width, config.activation));
    ln2 = register_module("ln_2", layerNorm(width));
    spatialAdapter = register_module("S_Adapter", Adapter(width, adapterInner));
    mlpAdapter = register_module("MLP_Adapter", Adapter(width, adapterInner));

    // CLIP's initialisation of its image tower.
    const double outputScale = scale / std::sqrt(2.0 * config.layers);
    initNormal(attn->inProjWeight, scale);
    initNormal(attn->outProj->weight, outputScale);
    initNormal(mlp->in->weight, 1.0 / std::sqrt(2.0 * width));
    initNormal(mlp->out->weight, outputScale);
}

Tensor ResidualBlockImpl::forward(const Tensor& tokens, Tensor* weights) {
    const Tensor attended = tokens + attn->selfAttention(ln1->forward(tokens), prefixKey, prefixValue, weights) +
                            spatialAdapter->forward(tokens);
    return attended + mlp->forward(ln2->forward(attended)) + mlpAdapter->forward(attended);
}

Tensor ResidualBlockImpl::forwardPlain(const Tensor& tokens, Tensor* weights) {
    const Tensor attended = tokens + attn->selfAttention(ln1->forward(tokens), {}, {}, weights);
    return attended + mlp->forward(ln2->forward(attended));
}

AggregationBlockImpl::AggregationBlockImpl(const ModelConfig& config) {
    attn = register_module("attn", Attention(config.width, config.heads));
    ln1 = register_module("ln_1", layerNorm(config.width));
    mlp = register_module("mlp", TwoLayer("c_fc", "c_proj", config.width, config.width));
    ln2 = register_module("ln_2", layerNorm(config.width));
}

Tensor AggregationBlockImpl::forward(const Tensor& query, const Tensor& tokens) {
    const Tensor gathered = query + attn->crossAttention(ln1->forward(query), ln1->forward(tokens));
    return gathered + mlp->forward(ln2->forward(gathered));
}

TransformerImpl::TransformerImpl(const ModelConfig& config, int adapterInner)
    : window_(config.window), pastOnly_(config.pastOnly) {
    query = register_parameter("query", torch::rand({1, 1, config.width}));
    temporalAdaWeight = register_parameter("temporal_ada_weight", torch::zeros({1}));
    for (int i = 0; i < config.layers; ++i) {
        blocks.emplace_back(config, adapterInner);
        aggregations.emplace_back(config);
    }
    registerList(*this, "resblocks", blocks);
    registerList(*this, "aggblocks", aggregations);
    crossFrameNorm = layerNorm(config.width);
    auto crossFrameModule = std::make_shared<nn::Module>();
    crossFrameModule->register_module("ln_1", crossFrameNorm);
    register_module("taggblocks", crossFrameModule);
}

CrossFrameResult TransformerImpl::crossFrame(const Tensor& tokens, int frames) {
    const std::int64_t length = tokens.size(1);
    const std::int64_t width = tokens.size(2);
    if (window_ == 0) {
        return {torch::zeros({tokens.size(0) / frames, frames, 0, length - 1}, tokens.options()),
                torch::zeros({tokens.size(0), 1, width}, tokens.options())};
    }
    const Tensor normed = crossFrameNorm->forward(tokens).view({-1, frames, length, width});
    const Tensor classRow = normed.select(2, 0).unsqueeze(-1); // [B, T, D, 1]
    const Tensor patches = normed.narrow(2, 1, length - 1);
    const std::int64_t reach = window_ / 2;
    const Tensor padded = F::pad(patches, F::PadFuncOptions({0, 0, 0, 0, reach, reach}));

    std::vector<Tensor> affinities;
    Tensor update;
    for (std::int64_t offset = 0; offset < window_; ++offset) {
        if (pastOnly_ && offset > reach) {
            affinities.push_back(torch::zeros_like(affinities.front()));
            continue;
        }
        const Tensor neighbour = padded.narrow(1, offset, frames);
        const Tensor affinity = torch::matmul(neighbour, classRow).squeeze(-1) / std::sqrt(static_cast<double>(width));
        const Tensor weight = (torch::sigmoid(affinity) - 0.5).unsqueeze(2);
        const Tensor part = torch::matmul(weight, neighbour);
        update = update.defined() ? update + part : part;
        affinities.push_back(affinity);
    }
    return {torch::stack(affinities, 2), update.view({-1, 1, width})};
}

VisualEncoderImpl::VisualEncoderImpl(const ModelConfig& config, int adapterInner)
    : aggregation_(config.aggregation), crossFrame_(config.window > 0) {
    const int width = config.width;
    const double scale = 1.0 / std::sqrt(static_cast<double>(width));
    classEmbedding = register_parameter("class_embedding", scale * torch::randn({width}));
    positionalEmbedding = register_parameter("positional_embedding", scale * torch::randn({config.tokens(), width}));
    proj = register_parameter("proj", scale * torch::randn({width, config.embedDim}));
    adaWeight =
        register_parameter("ada_weight", config.aggregation ? torch::full({2}, 0.5) : torch::tensor({1.0F, 0.0F}));
    conv1 = register_module("conv1",
                            nn::Conv2d(nn::Conv2dOptions(3, width, config.patch).stride(config.patch).bias(false)));
    lnPre = register_module("ln_pre", layerNorm(width));
    transformer = register_module("transformer", Transformer(config, adapterInner));
    lnPost = register_module("ln_post", layerNorm(width));
    inputGain = torch::empty({3});
    inputOffset = torch::empty({3});
    for (std::size_t channel = 0; channel < 3; ++channel) {
        const double deviation = config.normalisation.deviation[channel];
        inputGain[static_cast<std::int64_t>(channel)] = 0.5 / deviation;
        inputOffset[static_cast<std::int64_t>(channel)] = (0.5 - config.normalisation.mean[channel]) / deviation;
    }
    plainInput = config.normalisation == plainNormalisation;
    lnPostCls = register_module("ln_post_cls", layerNorm(width));
}

Tensor VisualEncoderImpl::embed(const Tensor& images) {
    const Tensor wanted = plainInput ? images : images * inputGain.view({3, 1, 1}) + inputOffset.view({3, 1, 1});
    const Tensor patches = conv1->forward(wanted).flatten(2).transpose(1, 2);
    const Tensor first = classEmbedding.expand({images.size(0), 1, -1});
    return lnPre->forward(torch::cat({first, patches}, 1) + positionalEmbedding);
}

VisualEncoderImpl::BlockOutput VisualEncoderImpl::runBlocks(const Tensor& images, ForwardTrace* trace) {
    Tensor tokens = embed(images);
    Tensor query = transformer->query.expand({images.size(0), 1, -1});
    if (trace != nullptr) {
        trace->emplace_back("tokens_in", tokens);
        tracePlainPath(tokens, *trace);
    }
    for (std::size_t i = 0; i < transformer->blocks.size(); ++i) {
        const bool last = i + 1 == transformer->blocks.size();
        Tensor attention;
        tokens = transformer->blocks[i]->forward(tokens, trace != nullptr && last ? &attention : nullptr);
        if (aggregation_) {
            query = transformer->aggregations[i]->forward(query, tokens);
        }
        if (trace != nullptr) {
            trace->emplace_back("tokens_block_" + std::to_string(i), tokens);
            if (aggregation_) {
                trace->emplace_back("query_block_" + std::to_string(i), query);
            }
            if (last) {
                trace->emplace_back("attention_adapted_last", attention);
            }
        }
    }
    return {tokens, query};
}

void VisualEncoderImpl::tracePlainPath(Tensor tokens, ForwardTrace& trace) {
    Tensor attention;
    for (const ResidualBlock& block : transformer->blocks) {
        tokens = ResidualBlock(block)->forwardPlain(tokens, &attention);
    }
    trace.emplace_back("attention_frozen_last", attention);
    trace.emplace_back("frozen_tokens_out", tokens);
}

Tensor VisualEncoderImpl::forward(const Tensor& frames, ForwardTrace* trace) {
    const std::int64_t clips = frames.size(0);
    const std::int64_t length = frames.size(1);
    const Tensor images = frames.flatten(0, 1);
    BlockOutput output;
    if (trace != nullptr || torch::GradMode::is_enabled() || images.size(0) <= framesAtOnce) {
        output = runBlocks(images, trace);
    } else {
        std::vector<Tensor> tokens;
        std::vector<Tensor> queries;
        for (const Tensor& part : images.split(framesAtOnce)) {
            BlockOutput partOutput = runBlocks(part, nullptr);
            tokens.push_back(partOutput.tokens);
            queries.push_back(partOutput.query);
        }
        output = {torch::cat(tokens), torch::cat(queries)};
    }
    const CrossFrameResult cross = transformer->crossFrame(output.tokens, static_cast<int>(length));
    const Tensor classRow = (output.tokens.narrow(1, 0, 1) + cross.update * transformer->temporalAdaWeight);
    if (trace != nullptr && crossFrame_) {
        trace->emplace_back("cross_frame_affinity", cross.affinity);
        trace->emplace_back("cross_frame_update", cross.update);
    }
    const Tensor pooled =
        adaWeight[0] * lnPost->forward(classRow) + adaWeight[1] * lnPostCls->forward(output.query); // [N, 1, D]
    return torch::matmul(pooled, proj).view({clips, length, -1});
}

Tensor VisualEncoderImpl::clipFeatures(const Tensor& images) {
    Tensor tokens = embed(images);
    for (ResidualBlock& block : transformer->blocks) {
        tokens = block->forwardPlain(tokens);
    }
    return torch::matmul(lnPost->forward(tokens.select(1, 0)), proj);
}

} // namespace livegloss::model
