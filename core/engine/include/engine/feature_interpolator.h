#pragma once

#include "engine/streaming_encoder.h"
#include "model/model_config.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace livegloss::engine {

/// Gives every frame of a clip a feature when the encoder sees only some of them: the features of the frames between
/// two encoded ones lie on the straight line between theirs, by time. The temporal head then sees the rate that it was
/// trained for. Where every frame is encoded, features pass unchanged. One thread at a time.
class FeatureInterpolator {
public:
    /// The next frame of the clip: handed to the encoder, or left out.
    void addFrame(bool encoded);
    /// Features as the encoder's push() gave them, frameIndex counting the frames that it saw. Returns those that are
    /// final now, frameIndex counting all frames of the clip. Padding before the clip passes as it is; frames left out
    /// before the first encoded one repeat its feature.
    std::vector<FrameFeature> take(std::vector<FrameFeature> encoded);
    /// The same for the encoder's finish(). Frames left out after the last encoded one, and a padding that has become
    /// longer with them, count as copies of it, as the padding does.
    std::vector<FrameFeature> finish(std::vector<FrameFeature> encoded, const model::TemporalLayout& layout);

    std::int64_t frames() const { return frames_; }
    std::int64_t encodedFrames() const { return encodedFrames_; }
    /// Index in the clip of the newest encoded frame; -1: none yet.
    std::int64_t newestEncoded() const { return newestEncoded_; }

private:
    void giveOut(FrameFeature feature, std::int64_t position, std::vector<FrameFeature>& all);

    std::int64_t frames_ = 0;
    std::int64_t encodedFrames_ = 0;
    std::int64_t newestEncoded_ = -1;
    std::deque<std::int64_t> positions_; ///< in the clip, of the encoded frames whose features are not out yet
    std::optional<FrameFeature> last_;   ///< the newest that is out, with its index in the clip
};

} // namespace livegloss::engine
