#pragma once

#include "base/frame.h"
#include "engine/attention.h"
#include "engine/streaming_encoder.h"
#include "media/frame_source.h"
#include "media/rate_resampler.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace livegloss::attention {

/// A frame as the network saw it, with what was asked of it.
struct AttendedFrame {
    std::int64_t slot = 0; ///< 0, 1, 2, ... at the model's rate
    FramePtr frame;        ///< the video's frame that was on screen then
    /// With cross-frame weights: the frames that the network put around it, in order of offset.
    std::vector<FramePtr> neighbours;
    engine::AttentionResult result;
};

/// Sends a clip's frames through the network and gives each out with its attention. One clip per object, one thread at
/// a time. After an error the object is of no further use.
class ClipWalk {
public:
    /// `request` has been checked.
    ClipWalk(engine::LoadedModelPtr model, engine::AttentionRequest request);

    /// The next frame of the video -> frames whose attention is complete.
    Result<std::vector<AttendedFrame>> push(const FramePtr& frame);
    Result<std::vector<AttendedFrame>> finish();

private:
    Result<std::vector<AttendedFrame>> encode(const std::vector<FramePtr>& slots);
    std::vector<AttendedFrame> collect(std::vector<engine::AttentionResult> results);

    engine::LoadedModelPtr model_;
    engine::AttentionRequest request_;
    std::unique_ptr<engine::StreamingEncoder> encoder_;
    media::RateResampler resampler_;
    std::deque<FramePtr> recent_; ///< slots first_ .. first_ + size - 1
    std::int64_t first_ = 0;
    std::vector<float> input_;
};

struct WalkOptions {
    std::function<void(std::int64_t frames, std::optional<double> fraction)> progress; ///< may be empty
    std::function<bool()> cancelled;                                                   ///< may be empty
    /// Where to begin, for the attention of a part. The walk begins a little earlier, so that the frames around the
    /// first wanted one are known; `take` gets those too.
    MediaTime from{0};
};

/// Reads a video and calls `take` with each frame that the network sees, in order, until it returns false or the video
/// ends. Errors are those of the source and the network, or Cancelled.
Result<void> walkVideo(const media::SourceRequest& source, const engine::LoadedModelPtr& model,
                       const engine::AttentionRequest& request, const WalkOptions& options,
                       const std::function<bool(AttendedFrame)>& take);

} // namespace livegloss::attention
