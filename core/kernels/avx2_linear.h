#pragma once

#include "kernels/linear.h"

namespace livegloss::kernels {

// The part of the AVX2 layer that is compiled for that processor. Plain pointers only.

inline constexpr std::size_t avx2PanelWidth = 16;
inline constexpr std::size_t avx2TileRows = 6;
/// Depth of one block: 16 outputs of it (16 KB) stay in the first cache while all rows pass by.
inline constexpr std::size_t avx2BlockDepth = 256;

struct Avx2Product {
    const float* source = nullptr;
    std::size_t sourceStride = 0;
    std::size_t rows = 0;
    std::size_t depth = 0;
    std::size_t outputs = 0;
    const float* panels = nullptr; ///< [panels][depth][16], zeros past the last output
    const float* bias = nullptr;   ///< [panels * 16]
    void* destination = nullptr;   ///< [rows, outputs]
    Element element = Element::F32;
    Activation activation = Activation::None;
    bool accumulate = false;
    float* strip = nullptr;  ///< scratch, rows * 16
    float* packed = nullptr; ///< scratch, rows rounded up to six * depth; null: read the rows where they are
};
void multiplyAvx2(const Avx2Product& product);

/// Floats of Bf16 rows, one after the other.
void widenAvx2(const Bfloat16* source, std::size_t sourceStride, std::size_t rows, std::size_t width, float* result);

} // namespace livegloss::kernels
