#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "decode/stabiliser.h"
#include "engine/feature_interpolator.h"
#include "engine/feature_window.h"
#include "engine/loaded_model.h"
#include "engine/streaming_encoder.h"
#include "session/caption.h"
#include "session/clip_features.h"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace livegloss::session {

/// Makes the encoder of a recogniser; tests put slow or failing ones in.
using EncoderFactory =
    std::function<std::unique_ptr<engine::StreamingEncoder>(engine::LoadedModelPtr, const engine::EncoderOptions&)>;
EncoderFactory defaultEncoderFactory();

/// What the offline pass can look back on: an hour of a file, a quarter of an hour of a camera, at 25 frames a second.
inline constexpr int featureRowsOfFile = 90000;
inline constexpr int featureRowsOfCamera = 22500;

struct StreamOptions {
    engine::WindowOptions window;
    int stability = 2;          ///< stabiliserPreset() level
    float minConfidence = 0.4F; ///< see decode::StabiliserOptions
    bool captions = true;       ///< off: features only, for an offline pass
    int maxFeatureRows = 0;     ///< the oldest features beyond this many are forgotten; 0: none
    int beamWidth = 10;
    decode::LanguageFusion language; ///< windows count as parts of a sentence, whatever it says of that
    float skipSimilar = 0.0F;        ///< see engine::EncoderOptions::reuseUpTo
    std::shared_ptr<const Clock> clock = std::make_shared<SteadyClock>(); ///< times the encoder
};

/// Frames that follow one another in a clip.
struct FrameBatch {
    std::span<const float> pixels;    ///< [n, 3, R, R] prepared pictures of the n encoded frames
    std::span<const MediaTime> times; ///< of all frames, in order
    std::span<const std::uint8_t>
        encoded; ///< of all: 1: its picture is there, 0: its feature is interpolated; empty: all 1
};

/// The captions after a decode: what it committed, and the whole present tail.
struct CaptionUpdate {
    std::vector<CaptionGloss> committed;
    std::vector<CaptionGloss> provisional;
    bool notSure = false;
    int revisions = 0;        ///< provisional glosses that were removed or replaced
    MediaTime newestFrame{0}; ///< the newest frame that the decode has seen
};

struct StreamOutput {
    std::vector<engine::SpatialAttention> attention; ///< of the frames just pushed, when asked for
    std::vector<engine::AttentionResult> requested;  ///< see requestAttention()
    std::optional<CaptionUpdate> captions;           ///< when a window fell due
    double encodeSeconds = 0.0;                      ///< of this call, spent in the encoder
    std::optional<Error> deviceFailure;              ///< see engine::EncoderOutput
    int reused = 0;                                  ///< of the frames just pushed: see StreamOptions::skipSimilar
};

/// Live recognition of one clip without threads: frames in, captions out, through encoder, window and stabiliser. Keeps
/// the features for an offline pass. One thread at a time. After an error the recogniser is of no further use.
class StreamRecogniser {
public:
    StreamRecogniser(engine::LoadedModelPtr model, const StreamOptions& options,
                     const EncoderFactory& makeEncoder = defaultEncoderFactory());

    /// Attention comes with frameIndex counting the encoded frames.
    Result<StreamOutput> push(const FrameBatch& batch, bool wantAttention);
    /// The clip is over: everything confident is committed.
    Result<StreamOutput> finish();

    /// See engine::StreamingEncoder::requestAttention().
    bool requestAttention(const engine::AttentionRequest& request) { return encoder_->requestAttention(request); }

    /// Of the frames pushed so far, those that were encoded.
    std::int64_t encodedFrames() const { return timeline_.encodedFrames(); }
    /// Features that are final so far, with their times.
    const ClipFeatures& features() const { return features_; }
    ClipFeatures takeFeatures() { return std::move(features_); }

private:
    Result<engine::EncoderOutput> timedPush(const FrameBatch& batch, int count, bool wantAttention, double& seconds);
    Result<void> absorb(const std::vector<engine::FrameFeature>& features, StreamOutput& output);
    void merge(const decode::StabiliserUpdate& update, StreamOutput& output) const;
    CaptionGloss toCaption(const decode::StreamGloss& gloss) const;
    MediaTime frameTime(std::int64_t index) const;
    void forgetOld();

    engine::LoadedModelPtr model_;
    StreamOptions options_;
    std::unique_ptr<engine::StreamingEncoder> encoder_;
    engine::FeatureWindow window_;
    decode::Stabiliser stabiliser_;
    ClipFeatures features_;
    std::size_t keptTimes_;
    std::deque<MediaTime> times_; ///< of the newest frames
    engine::FeatureInterpolator timeline_;
};

} // namespace livegloss::session
