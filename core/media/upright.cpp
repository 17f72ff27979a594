#include "upright.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>

namespace livegloss::media {

Orientation orientationOf(const std::int32_t* matrix) {
    // A stored point (x, y) is shown at (a x + c y, b x + d y).
    const std::int64_t a = matrix[0];
    const std::int64_t b = matrix[1];
    const std::int64_t c = matrix[3];
    const std::int64_t d = matrix[4];
    if (std::abs(a) + std::abs(d) >= std::abs(b) + std::abs(c)) {
        return {.transposed = false, .flippedX = a < 0, .flippedY = d < 0};
    }
    return {.transposed = true, .flippedX = c < 0, .flippedY = b < 0};
}

void turnUpright(const std::uint8_t* source, int width, int height, const Orientation& orientation,
                 std::uint8_t* target) {
    const int targetWidth = orientation.transposed ? height : width;
    const int targetHeight = orientation.transposed ? width : height;
    // Steps through the source, in bytes, for one pixel to the right and one down in the target.
    std::ptrdiff_t right = orientation.transposed ? std::ptrdiff_t{width} * 3 : 3;
    std::ptrdiff_t down = orientation.transposed ? 3 : std::ptrdiff_t{width} * 3;
    std::ptrdiff_t start = 0;
    if (orientation.flippedX) {
        start += right * (targetWidth - 1);
        right = -right;
    }
    if (orientation.flippedY) {
        start += down * (targetHeight - 1);
        down = -down;
    }
    // Tiles keep both sides of a transposition in the processor's cache.
    constexpr int tile = 32;
    for (int top = 0; top < targetHeight; top += tile) {
        for (int left = 0; left < targetWidth; left += tile) {
            const int bottom = std::min(top + tile, targetHeight);
            const int end = std::min(left + tile, targetWidth);
            for (int y = top; y < bottom; ++y) {
                const std::uint8_t* from = source + start + down * y + right * left;
                std::uint8_t* to = target + (std::ptrdiff_t{y} * targetWidth + left) * 3;
                for (int x = left; x < end; ++x, from += right, to += 3) {
                    to[0] = from[0];
                    to[1] = from[1];
                    to[2] = from[2];
                }
            }
        }
    }
}

} // namespace livegloss::media
