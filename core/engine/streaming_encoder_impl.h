#pragma once

#include "device_blocks.h"
#include "engine/streaming_encoder.h"
#include "frame_workers.h"
#include "requested_attention.h"

#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace livegloss::engine {

/// What one frame leaves behind for its neighbours and itself.
struct EncodedFrame {
    torch::Tensor patches;                           ///< [P, D], normalised for the cross-frame step
    torch::Tensor normedClass;                       ///< [D], the same of the class token
    torch::Tensor classRow;                          ///< [D], as the blocks left it
    torch::Tensor query;                             ///< [D]
    std::int64_t index = 0;                          ///< as pushed
    std::optional<AttentionResult> attention;        ///< its spatial maps, while they wait for the cross-frame weights
    std::shared_ptr<const AttentionRequest> request; ///< that they answer
};

class TorchStreamingEncoder final : public StreamingEncoder {
public:
    TorchStreamingEncoder(LoadedModelPtr model, EncoderOptions options);

    Result<EncoderOutput> push(std::span<const float> frames, int count, bool wantAttention) override;
    Result<EncoderOutput> finish() override;
    void reset() override;
    bool requestAttention(const AttentionRequest& request) override;

    /// Collects intermediate results of every later push(), each name once per piece, in the order of frames.
    void setTrace(model::ForwardTrace* trace) { trace_ = trace; }

private:
    using EncodedFramePtr = std::shared_ptr<const EncodedFrame>;

    void encode(const torch::Tensor& images, bool wantAttention, EncoderOutput& output);
    std::vector<bool> likeTheLastComputed(const torch::Tensor& images, bool wantAttention);
    void takeComputed(WatchedFrames& share, std::int64_t row, bool wantAttention, EncoderOutput& output);
    void repeatLast(bool wantAttention, EncoderOutput& output);
    void place(EncodedFrame frame, std::optional<AttentionResult> attention, EncoderOutput& output);
    std::vector<WatchedFrames> runBlocks(const torch::Tensor& images, bool wantAttention, EncoderOutput& output);
    std::optional<BlockOutput> runOnDevice(const torch::Tensor& images, bool wantAttention, EncoderOutput& output);
    WatchedFrames runShare(BlockRunner& runner, const torch::Tensor& images, bool wantAttention) const;
    void appendFrame(EncodedFramePtr frame);
    AttentionResult withCrossFrame(const std::vector<EncodedFramePtr>& around) const;
    SpatialAttention attentionOf(const torch::Tensor& classAttention, std::int64_t frameIndex) const;
    void giveOutFinal(std::int64_t pastLast, EncoderOutput& output);
    std::vector<EncodedFramePtr> neighbours(std::int64_t index) const;
    torch::Tensor classRowWithNeighbours(const std::vector<EncodedFramePtr>& around);

    LoadedModelPtr model_;
    const TorchModel& network_;
    EncoderOptions options_;
    int reach_; ///< frames to either side that the cross-frame step looks at
    int ahead_; ///< later frames of these that it does look at
    FrameWorkers workers_;
    std::vector<BlockRunner> runners_;     ///< one per worker
    std::unique_ptr<DeviceBlocks> device_; ///< null: none, or it failed
    model::ForwardTrace* trace_ = nullptr;
    std::shared_ptr<const AttentionRequest> request_; ///< null: nothing

    // Positions count frames with the padding: position 0 is the first copy.
    std::deque<EncodedFramePtr> recent_; ///< the frames at positions first_ .. first_ + size - 1
    std::int64_t first_ = 0;
    std::int64_t nextOut_ = 0;  ///< position of the next feature to give out
    std::int64_t received_ = 0; ///< frames pushed
    bool finished_ = false;
    // With EncoderOptions::reuseUpTo: what the newest computed frame looked like and gave.
    std::vector<float> lastPicture_;
    std::optional<EncodedFrame> lastComputed_; ///< without attention
    std::optional<SpatialAttention> lastShown_;
    std::optional<AttentionResult> lastResult_; ///< of lastRequest_
    std::shared_ptr<const AttentionRequest> lastRequest_;
    std::vector<EncodedFramePtr> lastAround_; ///< neighbourhood of the last feature given out
    std::vector<float> lastValues_;           ///< and its values: copies of a frame repeat them
};

} // namespace livegloss::engine
