#pragma once

// Tiles of AMX: 16 rows of 64 bytes, eight of them per thread. Only for files compiled for it.

#include <cstddef>
#include <cstdint>
#include <immintrin.h>

namespace livegloss::kernels {
namespace {

constexpr std::size_t tileSide = 16; ///< rows of a tile, and its columns of 32 bits
constexpr std::size_t tileBytes = 1024;

/// All eight tiles whole while it lives. Threads that hold tiles are dearer to switch, so nobody keeps them.
class TilesInUse {
public:
    TilesInUse() {
        struct alignas(64) Layout {
            std::uint8_t palette = 1;
            std::uint8_t startRow = 0;
            std::uint8_t reserved[14] = {};
            std::uint16_t bytesPerRow[16] = {64, 64, 64, 64, 64, 64, 64, 64};
            std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
        };
        static constexpr Layout layout;
        static_assert(sizeof(Layout) == 64);
        _tile_loadconfig(&layout);
    }
    ~TilesInUse() { _tile_release(); }
    TilesInUse(const TilesInUse&) = delete;
    TilesInUse& operator=(const TilesInUse&) = delete;
};

/// What was stored before is in memory when tiles are loaded after: the compiler does not see that they read it.
inline void memoryIsWritten() {
    asm volatile("" ::: "memory");
}

} // namespace
} // namespace livegloss::kernels
