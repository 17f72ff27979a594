#pragma once

#include "base/frame.h"

#include <optional>
#include <vector>

namespace livegloss::media {

/// Picks frames by time stamp so that a source of any rate, constant or not, gives `targetFps`: slower sources repeat
/// frames, faster ones lose some. Output slot n stands for the time start + n / targetFps and gets the frame that is on
/// screen then. A gap above `maxGap` starts a new run instead of being filled with copies. One thread at a time.
class RateResampler {
public:
    explicit RateResampler(double targetFps, MediaTime maxGap = std::chrono::seconds(1));

    /// Takes the next frame; returns the slots that are now decided (often one, none or several of the frame before
    /// it).
    std::vector<FramePtr> push(FramePtr frame);
    /// The last frame's slots at the end of the clip.
    std::vector<FramePtr> finish();
    void reset();

private:
    std::vector<FramePtr> emitUntil(MediaTime end);

    double targetFps_;
    MediaTime maxGap_;
    FramePtr pending_;
    std::optional<MediaTime> origin_;
    long long nextSlot_ = 0;
    MediaTime lastDuration_{0};
};

} // namespace livegloss::media
