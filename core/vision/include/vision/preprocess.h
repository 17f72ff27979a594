#pragma once

#include "base/frame.h"

#include <span>

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

} // namespace livegloss::vision
