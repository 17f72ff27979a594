#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace livegloss::kernels {

/// A float's upper half: 8 bits of exponent, 7 of fraction.
using Bfloat16 = std::uint16_t;

/// To the nearest, halves to even. Finite values and infinities only.
inline Bfloat16 toBfloat16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return static_cast<Bfloat16>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}
inline float toFloat(Bfloat16 value) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}
inline float toFloat(float value) {
    return value;
}

/// How values lie in memory between two layers.
enum class Element { F32, Bf16 };
inline std::size_t elementBytes(Element element) {
    return element == Element::F32 ? sizeof(float) : sizeof(Bfloat16);
}

} // namespace livegloss::kernels
