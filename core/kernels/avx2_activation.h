#pragma once

#include "kernels/linear.h"

#include "avx2_math.h"

namespace livegloss::kernels {
namespace {

inline Vector activated(Vector value, Activation activation) {
    switch (activation) {
    case Activation::Silu:
        return _mm256_mul_ps(value, sigmoid(value));
    case Activation::Gelu:
        return gelu(value);
    case Activation::Relu:
        return _mm256_max_ps(_mm256_setzero_ps(), value);
    case Activation::None:
        break;
    }
    return value;
}

} // namespace
} // namespace livegloss::kernels
