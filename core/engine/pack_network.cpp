#include "pack_network.h"

#include "pack_head.h"

namespace livegloss::engine {
namespace {

using kernels::Activation;
using kernels::Backend;
using kernels::Element;
using torch::Tensor;

std::span<const float> valuesOf(const Tensor& tensor) {
    return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

std::vector<float> copyOf(const Tensor& tensor) {
    const Tensor values = tensor.contiguous();
    const std::span<const float> all = valuesOf(values);
    return {all.begin(), all.end()};
}

void release(const torch::nn::Module& module) {
    for (Tensor parameter : module.parameters()) {
        parameter.set_data(torch::empty({0}));
    }
}

/// Frames that a worker runs together in the middle of a stream.
constexpr int expectedFrames = 2;

class Packer {
public:
    Packer(const model::ModelConfig& config, Element element, kernels::InstructionSet instructions,
           const LayerMaker& maker)
        : config_(config),
          maker_(maker),
          element_(element),
          backend_(kernels::bestBackend(element, instructions)),
          smallBackend_(backend_ == Backend::Amx                                               ? Backend::Amx
                        : kernels::backendAvailable(Backend::Avx2, Element::F32, instructions) ? Backend::Avx2
                                                                                               : Backend::Portable) {}

    /// A layer over all tokens, weights [inputs, outputs]; `adds` to the residual and reads activations, or reads the
    /// residual and hands on activations. `name`: see LayerMaker; empty: not for it.
    LinearPtr large(const std::string& name, const Tensor& weight, const Tensor& bias, Activation activation,
                    bool adds) const {
        return make(weight, bias, activation, adds, element_, adds ? Element::F32 : element_, backend_,
                    expectedFrames * config_.tokens(), name);
    }
    /// A layer over aggregation tokens: f32 always, by weights that AMX reads in bf16.
    LinearPtr small(const Tensor& weight, const Tensor& bias, Activation activation = Activation::None,
                    bool adds = false) const {
        return make(weight, bias, activation, adds, Element::F32, Element::F32, smallBackend_, expectedFrames);
    }

private:
    LinearPtr make(const Tensor& weight, const Tensor& bias, Activation activation, bool adds, Element source,
                   Element destination, Backend backend, int rows, const std::string& name = {}) const {
        kernels::LinearSpec spec;
        spec.inputs = static_cast<int>(weight.size(0));
        spec.outputs = static_cast<int>(weight.size(1));
        spec.activation = activation;
        spec.accumulate = adds;
        spec.source = source;
        spec.destination = destination;
        spec.expectedRows = rows;
        const Tensor values = weight.contiguous();
        const Tensor offsets = bias.defined() ? bias.contiguous().view(-1) : bias;
        const std::span<const float> biasValues = bias.defined() ? valuesOf(offsets) : std::span<const float>();
        if (maker_ && !name.empty()) {
            kernels::LinearSpec own = spec;
            own.source = adds ? source : Element::F32; // no need to round the residual twice
            if (LinearPtr made = maker_(name, own, valuesOf(values), biasValues, backend)) {
                return made;
            }
        }
        return kernels::makeLinear(spec, valuesOf(values), biasValues, backend);
    }

    const model::ModelConfig& config_;
    const LayerMaker& maker_;
    Element element_;
    Backend backend_;
    Backend smallBackend_;
};

/// `name` begins the names of its layers.
FastBlock packBlock(const Packer& pack, const std::string& name, const PreparedBlock& block, int width, bool gelu) {
    const Activation own = gelu ? Activation::Gelu : Activation::Silu;
    const auto upper = [](const Tensor& joined, std::int64_t rows) { return joined.narrow(0, 0, rows); };
    const auto lower = [](const Tensor& joined, std::int64_t rows) {
        return joined.narrow(0, rows, joined.size(0) - rows);
    };
    const std::int64_t inner = block.expand.size(1);
    FastBlock packed;
    packed.queryKeyValue =
        pack.large(name + "query_key_value", block.queryKeyValue, block.queryKeyValueBias, Activation::None, false);
    packed.attentionOut = pack.large(name + "attention_out", upper(block.attentionOut, width),
                                     block.attentionOutBias - block.spatialAdapterOutBias, Activation::None, true);
    packed.spatialIn =
        pack.large(name + "spatial_in", block.spatialAdapter, block.spatialAdapterBias, Activation::Silu, false);
    packed.spatialOut = pack.large(name + "spatial_out", lower(block.attentionOut, width), block.spatialAdapterOutBias,
                                   Activation::None, true);
    packed.expand = pack.large(name + "expand", block.expand, block.expandBias, own, false);
    packed.contract = pack.large(name + "contract", upper(block.contract, inner),
                                 block.contractBias - block.mlpAdapterOutBias, Activation::None, true);
    packed.mlpIn = pack.large(name + "mlp_in", block.mlpAdapter, block.mlpAdapterBias, Activation::Silu, false);
    packed.mlpOut =
        pack.large(name + "mlp_out", lower(block.contract, inner), block.mlpAdapterOutBias, Activation::None, true);
    packed.prefixKeys = copyOf(block.prefixKeys);
    packed.prefixValues = copyOf(block.prefixValues);

    packed.gatherGain = copyOf(block.gatherNormGain);
    packed.gatherOffset = copyOf(block.gatherNormOffset);
    packed.gatherQuery = pack.small(block.gatherQuery, block.gatherQueryBias);
    for (std::int64_t head = 0; head < block.gatherKey.size(0); ++head) {
        packed.gatherKey.push_back(pack.small(block.gatherKey[head], {}));
        packed.gatherValue.push_back(pack.small(block.gatherValue[head], block.gatherValueBias[head]));
    }
    packed.gatherOut = pack.small(block.gatherOut, block.gatherOutBias, Activation::None, true);
    packed.gatherExpand = pack.small(block.gatherExpand, block.gatherExpandBias, Activation::Silu);
    packed.gatherContract = pack.small(block.gatherContract, block.gatherContractBias, Activation::None, true);
    return packed;
}

} // namespace

std::shared_ptr<const FastNetwork> packNetwork(const model::AdaptSign& network, const PreparedNetwork& surroundings,
                                               Element element, kernels::InstructionSet instructions,
                                               const LayerMaker& maker) {
    const torch::NoGradGuard guard;
    const model::VisualEncoder& visual = network->visual;
    auto fast = std::make_shared<FastNetwork>();
    fast->config = network->config();
    fast->element = element;
    fast->instructions = instructions;
    const Packer pack(fast->config, element, instructions, maker);
    fast->patch = pack.large({}, surroundings.patchWeight, {}, Activation::None, true);
    release(*visual->conv1);
    fast->firstRow = copyOf(surroundings.firstRow);
    fast->patchPosition = copyOf(surroundings.patchPosition);
    fast->preGain = copyOf(visual->lnPre->weight);
    fast->preOffset = copyOf(visual->lnPre->bias);
    fast->query = copyOf(surroundings.query);
    for (std::size_t i = 0; i < visual->transformer->blocks.size(); ++i) {
        const std::string name = "blocks." + std::to_string(i) + ".";
        fast->blocks.push_back(packBlock(pack, name, prepareBlock(network, i), fast->config.width, surroundings.gelu));
        release(*visual->transformer->blocks[i]);
        release(*visual->transformer->aggregations[i]);
    }
    packHead(network, surroundings.classifier, instructions, element == Element::Bf16, fast->head);
    release(*network->conv1d);
    release(*network->rnn);
    return fast;
}

} // namespace livegloss::engine
