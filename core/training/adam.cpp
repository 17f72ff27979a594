#include "adam.h"

#include <cmath>
#include <utility>

namespace livegloss::training {
namespace {
constexpr double beta1 = 0.9;
constexpr double epsilon = 1e-8;
} // namespace

Adam::Adam(std::vector<NamedParameter> parameters, Options options)
    : parameters_(std::move(parameters)), options_(options) {
    for (const NamedParameter& parameter : parameters_) {
        first_.push_back(torch::zeros_like(parameter.value));
        second_.push_back(torch::zeros_like(parameter.value));
    }
}

void Adam::step(const std::vector<torch::Tensor>& gradients, double rate) {
    const torch::NoGradGuard noGrad;
    ++steps_;
    const double beta2 = options_.beta2;
    const double correction1 = 1.0 - std::pow(beta1, static_cast<double>(steps_));
    const double correction2 = 1.0 - std::pow(beta2, static_cast<double>(steps_));
    for (std::size_t index = 0; index < parameters_.size(); ++index) {
        torch::Tensor gradient = gradients[index];
        if (!gradient.defined()) {
            continue;
        }
        torch::Tensor value = parameters_[index].value;
        if (options_.weightDecay > 0.0 && options_.decoupled && value.dim() >= 2) {
            value.mul_(1.0 - rate * options_.weightDecay);
        } else if (options_.weightDecay > 0.0 && !options_.decoupled) {
            gradient = gradient.add(value, options_.weightDecay);
        }
        first_[index].mul_(beta1).add_(gradient, 1.0 - beta1);
        second_[index].mul_(beta2).addcmul_(gradient, gradient, 1.0 - beta2);
        const torch::Tensor divisor = (second_[index] / correction2).sqrt_().add_(epsilon);
        value.addcdiv_(first_[index], divisor, -rate / correction1);
    }
}

std::vector<NamedParameter> Adam::state() const {
    std::vector<NamedParameter> state;
    for (std::size_t index = 0; index < parameters_.size(); ++index) {
        state.push_back({"adam.m." + parameters_[index].name, first_[index]});
        state.push_back({"adam.v." + parameters_[index].name, second_[index]});
    }
    return state;
}

double clipGradients(std::vector<torch::Tensor>& gradients, double limit) {
    const torch::NoGradGuard noGrad;
    double sum = 0.0;
    for (const torch::Tensor& gradient : gradients) {
        if (gradient.defined()) {
            const double norm = gradient.norm().item<double>();
            sum += norm * norm;
        }
    }
    const double norm = std::sqrt(sum);
    if (limit > 0.0 && norm > limit) {
        for (torch::Tensor& gradient : gradients) {
            if (gradient.defined()) {
                gradient.mul_(limit / norm);
            }
        }
    }
    return norm;
}

} // namespace livegloss::training
