#include "avx2_int8.h"

#include "avx2_activation.h"

namespace livegloss::kernels {
namespace {

inline __m256i steps(const Quantise& call, Vector values) {
    const __m256i rounded = _mm256_cvtps_epi32(_mm256_mul_ps(values, _mm256_set1_ps(call.inverseStep)));
    const __m256i moved = _mm256_add_epi32(rounded, _mm256_set1_epi32(call.zero));
    return _mm256_min_epi32(_mm256_max_epi32(moved, _mm256_setzero_si256()), _mm256_set1_epi32(call.levels));
}

inline void storeBytes(std::uint8_t* place, __m256i values) {
    const __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(values), _mm256_extracti128_si256(values, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(place), _mm_packus_epi16(words, words));
}

inline __m256i loadWhole(const std::int32_t* place) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(place));
}

/// Eight outputs from `output` on.
inline Vector restored(const Dequantise& call, const std::int32_t* sums, std::size_t output) {
    const __m256i difference = _mm256_sub_epi32(loadWhole(sums), loadWhole(call.offsets + output));
    const Vector scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(difference), load(call.scales + output));
    return activated(_mm256_add_ps(scaled, load(call.bias + output)), call.activation);
}

} // namespace

void quantiseAvx2(const Quantise& call) {
    for (std::size_t row = 0; row < call.rows; ++row) {
        const float* const from = call.source + row * call.stride;
        std::uint8_t* const to = call.result + row * call.width;
        std::size_t i = 0;
        for (; i + lanes <= call.width; i += lanes) {
            storeBytes(to + i, steps(call, load(from + i)));
        }
        if (i < call.width) {
            float tail[lanes] = {};
            std::uint8_t bytes[lanes];
            for (std::size_t j = i; j < call.width; ++j) {
                tail[j - i] = from[j];
            }
            storeBytes(bytes, steps(call, load(tail)));
            for (std::size_t j = i; j < call.width; ++j) {
                to[j] = bytes[j - i];
            }
        }
    }
}

void dequantiseAvx2(const Dequantise& call) {
    for (std::size_t row = 0; row < call.rows; ++row) {
        const std::int32_t* const sums = call.sums + row * call.outputs;
        float* const to = call.destination + row * call.outputs;
        std::size_t i = 0;
        for (; i + lanes <= call.outputs; i += lanes) {
            const Vector value = restored(call, sums + i, i);
            store(to + i, call.accumulate ? _mm256_add_ps(load(to + i), value) : value);
        }
        if (i < call.outputs) {
            std::int32_t tail[lanes] = {};
            float values[lanes];
            for (std::size_t j = i; j < call.outputs; ++j) {
                tail[j - i] = sums[j];
            }
            store(values, restored(call, tail, i));
            for (std::size_t j = i; j < call.outputs; ++j) {
                to[j] = call.accumulate ? to[j] + values[j - i] : values[j - i];
            }
        }
    }
}

} // namespace livegloss::kernels
