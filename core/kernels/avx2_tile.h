#pragma once

#include "avx2_math.h"

namespace livegloss::kernels {
namespace {

constexpr std::size_t panelWidth = 16; ///< outputs of one tile: two vectors
constexpr std::size_t tileRows = 6;    ///< with two vectors each they fill 12 of the 16 registers

/// As repackRows() leaves them: the tile's values of one depth beside one another.
struct PackedRows {
    const float* values;
};
[[maybe_unused]] inline Vector spread(const PackedRows& rows, int row, std::size_t depth) {
    return filled(rows.values[depth * tileRows + static_cast<std::size_t>(row)]);
}

} // namespace
} // namespace livegloss::kernels

#include "float_tile.h"
