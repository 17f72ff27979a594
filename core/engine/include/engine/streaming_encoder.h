#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "engine/attention.h"
#include "engine/loaded_model.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace livegloss::engine {

/// Where the class token of one frame looks in the last block: mean over heads, patches only, row-major.
struct SpatialAttention {
    std::int64_t frameIndex = 0;
    int rows = 0;
    int columns = 0;
    std::vector<float> weights; ///< rows * columns; with the two shares below they sum to 1
    float classShare = 0.0F;    ///< mass on the class token itself
    float prefixShare = 0.0F;   ///< mass on the learnt prefixes
};

/// The final feature of one frame (model.md step 4). Copies that pad a clip have indices below 0 or past its last
/// frame.
struct FrameFeature {
    std::int64_t frameIndex = 0;
    std::vector<float> values; ///< E floats
};

struct EncoderOutput {
    std::vector<FrameFeature> features;      ///< became final with this call, in order
    std::vector<SpatialAttention> attention; ///< of the frames just pushed, when asked for
    /// What requestAttention() asked for, in order of frames. With cross-frame weights a frame's result is complete,
    /// and comes, two frames later.
    std::vector<AttentionResult> requested;
    /// The device failed during this call. Nothing is missing: the CPU went on with the frames in hand, and does from
    /// now on.
    std::optional<Error> deviceFailure;
    int reused = 0; ///< of the frames just pushed: see EncoderOptions::reuseUpTo
};

struct EncoderOptions {
    /// Pad the clip as the reference does at test time: leftPad copies of the first frame before it and, on finish(),
    /// copies of the last one after it. Off: zeros outside the clip, as for a batch of frames given as they are.
    bool padClip = true;
    /// A frame that differs from the last computed one by at most this (see largestPatchChange()) takes what the blocks
    /// gave for that one. 0: exact copies only; noReuse: every frame is computed.
    float reuseUpTo = noReuse;
    static constexpr float noReuse = -1.0F;
    /// Called before each pass on a device other than the processor; what it throws counts as a failure of the device.
    std::function<void()> beforeDevicePass = {};
};

/// One pass per frame: frames go in one at a time or in small batches, each runs through the blocks once, and its
/// feature comes out when the two frames after it are in (paper section 3.3). One thread at a time.
class StreamingEncoder {
public:
    virtual ~StreamingEncoder() = default;

    /// `frames` holds n pictures [n, 3, R, R], RGB planes, normalised as the model wants. Frame indices count up from
    /// 0.
    virtual Result<EncoderOutput> push(std::span<const float> frames, int count, bool wantAttention) = 0;
    /// The features still held back for want of later frames, and those of the padding. The clip is over.
    virtual Result<EncoderOutput> finish() = 0;
    /// Forgets the clip; the next push() starts a new one.
    virtual void reset() = 0;
    /// From the next push() on, frames bring what `request` asks for; an empty one ends that. False when this encoder
    /// cannot, and an AttentionPass has to. The request was checked with checkRequest().
    virtual bool requestAttention(const AttentionRequest& /*request*/) { return false; }
};

std::unique_ptr<StreamingEncoder> makeStreamingEncoder(LoadedModelPtr model, EncoderOptions options = {});

} // namespace livegloss::engine
