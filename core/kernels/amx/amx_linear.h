#pragma once

#include "avx512/row_quantise.h"
#include "kernels/linear.h"

#include <cstdint>

namespace livegloss::kernels {

// The part of the AMX layers that is compiled for that processor. Plain pointers only.

inline constexpr std::size_t amxPanelWidth = 32; ///< outputs of one panel of weights: two tiles beside one another
inline constexpr std::size_t amxTileRows = 16;
inline constexpr std::size_t amxStepBytes = 64; ///< of a row, in one step: 32 Bf16 values or 64 whole numbers
/// Of one panel's step: its two tiles, each [16 groups of inputs][16 outputs][2 or 4 inputs].
inline constexpr std::size_t amxPanelStepBytes = 2048;

struct AmxProduct {
    const std::byte* source = nullptr;
    std::size_t sourceStride = 0; ///< in bytes
    std::size_t rows = 0;
    /// The rows past the last whole 16 as [16][steps * 64 bytes], zeros after them; not read where there are none.
    const std::byte* lastRows = nullptr;
    std::size_t steps = 0;
    std::size_t outputs = 0;
    const std::byte* panels = nullptr; ///< [outputs / 32, rounded up][steps][2048 bytes], zeros past the last output
    const float* bias = nullptr;       ///< [outputs, rounded up to 32]
    void* destination = nullptr;       ///< [rows, outputs]
    Element element = Element::F32;
    Activation activation = Activation::None;
    bool accumulate = false;
    const WholeNumbers* wholeNumbers = nullptr; ///< null: the source is Bf16
};
void multiplyAmx(const AmxProduct& product);

} // namespace livegloss::kernels
