#pragma once

#include "avx2_math.h"

namespace livegloss::kernels {
namespace {

[[maybe_unused]] inline Vector filled(float value) {
    return _mm256_set1_ps(value);
}
[[maybe_unused]] inline Vector largerOf(Vector a, Vector b) {
    return _mm256_max_ps(a, b);
}

constexpr std::size_t panelWidth = 16; ///< outputs of one tile: two vectors
constexpr std::size_t tileRows = 6;    ///< with two vectors each they fill 12 of the 16 registers

/// Where the left factor's values are: row r at depth d is values[r * rowStep + d * depthStep].
struct Rows {
    const float* values;
    std::size_t rowStep;
};
/// As repackRows() leaves them: the tile's values of one depth beside one another.
struct PackedRows {
    const float* values;
};

inline Vector spread(const Rows& rows, int row, std::size_t depth) {
    return _mm256_broadcast_ss(rows.values + static_cast<std::size_t>(row) * rows.rowStep + depth);
}
inline Vector spread(const PackedRows& rows, int row, std::size_t depth) {
    return _mm256_broadcast_ss(rows.values + depth * tileRows + static_cast<std::size_t>(row));
}

/// sum[r] = left[r] . right over `depth`, for 16 columns of the right factor whose rows are `rightStep` apart.
template <int Count, class Left>
inline void multiplyTile(const Left& left, const float* right, std::size_t rightStep, std::size_t depth,
                         Vector (&sum)[Count][2]) {
    // Only constant places are used in this array, so that all of it stays in registers; callers loop over `sum`.
    Vector inRegisters[Count][2];
#pragma GCC unroll 6
    for (int row = 0; row < Count; ++row) {
        inRegisters[row][0] = _mm256_setzero_ps();
        inRegisters[row][1] = _mm256_setzero_ps();
    }
#pragma GCC unroll 4
    for (std::size_t d = 0; d < depth; ++d) {
        const Vector first = _mm256_loadu_ps(right + d * rightStep);
        const Vector second = _mm256_loadu_ps(right + d * rightStep + lanes);
#pragma GCC unroll 6
        for (int row = 0; row < Count; ++row) {
            const Vector value = spread(left, row, d);
            inRegisters[row][0] = _mm256_fmadd_ps(value, first, inRegisters[row][0]);
            inRegisters[row][1] = _mm256_fmadd_ps(value, second, inRegisters[row][1]);
        }
    }
#pragma GCC unroll 6
    for (int row = 0; row < Count; ++row) {
        sum[row][0] = inRegisters[row][0];
        sum[row][1] = inRegisters[row][1];
    }
}

} // namespace
} // namespace livegloss::kernels
