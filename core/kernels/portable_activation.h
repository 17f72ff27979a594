#pragma once

#include "kernels/linear.h"

#include <cmath>

namespace livegloss::kernels {

inline float activated(float value, Activation activation) {
    switch (activation) {
    case Activation::Silu:
        return value / (1.0F + std::exp(-value));
    case Activation::Gelu:
        return 0.5F * value * (1.0F + std::erf(value * 0.707106781F));
    case Activation::Relu:
        return value < 0.0F ? 0.0F : value;
    case Activation::None:
        break;
    }
    return value;
}

} // namespace livegloss::kernels
