#pragma once

#include "base/frame.h"

#include <cstdint>
#include <span>
#include <vector>

namespace livegloss::vision {

/// Part of a video picture, in fractions of its width and height.
struct Region {
    double left = 0.0;
    double top = 0.0;
    double width = 1.0;
    double height = 1.0;
};

/// The part of the video that the network sees: resized to resize x resize (aspect not kept), centre crop of
/// resolution x resolution.
Region visibleRegion(int resize, int resolution);

/// Resizes, crops and normalises (x / 127.5 - 1) one frame into `out`, three planes [3, resolution, resolution]. Any
/// thread.
void prepareInput(const Frame& frame, int resize, int resolution, std::span<float> out);

/// The whole frame in a square of `side`, aspect not kept, by Lanczos' filter over 8 x 8 pixels without smoothing: the
/// routine by which AdaptSign's released preparation resizes data sets. RGB, [side, side, 3]. Any thread.
std::vector<std::uint8_t> lanczosPicture(const Frame& frame, int side);

} // namespace livegloss::vision
