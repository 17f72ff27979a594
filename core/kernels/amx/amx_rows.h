#pragma once

#include "kernels/linear.h"

namespace livegloss::kernels {

// As RowKernels names them, compiled for AVX-512 with BF16. Plain pointers only.
void layerNormNarrowAmx(const float* rows, int count, int width, float* result, Bfloat16* narrowResult,
                        Bfloat16* narrowRows);
void narrowAmx(const float* values, std::size_t count, Bfloat16* result);

/// Few rows by weights that are kept narrow and multiplied as floats: what counts is to read them quickly.
struct NarrowProduct {
    const float* source = nullptr;
    std::size_t sourceStride = 0;
    std::size_t rows = 0;
    std::size_t inputs = 0;
    std::size_t outputs = 0;
    const Bfloat16* panels = nullptr; ///< [outputs / 64, rounded up][inputs][64], zeros past the last output
    const float* bias = nullptr;      ///< [outputs, rounded up to 64]
    float* destination = nullptr;     ///< [rows, outputs]
    Activation activation = Activation::None;
    bool accumulate = false;
};
inline constexpr std::size_t narrowPanelWidth = 64;
void multiplyNarrow(const NarrowProduct& product);

} // namespace livegloss::kernels
