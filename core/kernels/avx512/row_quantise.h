#pragma once

#include "kernels/linear.h"

#include <cstdint>

namespace livegloss::kernels {

// The way into 8 bits, compiled for AVX-512, and what leads back. Plain pointers only.

/// Rows to whole numbers and what takes them back, as int8_weights.h says.
struct RowQuantise {
    const void* source = nullptr;
    Element element = Element::F32;
    std::size_t stride = 0; ///< in values
    std::size_t rows = 0;
    std::size_t width = 0;
    const float* inverseScales = nullptr; ///< [width]
    int levels = 255;
    std::uint8_t* result = nullptr; ///< [rows][resultStride], zeros from `width` on
    std::size_t resultStride = 0;
    float* steps = nullptr;        ///< [rows]
    std::int32_t* zeros = nullptr; ///< [rows]
};
void quantiseRows(const RowQuantise& call);

/// What takes sums of whole numbers back: result = (sum - zero * columnSum) * unit * step + bias.
struct WholeNumbers {
    const float* steps = nullptr;             ///< [rows]
    const std::int32_t* zeros = nullptr;      ///< [rows]
    const std::int32_t* columnSums = nullptr; ///< [outputs, rounded up to 32]
    const float* units = nullptr;             ///< the same
};

} // namespace livegloss::kernels
