#pragma once

// Sums of whole numbers back to floats. Only for files compiled for AVX-512.

#include "avx512_math.h"
#include "row_quantise.h"

namespace livegloss::kernels {
namespace {

/// Of sixteen outputs of a row, without the bias.
inline Wide takenBack(const WholeNumbers& back, __m512i sums, std::size_t row, std::size_t output) {
    const __m512i zeros =
        _mm512_mullo_epi32(_mm512_loadu_si512(back.columnSums + output), _mm512_set1_epi32(back.zeros[row]));
    const Wide difference = _mm512_cvtepi32_ps(_mm512_sub_epi32(sums, zeros));
    return _mm512_mul_ps(_mm512_mul_ps(difference, loadWide(back.units + output)), all(back.steps[row]));
}

} // namespace
} // namespace livegloss::kernels
