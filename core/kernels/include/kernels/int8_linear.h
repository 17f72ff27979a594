#pragma once

#include "kernels/linear.h"

namespace livegloss::kernels {

/// What a layer's source was seen to hold. Values beyond are cut off.
struct SourceRange {
    float low = 0.0F;
    float high = 0.0F;
};

/// The largest number that a source value becomes: 255 where the processor adds 8-bit products in 32 bits (VNNI, AMX),
/// else 127: AVX2 adds them in pairs of 16 bits, which 127 x 127 twice just fits.
int int8Levels(InstructionSet set);

/// Whether this build and processor can run `backend` in 8 bits: Portable always, OneDnn above Portable, Avx2 never.
bool int8Available(Backend backend, InstructionSet set);
Backend bestInt8Backend(InstructionSet set);

/// A layer as makeLinear()'s, F32 in and out, whose product is taken in 8 bits: each source value becomes one of
/// 0..`levels` steps over `range` (zero is a step of its own), each output's weights -127..127 steps of their largest;
/// sums are exact, and bias and activation are f32 again. Throws std::invalid_argument.
std::unique_ptr<Linear> makeInt8Linear(const LinearSpec& spec, std::span<const float> weights,
                                       std::span<const float> bias, SourceRange range, int levels, Backend backend);

} // namespace livegloss::kernels
