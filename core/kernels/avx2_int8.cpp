#include "avx2_int8.h"

#include "avx2_activation.h"
#include "int8_steps.h"

namespace livegloss::kernels {
namespace {

inline float smallestOf(Vector v) {
    return -largestOf(_mm256_sub_ps(_mm256_setzero_ps(), v));
}

/// Writes the scaled row, its end filled up with zeros.
inline RowSteps scaleRow(const Quantise& call, const float* from) {
    Vector low = _mm256_setzero_ps();
    Vector high = _mm256_setzero_ps();
    Vector noNumbers = _mm256_setzero_ps();
    for (std::size_t i = 0; i < call.width; i += lanes) {
        Vector values;
        if (i + lanes <= call.width) {
            values = load(from + i);
        } else {
            float tail[lanes] = {};
            for (std::size_t j = i; j < call.width; ++j) {
                tail[j - i] = from[j];
            }
            values = load(tail);
        }
        values = _mm256_mul_ps(values, load(call.inverseScales + i));
        low = _mm256_min_ps(low, values);
        high = _mm256_max_ps(high, values);
        noNumbers = _mm256_or_ps(noNumbers, _mm256_cmp_ps(values, values, _CMP_UNORD_Q));
        store(call.scaled + i, values);
    }
    return _mm256_movemask_ps(noNumbers) == 0 ? stepsBetween(smallestOf(low), largestOf(high), call.levels)
                                              : stepsOfNoNumbers();
}

inline __m256i numbers(const RowSteps& steps, int levels, Vector values) {
    const __m256i rounded = _mm256_cvtps_epi32(_mm256_mul_ps(values, _mm256_set1_ps(steps.inverse)));
    const __m256i moved = _mm256_add_epi32(rounded, _mm256_set1_epi32(steps.zero));
    return _mm256_min_epi32(_mm256_max_epi32(moved, _mm256_setzero_si256()), _mm256_set1_epi32(levels));
}

inline void storeBytes(std::uint8_t* place, __m256i values) {
    const __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(values), _mm256_extracti128_si256(values, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(place), _mm_packus_epi16(words, words));
}

inline __m256i loadWhole(const std::int32_t* place) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(place));
}

/// Eight outputs of a row from `output` on.
inline Vector restored(const Dequantise& call, std::size_t row, const std::int32_t* sums, std::size_t output) {
    const __m256i zeros = _mm256_mullo_epi32(loadWhole(call.columnSums + output), _mm256_set1_epi32(call.zeros[row]));
    const Vector difference = _mm256_cvtepi32_ps(_mm256_sub_epi32(loadWhole(sums), zeros));
    const Vector scaled =
        _mm256_mul_ps(_mm256_mul_ps(difference, load(call.units + output)), _mm256_set1_ps(call.steps[row]));
    return activated(_mm256_add_ps(scaled, load(call.bias + output)), call.activation);
}

} // namespace

void quantiseAvx2(const Quantise& call) {
    for (std::size_t row = 0; row < call.rows; ++row) {
        const RowSteps steps = scaleRow(call, call.source + row * call.stride);
        call.steps[row] = steps.step;
        call.zeros[row] = steps.zero;
        std::uint8_t* const to = call.result + row * call.width;
        std::size_t i = 0;
        for (; i + lanes <= call.width; i += lanes) {
            storeBytes(to + i, numbers(steps, call.levels, load(call.scaled + i)));
        }
        if (i < call.width) {
            std::uint8_t bytes[lanes];
            storeBytes(bytes, numbers(steps, call.levels, load(call.scaled + i)));
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
            const Vector value = restored(call, row, sums + i, i);
            store(to + i, call.accumulate ? _mm256_add_ps(load(to + i), value) : value);
        }
        if (i < call.outputs) {
            std::int32_t tail[lanes] = {};
            float values[lanes];
            for (std::size_t j = i; j < call.outputs; ++j) {
                tail[j - i] = sums[j];
            }
            store(values, restored(call, row, tail, i));
            for (std::size_t j = i; j < call.outputs; ++j) {
                to[j] = call.accumulate ? to[j] + values[j - i] : values[j - i];
            }
        }
    }
}

} // namespace livegloss::kernels
