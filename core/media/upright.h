#pragma once

#include <cstdint>

namespace livegloss::media {

/// How a stored picture is turned and mirrored so that it is upright; one of eight.
struct Orientation {
    bool transposed = false; ///< rows become columns, before the flips
    bool flippedX = false;   ///< left and right change places
    bool flippedY = false;   ///< top and bottom change places

    bool isUpright() const { return !transposed && !flippedX && !flippedY; }
    bool operator==(const Orientation&) const = default;
};

/// The orientation nearest to a display matrix as MP4 stores it (nine 16.16 numbers).
Orientation orientationOf(const std::int32_t* matrix);

/// Turns packed RGB rows of `width` x `height` into `target`, of the same size or, transposed, `height` x `width`.
void turnUpright(const std::uint8_t* source, int width, int height, const Orientation& orientation,
                 std::uint8_t* target);

} // namespace livegloss::media
