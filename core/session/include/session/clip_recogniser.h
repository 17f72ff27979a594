#pragma once

#include "base/frame.h"
#include "base/result.h"
#include "media/rate_resampler.h"
#include "session/clip_features.h"
#include "session/clip_recording.h"
#include "session/frame_pattern.h"
#include "session/stream_recogniser.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace livegloss::session {

struct ClipOptions {
    /// Also decode as live recognition does, with `stream`'s window and stability.
    bool online = false;
    /// Decode the whole clip at the end; off leaves `offline` empty.
    bool offlinePass = true;
    StreamOptions stream;
    OfflineDecodeOptions offline;
    /// Frames per pass of the encoder. 1 gives captions at the earliest moment that live recognition could.
    int batchFrames = 4;
    /// Which frames are encoded: every first, second or third; automaticPattern: all, since a clip waits.
    int framePattern = automaticPattern;
    /// See engine::EncoderOptions::reuseUpTo.
    float skipSimilar = 0.0F;
    /// Where set, what the encoder gives is written down there, to be replayed with other settings.
    std::shared_ptr<ClipRecording> recording;
    /// Called with each decode of live recognition; may be empty.
    std::function<void(const CaptionUpdate&)> onCaptions;
};

struct FrameCounts {
    std::int64_t captured = 0;     ///< frames given
    std::int64_t encoded = 0;      ///< frames the network computed, after resampling to its rate
    std::int64_t reused = 0;       ///< so like the frame before them that they took what it had given
    std::int64_t interpolated = 0; ///< left out by the pattern
    std::int64_t dropped = 0;
};

struct ClipResult {
    std::vector<CaptionGloss> offline;   ///< the whole clip decoded at once
    std::vector<CaptionGloss> committed; ///< by live recognition, when asked for
    int revisions = 0;                   ///< provisional glosses that live recognition took back
    FrameCounts frames;
    std::optional<Error> deviceFailure; ///< the device failed, and the CPU went on
};

/// Recognition of one whole clip as fast as the machine allows, without threads of its own: frames in, glosses out at
/// the end. One clip per object, one thread at a time. After an error the object is of no further use.
class ClipRecogniser {
public:
    ClipRecogniser(engine::LoadedModelPtr model, ClipOptions options);

    Result<void> push(const FramePtr& frame);
    /// Encodes what waits, then decodes.
    Result<ClipResult> finish();

    const FrameCounts& frames() const { return counts_; }

private:
    Result<void> prepare(const std::vector<FramePtr>& slots);
    Result<void> encodeBatch();
    void take(const StreamOutput& output);

    engine::LoadedModelPtr model_;
    ClipOptions options_;
    media::RateResampler resampler_;
    StreamRecogniser recogniser_;
    std::vector<float> batch_;
    std::vector<MediaTime> times_;
    std::vector<std::uint8_t> encoded_; ///< of each of times_: whether its picture is in batch_
    PatternWalk walk_;
    FrameCounts counts_;
    ClipResult result_;
};

/// What ClipRecogniser would have given for the recorded clip with these `options`, without the encoder. Captions come
/// at the moments of the recording's batches. `frames` stays 0.
Result<ClipResult> replayClip(const engine::LoadedModelPtr& model, const ClipRecording& recording,
                              const ClipOptions& options);

} // namespace livegloss::session
