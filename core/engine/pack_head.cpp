#include "pack_head.h"

namespace livegloss::engine {
namespace {

using kernels::Activation;
using kernels::Backend;
using kernels::Linear;
using torch::Tensor;

/// Own kernels where the processor has them, also above AVX2: a row's result does not depend on how many rows come with
/// it, so what is kept from one window is bit for bit what the next one would compute.
Backend headBackend(kernels::InstructionSet instructions, bool narrowWeights) {
    if (narrowWeights && kernels::backendAvailable(Backend::Amx, kernels::Element::F32, instructions)) {
        return Backend::Amx;
    }
    return kernels::backendAvailable(Backend::Avx2, kernels::Element::F32, instructions) ? Backend::Avx2
                                                                                         : Backend::Portable;
}

/// weight [inputs, outputs], in any memory order; bias [outputs] or undefined.
std::unique_ptr<const Linear> pack(const Tensor& weight, const Tensor& bias, Activation activation, bool adds,
                                   Backend backend) {
    kernels::LinearSpec spec;
    spec.inputs = static_cast<int>(weight.size(0));
    spec.outputs = static_cast<int>(weight.size(1));
    spec.activation = activation;
    spec.accumulate = adds;
    const Tensor values = weight.contiguous();
    const Tensor offsets = bias.defined() ? bias.contiguous() : bias;
    const auto span = [](const Tensor& tensor) {
        return std::span<const float>(tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel()));
    };
    return kernels::makeLinear(spec, span(values), offsets.defined() ? span(offsets) : std::span<const float>(),
                               backend);
}

/// A convolution [H, inputs, size] as a product over rows that lie one after the other, its batch norm folded in.
std::unique_ptr<const Linear> packConvolution(const torch::nn::Conv1dImpl& convolution,
                                              const torch::nn::BatchNorm1dImpl& norm, Backend backend) {
    const Tensor gain = norm.weight / (norm.running_var + norm.options.eps()).sqrt();
    const Tensor weight = convolution.weight * gain.view({-1, 1, 1});
    const Tensor bias = (convolution.bias - norm.running_mean) * gain + norm.bias;
    return pack(weight.permute({2, 1, 0}).flatten(0, 1), bias, Activation::Relu, false, backend);
}

FastRecurrence packRecurrence(const torch::OrderedDict<std::string, Tensor>& parameters, int layer, bool backward,
                              Backend backend) {
    std::string suffix = "_l";
    suffix.append(std::to_string(layer)).append(backward ? "_reverse" : "");
    const auto& inputBias = parameters["bias_ih" + suffix];
    const auto& recurrentBias = parameters["bias_hh" + suffix];
    return {pack(parameters["weight_ih" + suffix].t(), inputBias + recurrentBias, Activation::None, false, backend),
            pack(parameters["weight_hh" + suffix].t(), {}, Activation::None, true, backend)};
}

} // namespace

void packHead(const model::AdaptSign& network, const Tensor& classifier, kernels::InstructionSet instructions,
              bool narrowWeights, FastHeadNetwork& packed) {
    const torch::NoGradGuard guard;
    const model::ModelConfig& config = network->config();
    const Backend backend = headBackend(instructions, narrowWeights);
    packed.features = config.embedDim;
    packed.hidden = config.hidden;
    packed.classes = config.classes;
    packed.instructions = instructions;
    std::size_t place = 0;
    int inputs = config.embedDim;
    const auto& modules = network->conv1d->layers;
    for (const model::TemporalLayer& layer : model::temporalLayers(config.convType)) {
        FastTemporalLayer own{layer, inputs, nullptr};
        if (!layer.pool) {
            own.product =
                packConvolution(dynamic_cast<const torch::nn::Conv1dImpl&>(*modules->ptr(place)),
                                dynamic_cast<const torch::nn::BatchNorm1dImpl&>(*modules->ptr(place + 1)), backend);
            inputs = config.hidden;
        }
        place += layer.pool ? 1 : 3;
        packed.layers.push_back(std::move(own));
    }
    const auto parameters = network->rnn->named_parameters();
    for (int layer = 0; layer < 2; ++layer) {
        for (const bool backward : {false, true}) {
            packed.recurrences[static_cast<std::size_t>(layer)][backward ? 1 : 0] =
                packRecurrence(parameters, layer, backward, backend);
        }
    }
    packed.classifier = pack(classifier, {}, Activation::None, false, backend);
}

} // namespace livegloss::engine
