#pragma once

#include "training/losses.h"

#include <torch/torch.h>
#include <vector>

namespace livegloss::training {

/// Adam whose state can be written to and read from a checkpoint. Weight decay is either added to
/// the gradient (`decoupled` false) or taken off the weights directly; scalars and vectors are then left alone.
class Adam {
public:
    struct Options {
        double weightDecay = 0.0;
        bool decoupled = false;
        double beta2 = 0.999;
    };
    Adam(std::vector<NamedParameter> parameters, Options options);

    /// One step with `gradients` in the order of the parameters; undefined ones leave their parameter alone.
    void step(const std::vector<torch::Tensor>& gradients, double rate);

    const std::vector<NamedParameter>& parameters() const { return parameters_; }
    /// First and second moments, named `adam.m.<parameter>` and `adam.v.<parameter>`. Aliases, not copies.
    std::vector<NamedParameter> state() const;
    std::int64_t steps() const { return steps_; }
    void setSteps(std::int64_t steps) { steps_ = steps; }

private:
    std::vector<NamedParameter> parameters_;
    Options options_;
    std::vector<torch::Tensor> first_;
    std::vector<torch::Tensor> second_;
    std::int64_t steps_ = 0;
};

/// Norm over all gradients; scales them down to `limit` where `limit` is above 0 and below the norm.
double clipGradients(std::vector<torch::Tensor>& gradients, double limit);

} // namespace livegloss::training
