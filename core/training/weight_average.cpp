#include "weight_average.h"

#include <cmath>

namespace livegloss::training {

WeightAverage::WeightAverage(std::vector<NamedParameter> weights, double decay) : decay_(decay) {
    if (decay_ <= 0.0) {
        return;
    }
    weights_ = std::move(weights);
    for (const NamedParameter& weight : weights_) {
        averages_.push_back(torch::zeros_like(weight.value.detach()));
    }
}

void WeightAverage::update() {
    if (weights_.empty()) {
        return;
    }
    const torch::NoGradGuard noGrad;
    const auto done = static_cast<double>(steps_.item<std::int64_t>());
    const double kept = decay_ * (1.0 - std::pow(decay_, done)) / (1.0 - std::pow(decay_, done + 1.0));
    for (std::size_t index = 0; index < weights_.size(); ++index) {
        averages_[index].mul_(kept).add_(weights_[index].value, 1.0 - kept);
    }
    steps_ += 1;
}

void WeightAverage::exchange() {
    if (weights_.empty() || steps_.item<std::int64_t>() == 0) {
        return;
    }
    const torch::NoGradGuard noGrad;
    for (std::size_t index = 0; index < weights_.size(); ++index) {
        const torch::Tensor weight = weights_[index].value.clone();
        weights_[index].value.copy_(averages_[index]);
        averages_[index].copy_(weight);
    }
}

std::vector<NamedParameter> WeightAverage::tensors() const {
    std::vector<NamedParameter> tensors;
    for (std::size_t index = 0; index < weights_.size(); ++index) {
        tensors.push_back({"average." + weights_[index].name, averages_[index]});
    }
    if (!weights_.empty()) {
        tensors.push_back({"average.steps", steps_});
    }
    return tensors;
}

} // namespace livegloss::training
