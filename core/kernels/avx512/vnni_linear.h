#pragma once

#include "avx512/row_quantise.h"

namespace livegloss::kernels {

// The part of the 8-bit layers of AVX-512 that is compiled for VNNI. Plain pointers only.

inline constexpr std::size_t vnniPanelWidth = 32; ///< outputs of one panel of weights: two vectors
inline constexpr std::size_t vnniGroup = 4;       ///< inputs whose products one instruction adds

struct VnniProduct {
    const std::uint8_t* source = nullptr; ///< [rows][sourceStride], zeros past the last input
    std::size_t sourceStride = 0;         ///< groups * 4 or more
    std::size_t rows = 0;
    std::size_t groups = 0; ///< of inputs
    std::size_t outputs = 0;
    const std::int8_t* panels = nullptr; ///< [outputs / 32, rounded up][groups][32][4], zeros past the last output
    WholeNumbers back;
    const float* bias = nullptr;  ///< [outputs, rounded up to 32]
    float* destination = nullptr; ///< [rows, outputs]
    Activation activation = Activation::None;
    bool accumulate = false;
};
void multiplyVnni(const VnniProduct& product);

} // namespace livegloss::kernels
