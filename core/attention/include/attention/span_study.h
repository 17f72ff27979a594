#pragma once

#include "attention/clip_walk.h"
#include "attention/scale.h"
#include "attention/view.h"

#include <filesystem>
#include <vector>

namespace livegloss::attention {

struct SpanJob {
    std::filesystem::path input;
    engine::LoadedModelPtr model;
    View view;
    MediaTime from{0};
    MediaTime to{0}; ///< not part of it
    WalkOptions options;
};

/// A frame with layers that are to lie over it.
struct SpanFrame {
    FramePtr frame;
    std::vector<Layer> layers; ///< of a view across frames: the one overlay
    double strength = 0.0;     ///< see strengthOf()
};

/// Where the network looked while a gloss was signed.
struct SpanStudy {
    int frames = 0;                         ///< of the video that the network saw of it, each counted once
    std::int64_t firstFrame = unknownFrame; ///< of those, in the video, or unknownFrame
    std::int64_t lastFrame = unknownFrame;
    SpanFrame mean; ///< the mean of all of them, over the frame in the middle
    /// At most three, strongest first.
    std::vector<SpanFrame> strongest;
    /// The mean of each second, counted from the span's beginning, over the frame in its middle.
    std::vector<SpanFrame> seconds;
    ClipScales scales; ///< of the span
};

/// What makes a frame strong: how concentrated its attention is, 1 − entropy; the sum of magnitudes of a difference or
/// of weights across frames.
double strengthOf(const std::vector<Layer>& layers);

/// Sends the frames of a span through the network. Any thread. Errors of source and network, Cancelled, or
/// InvalidArgument where the span holds no frame.
Result<SpanStudy> studySpan(const SpanJob& job);

} // namespace livegloss::attention
