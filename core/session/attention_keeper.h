#pragma once

#include "engine/attention.h"
#include "frame_intake.h"
#include "picture_board.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace livegloss::session {

/// The attention of a session's frames: tells the encoder what is wanted, takes what it gives, and computes what is
/// missing for the newest frames apart from it - after a change of the view, and what an encoder cannot or should not
/// do. Without a view it computes nothing, but keeps the newest frames, so that a picture on show can be looked at. The
/// recognition thread's, except setView().
class AttentionKeeper {
public:
    AttentionKeeper(FrameIntake& intake, PictureBoard& board) : intake_(intake), board_(board) {}

    /// Any thread. Colours and normalisation change nothing here: false when nothing else changed.
    bool setView(const std::optional<attention::View>& view);

    void clear();
    void startRun(const RunPtr& run, MediaTime firstTime);
    /// What the encoder is to compute for the next frames of `run`.
    engine::AttentionRequest encoderRequest(const RunPtr& run);
    /// The frames about to be encoded, `firstIndex` that of the first among the encoded ones of its run. `byEncoder`:
    /// it took the request.
    void remember(const std::vector<PreparedFrame>& frames, std::int64_t firstIndex, bool byEncoder);
    void take(const std::vector<engine::AttentionResult>& results);
    void endRun() { runOver_ = true; }
    /// Computes the most wanted picture that is missing. An error, told once: nothing can be shown with this model, and
    /// nothing will be tried again until another view or model.
    Result<void> fillGap();

private:
    struct Slot {
        RunPtr run;
        std::int64_t index = 0;                 ///< among the encoded frames of its run
        std::int64_t frameIndex = unknownFrame; ///< in the source
        MediaTime time{0};
        std::vector<std::uint16_t> pixels;
        int pattern = 1; ///< frames until the next that is encoded
        InputPicturePtr picture;
        bool done = false; ///< for the view in use
    };
    void refreshView(const model::ModelConfig& config);
    void giveUp();
    Slot* neighbour(const Slot& slot, std::int64_t offset);
    Slot* mostWanted();
    bool isComplete(const Slot& slot) const;
    void publish(Slot& slot, const engine::AttentionResult& result);
    static InputPicturePtr pictureOf(Slot& slot);

    FrameIntake& intake_;
    PictureBoard& board_;
    std::mutex mutex_;
    std::optional<attention::View> wanted_; ///< under the mutex
    bool gaveUp_ = false;                   ///< on wanted_, under the mutex

    std::optional<attention::View> view_; ///< in use, fitted to the model
    engine::AttentionRequest request_;
    bool byEncoder_ = false;
    bool runOver_ = true;
    std::deque<Slot> slots_;
    attention::ClipScales scales_;
    engine::LoadedModelPtr passModel_;
    std::unique_ptr<engine::AttentionPass> pass_;
};

} // namespace livegloss::session
