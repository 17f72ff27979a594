#pragma once

#include "attention_keeper.h"
#include "caption_history.h"
#include "feature_store.h"
#include "frame_intake.h"
#include "picture_board.h"
#include "session/offline_marks.h"
#include "session_state.h"
#include "statistics_meter.h"
#include "vision/heat_map.h"

#include <atomic>
#include <deque>
#include <optional>
#include <thread>
#include <vector>

namespace livegloss::session {

/// The recognition thread: takes what the intake holds, runs the network, and publishes captions, attention maps and
/// the offline pass. Ends with its destructor, at the latest after the network call in hand.
class RecognitionWorker {
public:
    RecognitionWorker(FrameIntake& intake, SessionState& state, PictureBoard& board, StatisticsMeter& statistics,
                      const SessionParts& parts);
    ~RecognitionWorker();
    RecognitionWorker(const RecognitionWorker&) = delete;
    RecognitionWorker& operator=(const RecognitionWorker&) = delete;

    void setAttentionWanted(bool wanted) { attentionWanted_ = wanted; }
    /// See SessionSettings::view.
    void setView(const std::optional<attention::View>& view) {
        if (attention_.setView(view)) {
            state_.attentionWanted();
        }
    }

private:
    void work(const std::stop_token& stop);
    void recognise(std::vector<PreparedFrame> frames);
    void encode(const std::vector<PreparedFrame>& pictures, const FrameBatch& batch);
    void endRun(const EndOfRun& end);
    void offlinePass(const OfflinePass& pass, const std::stop_token& stop);
    bool seenFromStart(const std::vector<TimeSpan>& seen) const;

    void startRun(const RunPtr& run, MediaTime firstTime);
    bool requestAttention();
    void giveUpRun();
    void forget();
    void keepFeatures(bool complete);
    void showAttention(const std::vector<engine::SpatialAttention>& attention, std::int64_t firstIndex,
                       const std::vector<PreparedFrame>& frames);
    void takeCaptions(const StreamOutput& output);
    void publishCaptions();
    void fail(Error error);

    FrameIntake& intake_;
    SessionState& state_;
    PictureBoard& board_;
    StatisticsMeter& statistics_;
    std::shared_ptr<const Clock> clock_;
    EncoderFactory makeEncoder_;
    const int liveFeatureRows_;
    const bool givesWay_;
    std::atomic<bool> attentionWanted_{true};
    AttentionKeeper attention_;

    // The thread's own.
    RunPtr run_;                                 ///< under way
    RunPtr lastRun_;                             ///< the newest there was
    std::optional<StreamRecogniser> recogniser_; ///< none after the run failed
    std::uint64_t epoch_ = 0;
    CaptionHistory history_;
    FeatureStore store_;
    vision::ClipRange attentionRange_;
    MediaTime newestTime_{0};
    bool notSure_ = false;
    std::vector<float> input_;
    std::deque<Instant> awaited_; ///< captures of the newest frames, whose features wait for those after them

    std::jthread thread_; ///< last: it uses everything above
};

} // namespace livegloss::session
