#pragma once

// Vectors of sixteen floats. Only for files compiled for AVX-512: everything is in an unnamed namespace, so that no
// other file can be linked to a copy that its processor may not run.

#include "kernels/linear.h"

#include <cstddef>
#include <cstdint>
#include <immintrin.h>

namespace livegloss::kernels {
namespace {

using Wide = __m512;
constexpr std::size_t wideLanes = 16;

[[maybe_unused]] inline Wide all(float value) {
    return _mm512_set1_ps(value);
}
/// The first `count` lanes, 0 to 16.
[[maybe_unused]] inline __mmask16 firstLanes(std::size_t count) {
    return count >= wideLanes ? static_cast<__mmask16>(0xFFFF) : static_cast<__mmask16>((1U << count) - 1U);
}

[[maybe_unused]] inline Wide loadWide(const float* values) {
    return _mm512_loadu_ps(values);
}
[[maybe_unused]] inline Wide loadWide(const Bfloat16* values) {
    const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}
/// Zeros past `lanes`, whose memory is not touched.
[[maybe_unused]] inline Wide loadWide(const float* values, __mmask16 lanes) {
    return _mm512_maskz_loadu_ps(lanes, values);
}
[[maybe_unused]] inline Wide loadWide(const Bfloat16* values, __mmask16 lanes) {
    const __m256i halves = _mm256_maskz_loadu_epi16(lanes, values);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}
[[maybe_unused]] inline void storeWide(float* place, Wide values) {
    _mm512_storeu_ps(place, values);
}
[[maybe_unused]] inline void storeWide(float* place, Wide values, __mmask16 lanes) {
    _mm512_mask_storeu_ps(place, lanes, values);
}

/// 2^t = 2^n 2^f with |f| <= 1/2 and the series of e^(f ln 2) up to f^Degree; with 6 its first term left out is below
/// 2e-7, with 4 below 7e-5. Zero below -150, infinite above 128.
template <int Degree = 6>
inline Wide powerOfTwo(Wide t) {
    constexpr float series[] = {1.0F,           6.93147181e-1F, 2.40226507e-1F, 5.55041087e-2F, // ln(2)^k / k!
                                9.61812911e-3F, 1.33335581e-3F, 1.54035304e-4F};
    const Wide n = _mm512_roundscale_ps(t, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const Wide f = _mm512_sub_ps(t, n);
    Wide sum = all(series[Degree]);
#pragma GCC unroll 6
    for (int k = Degree - 1; k >= 0; --k) {
        sum = _mm512_fmadd_ps(sum, f, all(series[k]));
    }
    return _mm512_scalef_ps(sum, n);
}

constexpr float logTwoOfE = 1.44269504F;

/// e^x; x times log2(e) is rounded once, which costs accuracy in proportion to |x|.
[[maybe_unused]] inline Wide wideExponential(Wide x) {
    return powerOfTwo(_mm512_mul_ps(x, all(logTwoOfE)));
}
/// 1 / x to nearly float accuracy: an estimate and one step of Newton's.
[[maybe_unused]] inline Wide reciprocal(Wide x) {
    const Wide estimate = _mm512_rcp14_ps(x);
    return _mm512_mul_ps(estimate, _mm512_fnmadd_ps(x, estimate, all(2.0F)));
}
[[maybe_unused]] inline Wide wideSigmoid(Wide x) {
    // Clamped, so that the reciprocal's step never multiplies zero by infinity.
    const Wide t = _mm512_min_ps(_mm512_mul_ps(x, all(-logTwoOfE)), all(126.0F));
    return reciprocal(_mm512_add_ps(all(1.0F), powerOfTwo(t)));
}

/// x / 2 * (1 + erf(x / sqrt 2)), with erf by formula 7.1.26 of Abramowitz and Stegun (error below 1.5e-7).
[[maybe_unused]] inline Wide wideGelu(Wide x) {
    const Wide one = all(1.0F);
    const Wide z = _mm512_min_ps(_mm512_mul_ps(_mm512_abs_ps(x), all(0.707106781F)), all(16.0F));
    const Wide t = reciprocal(_mm512_fmadd_ps(z, all(0.3275911F), one));
    Wide sum = _mm512_fmadd_ps(all(1.061405429F), t, all(-1.453152027F));
    sum = _mm512_fmadd_ps(sum, t, all(1.421413741F));
    sum = _mm512_fmadd_ps(sum, t, all(-0.284496736F));
    sum = _mm512_fmadd_ps(sum, t, all(0.254829592F));
    const Wide tail = wideExponential(_mm512_fnmadd_ps(z, z, _mm512_setzero_ps()));
    const Wide magnitude = _mm512_fnmadd_ps(_mm512_mul_ps(sum, t), tail, one);
    const __mmask16 negative = _mm512_movepi32_mask(_mm512_castps_si512(x));
    const Wide error = _mm512_mask_sub_ps(magnitude, negative, _mm512_setzero_ps(), magnitude);
    return _mm512_mul_ps(_mm512_mul_ps(x, all(0.5F)), _mm512_add_ps(one, error));
}

/// Enough for a result that is rounded to Bf16.
[[maybe_unused]] inline Wide roughSigmoid(Wide x) {
    const Wide t = _mm512_min_ps(_mm512_mul_ps(x, all(-logTwoOfE)), all(126.0F));
    return _mm512_rcp14_ps(_mm512_add_ps(all(1.0F), powerOfTwo<4>(t)));
}

[[maybe_unused]] inline Wide wideActivated(Wide value, Activation activation) {
    switch (activation) {
    case Activation::Silu:
        return _mm512_mul_ps(value, wideSigmoid(value));
    case Activation::Gelu:
        return wideGelu(value);
    case Activation::Relu:
        return _mm512_max_ps(_mm512_setzero_ps(), value);
    case Activation::None:
        break;
    }
    return value;
}

} // namespace
} // namespace livegloss::kernels
