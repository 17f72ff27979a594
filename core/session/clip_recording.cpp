#include "session/clip_recording.h"

#include <cstddef>
#include <utility>

namespace livegloss::session {
namespace {

class RecordingEncoder final : public engine::StreamingEncoder {
public:
    RecordingEncoder(std::unique_ptr<engine::StreamingEncoder> encoder, std::shared_ptr<ClipRecording> recording)
        : encoder_(std::move(encoder)), recording_(std::move(recording)) {}

    Result<engine::EncoderOutput> push(std::span<const float> frames, int count, bool wantAttention) override {
        auto output = encoder_->push(frames, count, wantAttention);
        if (output) {
            recording_->batches.back().features = output->features;
        }
        return output;
    }
    Result<engine::EncoderOutput> finish() override {
        auto output = encoder_->finish();
        if (output) {
            recording_->last = output->features;
        }
        return output;
    }
    void reset() override {
        encoder_->reset();
        *recording_ = {};
    }

private:
    std::unique_ptr<engine::StreamingEncoder> encoder_;
    std::shared_ptr<ClipRecording> recording_;
};

class ReplayEncoder final : public engine::StreamingEncoder {
public:
    explicit ReplayEncoder(const ClipRecording& recording) : recording_(recording) {}

    Result<engine::EncoderOutput> push(std::span<const float>, int, bool) override {
        if (next_ >= recording_.batches.size()) {
            return failure(ErrorCode::Internal, "more was replayed than was recorded");
        }
        return engine::EncoderOutput{recording_.batches[next_++].features, {}, {}, {}, 0};
    }
    Result<engine::EncoderOutput> finish() override { return engine::EncoderOutput{recording_.last, {}, {}, {}, 0}; }
    void reset() override { next_ = 0; }

private:
    const ClipRecording& recording_;
    std::size_t next_ = 0;
};

} // namespace

EncoderFactory recordingEncoderFactory(std::shared_ptr<ClipRecording> recording) {
    return [recording](engine::LoadedModelPtr model,
                       const engine::EncoderOptions& encoding) -> std::unique_ptr<engine::StreamingEncoder> {
        return std::make_unique<RecordingEncoder>(engine::makeStreamingEncoder(std::move(model), encoding), recording);
    };
}

EncoderFactory replayEncoderFactory(const ClipRecording& recording) {
    return [&recording](const engine::LoadedModelPtr&,
                        const engine::EncoderOptions&) -> std::unique_ptr<engine::StreamingEncoder> {
        return std::make_unique<ReplayEncoder>(recording);
    };
}

} // namespace livegloss::session
