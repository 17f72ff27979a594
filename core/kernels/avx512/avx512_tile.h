#pragma once

// Sums of 12 x 32 outputs in registers, and vectors under the names that float_attention.h knows them by. Only for
// files compiled for AVX-512.

#include "avx512_math.h"

namespace livegloss::kernels {
namespace {

using Vector = Wide;
constexpr std::size_t lanes = wideLanes;

inline Vector filled(float value) {
    return all(value);
}
inline Vector largerOf(Vector a, Vector b) {
    return _mm512_max_ps(a, b);
}
inline Vector multiplyAdd(Vector a, Vector b, Vector sum) {
    return _mm512_fmadd_ps(a, b, sum);
}
inline float largestOf(Vector v) {
    return _mm512_reduce_max_ps(v);
}
inline float sumOf(Vector v) {
    return _mm512_reduce_add_ps(v);
}
inline Vector exponential(Vector x) {
    return wideExponential(x);
}
template <class T>
inline Vector load(const T* values) {
    return loadWide(values);
}
inline void store(float* place, Vector values) {
    storeWide(place, values);
}
/// Rounded to even by hand: the processor may have no BF16.
inline void store(Bfloat16* place, Vector values) {
    const __m512i bits = _mm512_castps_si512(values);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(place), _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16)));
}

constexpr std::size_t panelWidth = 32; ///< outputs of one tile: two vectors
constexpr std::size_t tileRows = 12;   ///< with two vectors each they fill 24 of the 32 registers

} // namespace
} // namespace livegloss::kernels

#include "float_tile.h"
