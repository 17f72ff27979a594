#pragma once

// Sums of 32 x 32 outputs in four tiles. Only for files compiled for AMX.

#include "amx_tile.h"

namespace livegloss::kernels {
namespace {

/// What a tile's 64 bytes a row hold: 32 Bf16 values, or 64 whole numbers of 8 bits (of the left factor 0..255, of the
/// right one -128..127).
enum class TileValues { Bf16, Int8 };

constexpr std::size_t blockSide = 2 * tileSide;
constexpr std::size_t stepBytes = 64;                 ///< of a row of the left factor, in one step
constexpr std::size_t rightStepBytes = 2 * tileBytes; ///< of the right factor, in one step

/// Sixteen rows of the left factor from some depth on; all of them can be read.
struct TileRows {
    const std::byte* values;
    std::size_t stride; ///< in bytes
};
template <class T>
inline TileRows tileRows(const T* values, std::size_t stride) {
    return {reinterpret_cast<const std::byte*>(values), stride * sizeof(T)};
}
inline TileRows sixteenBelow(const TileRows& rows) {
    return {rows.values + tileSide * rows.stride, rows.stride};
}

/// sums [32][sumStride] (32 bits each) of 32 rows over `steps` steps, those of `lower` only with `Both`. `right`:
/// [steps][2 tiles], each [16 groups of inputs][16 outputs][2 or 4 inputs]. `between` is called once in every step:
/// vectors and tiles work side by side. The right factor passes by the first cache, which the rows stay in for the next
/// block.
template <TileValues Values, bool Both, class Between>
inline void multiplyRows(TileRows upper, TileRows lower, const void* right, std::size_t steps, void* sums,
                         std::size_t sumStride, Between&& between) {
    const auto* from = static_cast<const std::byte*>(right);
    _tile_zero(0);
    _tile_zero(1);
    if constexpr (Both) {
        _tile_zero(2);
        _tile_zero(3);
    }
    for (std::size_t step = 0; step < steps; ++step, from += rightStepBytes) {
        _tile_loadd(4, upper.values + step * stepBytes, upper.stride);
        _tile_stream_loadd(6, from, stepBytes);
        _tile_stream_loadd(7, from + tileBytes, stepBytes);
        if constexpr (Both) {
            _tile_loadd(5, lower.values + step * stepBytes, lower.stride);
        }
        if constexpr (Values == TileValues::Bf16) {
            _tile_dpbf16ps(0, 4, 6);
            _tile_dpbf16ps(1, 4, 7);
            if constexpr (Both) {
                _tile_dpbf16ps(2, 5, 6);
                _tile_dpbf16ps(3, 5, 7);
            }
        } else {
            _tile_dpbusd(0, 4, 6);
            _tile_dpbusd(1, 4, 7);
            if constexpr (Both) {
                _tile_dpbusd(2, 5, 6);
                _tile_dpbusd(3, 5, 7);
            }
        }
        between();
    }
    auto* const to = static_cast<std::byte*>(sums);
    const std::size_t stride = sumStride * sizeof(float);
    _tile_stored(0, to, stride);
    _tile_stored(1, to + stepBytes, stride);
    if constexpr (Both) {
        _tile_stored(2, to + tileSide * stride, stride);
        _tile_stored(3, to + tileSide * stride + stepBytes, stride);
    }
}

/// multiplyRows() of 32 rows or, without `both`, of the upper 16.
template <TileValues Values, class Between>
inline void multiplyBlock(bool both, TileRows upper, TileRows lower, const void* right, std::size_t steps, void* sums,
                          std::size_t sumStride, Between&& between) {
    if (both) {
        multiplyRows<Values, true>(upper, lower, right, steps, sums, sumStride, between);
    } else {
        multiplyRows<Values, false>(upper, upper, right, steps, sums, sumStride, between);
    }
}

} // namespace
} // namespace livegloss::kernels
