#pragma once

#include "training/losses.h"

#include <string>
#include <vector>

namespace livegloss::training {

/// A moving average of weights beside the weights themselves. Averaged weights are less noisy than those of the last
/// step, as in stochastic weight averaging (arXiv 1803.05407), here with weights that fade.
class WeightAverage {
public:
    /// `decay` 0: no average is kept, and nothing below does anything. `weights` are aliases.
    WeightAverage(std::vector<NamedParameter> weights, double decay);

    /// After a step. The weights of a step count `decay` to the power of its age, from the first step on.
    void update();
    /// Exchanges weights and averages; before the first update() nothing.
    void exchange();
    /// Of a checkpoint. Aliases.
    std::vector<NamedParameter> tensors() const;

private:
    std::vector<NamedParameter> weights_;
    std::vector<torch::Tensor> averages_;
    torch::Tensor steps_ = torch::zeros({1}, torch::kInt64);
    double decay_;
};

} // namespace livegloss::training
