#pragma once

// Vectors to Bf16. Only for files compiled for AVX-512 with BF16.

#include "avx512/avx512_math.h"

namespace livegloss::kernels {
namespace {

[[maybe_unused]] inline __m256i narrow(Wide values) {
    return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(values));
}
[[maybe_unused]] inline void storeWide(Bfloat16* place, Wide values) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(place), narrow(values));
}
[[maybe_unused]] inline void storeWide(Bfloat16* place, Wide values, __mmask16 lanes) {
    _mm256_mask_storeu_epi16(place, lanes, narrow(values));
}

} // namespace
} // namespace livegloss::kernels
