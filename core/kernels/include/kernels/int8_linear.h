#pragma once

#include "kernels/linear.h"

namespace livegloss::kernels {

/// The largest number that a source value becomes: 255 where the processor adds 8-bit products in 32 bits (VNNI, AMX),
/// else 127: AVX2 adds them in pairs of 16 bits, which 127 x 127 twice just fits.
int int8Levels(InstructionSet set);

/// Whether this build and processor can run `backend` in 8 bits: Portable always, Avx512 with VNNI, Amx with tiles, the
/// others above Portable.
bool int8Available(Backend backend, InstructionSet set);
/// The quickest with at most int8Levels() levels.
Backend bestInt8Backend(InstructionSet set);
/// The quickest that is exact with 255 levels on every processor: to measure here what one with VNNI would give.
Backend exactInt8Backend(InstructionSet set);

/// A layer as makeLinear()'s whose product is taken in 8 bits. F32 in and out, with Amx also Bf16.
/// - Each channel of the source is divided by its scale, and its weights are multiplied by it before they are rounded:
///   the product stays what it was, and channels of different size share the steps better. No scales: all 1.
/// - Each row has steps of its own, 0..`levels` between its smallest and largest value (zero is a step of its own), so
///   that nothing is cut off.
/// - Each output's weights become -127..127 steps of their largest.
/// All add exactly but Avx2: it multiplies the same whole numbers as floats, which is exact up to 518
/// inputs and to f32 beyond. Bias and activation are f32. Throws std::invalid_argument.
std::unique_ptr<Linear> makeInt8Linear(const LinearSpec& spec, std::span<const float> weights,
                                       std::span<const float> bias, std::span<const float> channelScales, int levels,
                                       Backend backend);

} // namespace livegloss::kernels
