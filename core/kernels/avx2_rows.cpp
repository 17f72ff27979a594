#include "avx2_rows.h"

#include "avx2_tile.h"

namespace livegloss::kernels {
namespace {

constexpr float normEpsilon = 1e-5F;

inline float rootOf(float value) {
    return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(value)));
}

inline void normaliseRow(const float* from, std::size_t width, float* to) {
    Vector sum = _mm256_setzero_ps();
    float tailSum = 0.0F;
    std::size_t i = 0;
    for (; i + lanes <= width; i += lanes) {
        sum = _mm256_add_ps(sum, load(from + i));
    }
    for (; i < width; ++i) {
        tailSum += from[i];
    }
    const float mean = (sumOf(sum) + tailSum) / static_cast<float>(width);
    const Vector means = _mm256_set1_ps(mean);
    Vector squares = _mm256_setzero_ps();
    tailSum = 0.0F;
    for (i = 0; i + lanes <= width; i += lanes) {
        const Vector difference = _mm256_sub_ps(load(from + i), means);
        squares = _mm256_fmadd_ps(difference, difference, squares);
    }
    for (; i < width; ++i) {
        tailSum += (from[i] - mean) * (from[i] - mean);
    }
    const float scale = 1.0F / rootOf((sumOf(squares) + tailSum) / static_cast<float>(width) + normEpsilon);
    const Vector scales = _mm256_set1_ps(scale);
    for (i = 0; i + lanes <= width; i += lanes) {
        store(to + i, _mm256_mul_ps(_mm256_sub_ps(load(from + i), means), scales));
    }
    for (; i < width; ++i) {
        to[i] = (from[i] - mean) * scale;
    }
}

/// `count` values from `from` into a vector, `filler` after them.
inline Vector loadSome(const float* from, std::size_t count, float filler) {
    float values[lanes];
    for (std::size_t i = 0; i < lanes; ++i) {
        values[i] = i < count ? from[i] : filler;
    }
    return load(values);
}
inline void storeSome(float* to, Vector values, std::size_t count) {
    float all[lanes];
    store(all, values);
    for (std::size_t i = 0; i < count; ++i) {
        to[i] = all[i];
    }
}

inline Vector hyperbolicTangent(Vector x) {
    // 2 sigmoid(2 x) - 1; near zero that cancels to a few units of 6e-8, which the sums around it do not notice.
    const Vector twice = sigmoid(_mm256_add_ps(x, x));
    return _mm256_sub_ps(_mm256_add_ps(twice, twice), _mm256_set1_ps(1.0F));
}

} // namespace

void layerNormAvx2(const float* rows, int count, int width, float* result) {
    const auto step = static_cast<std::size_t>(width);
    for (std::size_t row = 0; row < static_cast<std::size_t>(count); ++row) {
        normaliseRow(rows + row * step, step, result + row * step);
    }
}

void narrowAvx2(const float* values, std::size_t count, Bfloat16* result) {
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        store(result + i, load(values + i));
    }
    if (i < count) {
        Bfloat16 tail[lanes];
        store(tail, loadSome(values + i, count - i, 0.0F));
        for (std::size_t j = i; j < count; ++j) {
            result[j] = tail[j - i];
        }
    }
}

void lstmStepAvx2(const float* gates, int hidden, float* cell, float* result) {
    const auto count = static_cast<std::size_t>(hidden);
    for (std::size_t i = 0; i < count; i += lanes) {
        const std::size_t here = count - i < lanes ? count - i : lanes;
        const auto gate = [&](std::size_t which) { return loadSome(gates + which * count + i, here, 0.0F); };
        const Vector kept = _mm256_mul_ps(sigmoid(gate(1)), loadSome(cell + i, here, 0.0F));
        const Vector next = _mm256_fmadd_ps(sigmoid(gate(0)), hyperbolicTangent(gate(2)), kept);
        storeSome(cell + i, next, here);
        storeSome(result + i, _mm256_mul_ps(sigmoid(gate(3)), hyperbolicTangent(next)), here);
    }
}

} // namespace livegloss::kernels
