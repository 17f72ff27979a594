#pragma once

#include "kernels/linear.h"

#include <cstdint>

namespace livegloss::kernels {

// The way into 8 bits and back, compiled for AVX2. Plain pointers only; lists marked "padded" have room for whole
// vectors of 8.

struct Quantise {
    const float* source = nullptr;
    std::size_t stride = 0;
    std::size_t rows = 0;
    std::size_t width = 0;
    const float* inverseScales = nullptr; ///< [width], padded
    int levels = 127;
    float* scaled = nullptr;        ///< scratch, [width], padded
    float* steps = nullptr;         ///< [rows], written
    std::int32_t* zeros = nullptr;  ///< [rows], written
    std::uint8_t* result = nullptr; ///< [rows, width]
};
void quantiseAvx2(const Quantise& call);

struct Dequantise {
    const std::int32_t* sums = nullptr; ///< [rows, outputs]
    std::size_t rows = 0;
    std::size_t outputs = 0;
    const float* steps = nullptr;             ///< [rows]
    const std::int32_t* zeros = nullptr;      ///< [rows]
    const std::int32_t* columnSums = nullptr; ///< [outputs], padded, as the next two
    const float* units = nullptr;
    const float* bias = nullptr;
    Activation activation = Activation::None;
    bool accumulate = false;
    float* destination = nullptr; ///< [rows, outputs]
};
void dequantiseAvx2(const Dequantise& call);

} // namespace livegloss::kernels
