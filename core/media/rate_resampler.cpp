#include "media/rate_resampler.h"

#include <algorithm>
#include <utility>

namespace livegloss::media {

RateResampler::RateResampler(double targetFps, MediaTime maxGap) : targetFps_(targetFps), maxGap_(maxGap) {}

std::vector<FramePtr> RateResampler::push(FramePtr frame) {
    std::vector<FramePtr> slots;
    if (pending_) {
        const MediaTime duration = frame->time - pending_->time;
        if (duration <= MediaTime(0) || duration > maxGap_) {
            slots = finish();
        } else {
            lastDuration_ = duration;
            slots = emitUntil(frame->time);
        }
    }
    if (!origin_) {
        origin_ = frame->time;
        nextSlot_ = 0;
    }
    pending_ = std::move(frame);
    return slots;
}

std::vector<FramePtr> RateResampler::finish() {
    std::vector<FramePtr> slots;
    if (pending_) {
        // The last frame lasts as long as the one before it; a frame without a neighbour, one slot.
        const MediaTime duration = lastDuration_ > MediaTime(0) ? lastDuration_ : fromSeconds(1.0 / targetFps_);
        lastDuration_ = duration;
        slots = emitUntil(pending_->time + duration);
    }
    reset();
    return slots;
}

void RateResampler::reset() {
    pending_.reset();
    origin_.reset();
    nextSlot_ = 0;
    lastDuration_ = MediaTime(0);
}

/// Gives the pending frame every slot before `end`. A slot just before `end` is left to the next frame: containers
/// round time stamps and cameras jitter, and without that a source of the target rate itself would repeat and lose
/// frames.
std::vector<FramePtr> RateResampler::emitUntil(MediaTime end) {
    std::vector<FramePtr> slots;
    const double slotSeconds = 1.0 / targetFps_;
    const double tolerance = std::min(slotSeconds, toSeconds(lastDuration_)) / 4.0;
    const double limit = toSeconds(end - *origin_) - tolerance;
    while (static_cast<double>(nextSlot_) * slotSeconds < limit) {
        slots.push_back(pending_);
        ++nextSlot_;
    }
    return slots;
}

} // namespace livegloss::media
