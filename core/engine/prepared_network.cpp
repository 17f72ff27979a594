#include "prepared_network.h"

namespace livegloss::engine {
namespace {

using torch::Tensor;
namespace nn = torch::nn;

constexpr double geluFactor = 1.702;
constexpr double headScale = 0.125; // 1 / sqrt(64)

/// A linear layer as y = x W + b with W [inputs, outputs].
struct Affine {
    Tensor weight;
    Tensor bias;
};

Affine affine(const Tensor& weight, const Tensor& bias) {
    return {weight.t().contiguous(), bias.clone()};
}
Affine affine(const nn::Linear& layer) {
    return affine(layer->weight, layer->bias);
}

/// The layer on a bare norm that equals `layer` on the norm with gain and offset.
Affine afterNorm(const Affine& layer, const nn::LayerNorm& norm) {
    return {layer.weight * norm->weight.unsqueeze(1), layer.bias + torch::matmul(norm->bias, layer.weight)};
}

Affine scaled(const Affine& layer, double factor) {
    return {layer.weight * factor, layer.bias * factor};
}

/// An output layer behind silu(1.702 z) instead of QuickGELU(z).
Affine behindGelu(const nn::Linear& layer) {
    Affine result = affine(layer);
    result.weight = result.weight / geluFactor;
    return result;
}

Affine joined(const Affine& first, const Affine& second) {
    return {torch::cat({first.weight, second.weight}, 0).contiguous(), first.bias + second.bias};
}

/// Query, key or value part (0, 1, 2) of an attention's input projection.
Affine projection(const model::Attention& attention, int part) {
    return affine(attention->inProjWeight.chunk(3, 0)[static_cast<std::size_t>(part)],
                  attention->inProjBias.chunk(3, 0)[static_cast<std::size_t>(part)]);
}

void prepareAttention(const model::ResidualBlock& block, int heads, PreparedBlock& prepared) {
    const Affine query = scaled(projection(block->attn, 0), headScale);
    const Affine key = projection(block->attn, 1);
    const Affine value = projection(block->attn, 2);
    const Affine all = afterNorm({torch::cat({query.weight, key.weight, value.weight}, 1).contiguous(),
                                  torch::cat({query.bias, key.bias, value.bias})},
                                 block->ln1);
    prepared.queryKeyValue = all.weight;
    prepared.queryKeyValueBias = all.bias;

    const auto perHead = [heads](const Tensor& rows) { return rows.view({rows.size(0), heads, 64}).transpose(0, 1); };
    const Tensor keys = torch::matmul(block->prefixKey.squeeze(1), key.weight) + key.bias;
    const Tensor values = torch::matmul(block->prefixValue.squeeze(1), value.weight) + value.bias;
    prepared.prefixKeys = perHead(keys).transpose(1, 2).contiguous();
    prepared.prefixValues = perHead(values).contiguous();

    const Affine adapterIn = scaled(affine(block->spatialAdapter->mlp->in), geluFactor);
    prepared.spatialAdapter = adapterIn.weight;
    prepared.spatialAdapterBias = adapterIn.bias;
    const Affine adapterOut = behindGelu(block->spatialAdapter->mlp->out);
    prepared.spatialAdapterOutBias = adapterOut.bias;
    const Affine out = joined(affine(block->attn->outProj), adapterOut);
    prepared.attentionOut = out.weight;
    prepared.attentionOutBias = out.bias;
}

void prepareMlp(const model::ResidualBlock& block, PreparedBlock& prepared) {
    const bool gelu = block->mlp->activation == model::Activation::Gelu;
    const Affine expand = scaled(afterNorm(affine(block->mlp->in), block->ln2), gelu ? 1.0 : geluFactor);
    prepared.expand = expand.weight;
    prepared.expandBias = expand.bias;
    const Affine adapterIn = scaled(affine(block->mlpAdapter->mlp->in), geluFactor);
    prepared.mlpAdapter = adapterIn.weight;
    prepared.mlpAdapterBias = adapterIn.bias;
    const Affine adapterOut = behindGelu(block->mlpAdapter->mlp->out);
    prepared.mlpAdapterOutBias = adapterOut.bias;
    const Affine contract = joined(gelu ? affine(block->mlp->out) : behindGelu(block->mlp->out), adapterOut);
    prepared.contract = contract.weight;
    prepared.contractBias = contract.bias;
}

void prepareAggregation(const model::AggregationBlock& block, int heads, PreparedBlock& prepared) {
    prepared.gatherNormGain = block->ln1->weight.clone();
    prepared.gatherNormOffset = block->ln1->bias.clone();
    const Affine query = scaled(projection(block->attn, 0), headScale);
    prepared.gatherQuery = query.weight;
    prepared.gatherQueryBias = query.bias;
    // A key's bias and the norm's offset add the same to every score of a head and cancel in the softmax.
    const Tensor key = block->attn->inProjWeight.chunk(3, 0)[1] * block->ln1->weight; // [D, D] rows: outputs
    prepared.gatherKey = key.view({heads, -1, key.size(1)}).contiguous();
    const Affine value = afterNorm(projection(block->attn, 2), block->ln1);
    prepared.gatherValue = value.weight.view({value.weight.size(0), heads, -1}).transpose(0, 1).contiguous();
    prepared.gatherValueBias = value.bias.view({heads, 1, -1}).contiguous();
    const Affine out = affine(block->attn->outProj);
    prepared.gatherOut = out.weight;
    prepared.gatherOutBias = out.bias;
    const Affine expand = scaled(afterNorm(affine(block->mlp->in), block->ln2), geluFactor);
    prepared.gatherExpand = expand.weight;
    prepared.gatherExpandBias = expand.bias;
    const Affine contract = behindGelu(block->mlp->out);
    prepared.gatherContract = contract.weight;
    prepared.gatherContractBias = contract.bias;
}

} // namespace

PreparedBlock prepareBlock(const model::AdaptSign& network, std::size_t index) {
    const torch::NoGradGuard guard;
    const model::Transformer& transformer = network->visual->transformer;
    const int heads = network->config().heads;
    PreparedBlock block;
    prepareAttention(transformer->blocks[index], heads, block);
    prepareMlp(transformer->blocks[index], block);
    prepareAggregation(transformer->aggregations[index], heads, block);
    return block;
}

PreparedNetwork prepareSurroundings(const model::AdaptSign& network) {
    const torch::NoGradGuard guard;
    const model::VisualEncoder& visual = network->visual;
    PreparedNetwork prepared;
    const Tensor& filters = visual->conv1->weight; // [D, 3, p, p]
    prepared.patchWeight = (filters * visual->inputGain.view({3, 1, 1})).flatten(1).t().contiguous();
    const Tensor offset = (filters * visual->inputOffset.view({3, 1, 1})).sum({1, 2, 3});
    prepared.gelu = network->config().activation == model::Activation::Gelu;
    prepared.firstRow = visual->classEmbedding + visual->positionalEmbedding[0];
    prepared.patchPosition = visual->positionalEmbedding.narrow(0, 1, network->config().patches()) + offset;
    prepared.query = visual->transformer->query.view({1, -1}).clone();
    prepared.temporalWeight = visual->transformer->temporalAdaWeight.item<double>();
    const Tensor& classifier = network->conv1d->fc->weight;
    prepared.classifier = classifier / classifier.norm(2, 0, true).clamp_min(1e-12);
    return prepared;
}

PreparedNetwork prepareNetwork(const model::AdaptSign& network) {
    PreparedNetwork prepared = prepareSurroundings(network);
    for (std::size_t i = 0; i < network->visual->transformer->blocks.size(); ++i) {
        prepared.blocks.push_back(prepareBlock(network, i));
    }
    return prepared;
}

const TorchModel& torchModel(const LoadedModelPtr& model) {
    return static_cast<const TorchModel&>(*model);
}

} // namespace livegloss::engine
