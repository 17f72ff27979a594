#pragma once

#include "base/clock.h"
#include "engine/streaming_encoder.h"
#include "session/stream_recogniser.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace livegloss::session {

/// Frames that went to the encoder together, and the features that became final with them.
struct RecordedBatch {
    std::vector<MediaTime> times;
    std::vector<std::uint8_t> encoded; ///< see FrameBatch
    std::vector<engine::FrameFeature> features;
};
/// What the encoder made of one clip: all that recognition needs to run again with another window, stride or stability.
struct ClipRecording {
    std::vector<RecordedBatch> batches;
    std::vector<engine::FrameFeature> last; ///< of finish()
};

/// Encoders as defaultEncoderFactory() makes them that also write their features down: into the batch that `recording`
/// ends with.
EncoderFactory recordingEncoderFactory(std::shared_ptr<ClipRecording> recording);
/// Encoders that give what `recording` holds, batch by batch, whatever pictures they get. It must outlive them.
EncoderFactory replayEncoderFactory(const ClipRecording& recording);

} // namespace livegloss::session
