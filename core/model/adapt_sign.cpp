#include "model/adapt_sign.h"

#include <stdexcept>
#include <string>

namespace livegloss::model {

using torch::Tensor;
namespace nn = torch::nn;
namespace F = torch::nn::functional;

NormLinearImpl::NormLinearImpl(int inputs, int outputs) {
    weight = register_parameter("weight", torch::empty({inputs, outputs}));
    nn::init::xavier_uniform_(weight, nn::init::calculate_gain(torch::kReLU));
}

Tensor NormLinearImpl::forward(const Tensor& x) {
    return torch::matmul(x, F::normalize(weight, F::NormalizeFuncOptions().dim(0)));
}

TemporalConvImpl::TemporalConvImpl(const ModelConfig& config) {
    layers = nn::Sequential();
    int channels = config.embedDim;
    for (const TemporalLayer& layer : temporalLayers(config.convType)) {
        if (layer.pool) {
            layers->push_back(nn::MaxPool1d(nn::MaxPool1dOptions(layer.size)));
            continue;
        }
        layers->push_back(nn::Conv1d(nn::Conv1dOptions(channels, config.hidden, layer.size)));
        layers->push_back(nn::BatchNorm1d(config.hidden));
        layers->push_back(nn::ReLU());
        channels = config.hidden;
    }
    register_module("temporal_conv", layers);
    fc = register_module("fc", NormLinear(config.hidden, config.classes));
}

Tensor TemporalConvImpl::forward(const Tensor& features) {
    return layers->forward(features.transpose(1, 2)).transpose(1, 2);
}

AdaptSignImpl::AdaptSignImpl(ModelConfig config, int adapterInner) : config_(std::move(config)) {
    if (const auto checked = checkModelConfig(config_); !checked) {
        throw std::invalid_argument(checked.error().message);
    }
    visual = VisualEncoder(config_, adapterInner > 0 ? adapterInner : config_.width / 4);
    conv1d = TemporalConv(config_);
    rnn = nn::LSTM(nn::LSTMOptions(config_.hidden, config_.hidden / 2)
                       .num_layers(2)
                       .bidirectional(true)
                       .dropout(0.3)
                       .batch_first(true));
    auto conv2d = std::make_shared<nn::Module>();
    conv2d->register_module("visual", visual);
    register_module("conv2d", conv2d);
    register_module("conv1d", conv1d);
    auto temporal = std::make_shared<nn::Module>();
    temporal->register_module("rnn", rnn);
    register_module("temporal_model", temporal);
}

ForwardOutput AdaptSignImpl::forward(const Tensor& frames, const Tensor& lengths, ForwardTrace* trace) {
    return recognise(encodeFrames(frames, trace), lengths);
}

Tensor AdaptSignImpl::encodeFrames(const Tensor& frames, ForwardTrace* trace) {
    return visual->forward(frames, trace);
}

ForwardOutput AdaptSignImpl::recognise(const Tensor& features, const Tensor& lengths) {
    const Tensor frameCounts = lengths.to(torch::kCPU, torch::kInt64).contiguous();
    Tensor steps = torch::empty_like(frameCounts);
    for (std::int64_t i = 0; i < frameCounts.size(0); ++i) {
        const auto count = frameCounts[i].item<std::int64_t>();
        const int clipSteps = temporalSteps(config_.convType, static_cast<int>(count));
        if (clipSteps < 1 || count > features.size(1)) {
            throw std::invalid_argument("a clip of " + std::to_string(count) + " frames in a batch of " +
                                        std::to_string(features.size(1)) + " gives no step of the temporal head");
        }
        steps[i] = clipSteps;
    }
    const Tensor convolved = conv1d->forward(features); // [B, S, H]
    const auto packed = nn::utils::rnn::pack_padded_sequence(convolved, steps, true, false);
    const auto hidden = std::get<0>(rnn->forward_with_packed_input(packed));
    // Not by pad_packed_sequence: before LibTorch 2.3 it sorts the lengths, on the processor, by indices on the card.
    const Tensor sorted =
        std::get<0>(torch::_pad_packed_sequence(hidden.data(), hidden.batch_sizes(), true, 0.0, convolved.size(1)));
    const Tensor sequence = sorted.index_select(0, packed.unsorted_indices());
    return {features, conv1d->fc->forward(convolved.transpose(0, 1)), conv1d->fc->forward(sequence.transpose(0, 1)),
            steps};
}

} // namespace livegloss::model
