#pragma once

// Sums of tiles in registers, over vectors of either width: for the header that names them (Vector, load, filled,
// multiplyAdd) and how many make a tile (panelWidth, two of them).

namespace livegloss::kernels {
namespace {

static_assert(panelWidth == 2 * lanes);

/// Where the left factor's values are: row r at depth d is values[r * rowStep + d].
struct Rows {
    const float* values;
    std::size_t rowStep;
};
inline Vector spread(const Rows& rows, int row, std::size_t depth) {
    return filled(rows.values[static_cast<std::size_t>(row) * rows.rowStep + depth]);
}

/// sum[r] = left[r] . right over `depth`, for one panel's columns of the right factor, whose rows are `rightStep`
/// apart.
template <int Count, class Left>
inline void multiplyTile(const Left& left, const float* right, std::size_t rightStep, std::size_t depth,
                         Vector (&sum)[Count][2]) {
    // Only constant places are used in this array, so that all of it stays in registers; callers loop over `sum`.
    Vector inRegisters[Count][2];
#pragma GCC unroll 12
    for (int row = 0; row < Count; ++row) {
        inRegisters[row][0] = filled(0.0F);
        inRegisters[row][1] = filled(0.0F);
    }
#pragma GCC unroll 4
    for (std::size_t d = 0; d < depth; ++d) {
        const Vector first = load(right + d * rightStep);
        const Vector second = load(right + d * rightStep + lanes);
#pragma GCC unroll 12
        for (int row = 0; row < Count; ++row) {
            const Vector value = spread(left, row, d);
            inRegisters[row][0] = multiplyAdd(value, first, inRegisters[row][0]);
            inRegisters[row][1] = multiplyAdd(value, second, inRegisters[row][1]);
        }
    }
#pragma GCC unroll 12
    for (int row = 0; row < Count; ++row) {
        sum[row][0] = inRegisters[row][0];
        sum[row][1] = inRegisters[row][1];
    }
}

} // namespace
} // namespace livegloss::kernels
