#pragma once

// Layer norm of a row. Only for files compiled for AVX-512.

#include "avx512_math.h"

namespace livegloss::kernels {
namespace {

/// (x - mean) / sqrt(variance + 1e-5) of a row, handed to `give(place, normed, value, lanes)` sixteen at a time, with
/// the row's own values beside the results.
template <class Give>
inline void normaliseRow(const float* from, std::size_t width, Give&& give) {
    constexpr float normEpsilon = 1e-5F;
    const std::size_t whole = width / wideLanes * wideLanes;
    const __mmask16 rest = firstLanes(width - whole);
    const Wide end = loadWide(from + whole, rest);
    Wide sum = end;
    for (std::size_t i = 0; i < whole; i += wideLanes) {
        sum = _mm512_add_ps(sum, loadWide(from + i));
    }
    const Wide mean = all(_mm512_reduce_add_ps(sum) / static_cast<float>(width));
    const Wide last = _mm512_maskz_sub_ps(rest, end, mean);
    Wide squares = _mm512_mul_ps(last, last);
    for (std::size_t i = 0; i < whole; i += wideLanes) {
        const Wide difference = _mm512_sub_ps(loadWide(from + i), mean);
        squares = _mm512_fmadd_ps(difference, difference, squares);
    }
    const float variance = _mm512_reduce_add_ps(squares) / static_cast<float>(width) + normEpsilon;
    const Wide scale = all(1.0F / _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(variance))));
    for (std::size_t i = 0; i < whole; i += wideLanes) {
        const Wide value = loadWide(from + i);
        give(i, _mm512_mul_ps(_mm512_sub_ps(value, mean), scale), value, firstLanes(wideLanes));
    }
    if (rest != 0) {
        give(whole, _mm512_mul_ps(last, scale), end, rest);
    }
}

} // namespace
} // namespace livegloss::kernels
