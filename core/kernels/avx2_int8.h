#pragma once

#include "kernels/linear.h"

#include <cstdint>

namespace livegloss::kernels {

// The way into 8 bits and back, compiled for AVX2. Plain pointers only.

struct Quantise {
    const float* source = nullptr;
    std::size_t stride = 0;
    std::size_t rows = 0;
    std::size_t width = 0;
    float inverseStep = 1.0F;
    int zero = 0;
    int levels = 127;
    std::uint8_t* result = nullptr; ///< [rows, width]
};
void quantiseAvx2(const Quantise& call);

struct Dequantise {
    const std::int32_t* sums = nullptr; ///< [rows, outputs]
    std::size_t rows = 0;
    std::size_t outputs = 0;
    const std::int32_t* offsets = nullptr; ///< [outputs rounded up to 8], as the next two
    const float* scales = nullptr;
    const float* bias = nullptr;
    Activation activation = Activation::None;
    bool accumulate = false;
    float* destination = nullptr; ///< [rows, outputs]
};
void dequantiseAvx2(const Dequantise& call);

} // namespace livegloss::kernels
