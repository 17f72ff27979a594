#pragma once

// Vectors of eight floats. Only for files compiled for AVX2 with FMA: everything is in an unnamed namespace, so that no
// other file can be linked to a copy that its processor may not run.

#include "kernels/bfloat16.h"

#include <cstddef>
#include <immintrin.h>

namespace livegloss::kernels {
namespace {

using Vector = __m256;
constexpr std::size_t lanes = 8;

[[maybe_unused]] inline Vector load(const float* values) {
    return _mm256_loadu_ps(values);
}
[[maybe_unused]] inline Vector load(const Bfloat16* values) {
    const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(values));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
}
[[maybe_unused]] inline void store(float* place, Vector values) {
    _mm256_storeu_ps(place, values);
}
[[maybe_unused]] inline void store(Bfloat16* place, Vector values) {
    const __m256i bits = _mm256_castps_si256(values);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i rounded =
        _mm256_srli_epi32(_mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF))), 16);
    const __m128i packed = _mm_packus_epi32(_mm256_castsi256_si128(rounded), _mm256_extracti128_si256(rounded, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(place), packed);
}

[[maybe_unused]] inline Vector filled(float value) {
    return _mm256_set1_ps(value);
}
[[maybe_unused]] inline Vector largerOf(Vector a, Vector b) {
    return _mm256_max_ps(a, b);
}
[[maybe_unused]] inline Vector multiplyAdd(Vector a, Vector b, Vector sum) {
    return _mm256_fmadd_ps(a, b, sum);
}
[[maybe_unused]] inline float sumOf(Vector v) {
    const __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 quarter = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(quarter, _mm_movehdup_ps(quarter)));
}
[[maybe_unused]] inline float largestOf(Vector v) {
    const __m128 half = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 quarter = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(quarter, _mm_movehdup_ps(quarter)));
}

/// e^x to float accuracy in [-87, 88], its limits outside: 2^n e^r with |r| <= ln 2 / 2 and e^r by its series, whose
/// first term left out, r^8 / 8!, is below 6e-9.
inline Vector exponential(Vector x) {
    x = _mm256_min_ps(_mm256_max_ps(x, _mm256_set1_ps(-87.0F)), _mm256_set1_ps(88.0F));
    const Vector n =
        _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504F)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    // ln 2 in two parts, the first with zeros enough for n times it to be exact.
    Vector r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693359375F), x);
    r = _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.12194440e-4F), r);
    const auto next = [r](Vector sum, float factor) { return _mm256_fmadd_ps(sum, r, _mm256_set1_ps(factor)); };
    Vector sum = next(_mm256_set1_ps(1.0F / 5040.0F), 1.0F / 720.0F);
    sum = next(sum, 1.0F / 120.0F);
    sum = next(sum, 1.0F / 24.0F);
    sum = next(sum, 1.0F / 6.0F);
    sum = next(sum, 0.5F);
    sum = next(next(sum, 1.0F), 1.0F);
    const __m256i power = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
    return _mm256_mul_ps(sum, _mm256_castsi256_ps(power));
}

[[maybe_unused]] inline Vector sigmoid(Vector x) {
    const Vector one = _mm256_set1_ps(1.0F);
    return _mm256_div_ps(one, _mm256_add_ps(one, exponential(_mm256_sub_ps(_mm256_setzero_ps(), x))));
}

/// x / 2 * (1 + erf(x / sqrt 2)), with erf by formula 7.1.26 of Abramowitz and Stegun (error below 1.5e-7).
[[maybe_unused]] inline Vector gelu(Vector x) {
    const Vector signBit = _mm256_set1_ps(-0.0F);
    const Vector one = _mm256_set1_ps(1.0F);
    const Vector z = _mm256_mul_ps(_mm256_andnot_ps(signBit, x), _mm256_set1_ps(0.707106781F));
    const Vector t = _mm256_div_ps(one, _mm256_fmadd_ps(z, _mm256_set1_ps(0.3275911F), one));
    Vector sum = _mm256_fmadd_ps(_mm256_set1_ps(1.061405429F), t, _mm256_set1_ps(-1.453152027F));
    sum = _mm256_fmadd_ps(sum, t, _mm256_set1_ps(1.421413741F));
    sum = _mm256_fmadd_ps(sum, t, _mm256_set1_ps(-0.284496736F));
    sum = _mm256_fmadd_ps(sum, t, _mm256_set1_ps(0.254829592F));
    const Vector tail = exponential(_mm256_sub_ps(_mm256_setzero_ps(), _mm256_mul_ps(z, z)));
    const Vector magnitude = _mm256_fnmadd_ps(_mm256_mul_ps(sum, t), tail, one);
    const Vector error = _mm256_or_ps(magnitude, _mm256_and_ps(signBit, x));
    return _mm256_mul_ps(_mm256_mul_ps(x, _mm256_set1_ps(0.5F)), _mm256_add_ps(one, error));
}

} // namespace
} // namespace livegloss::kernels
