#pragma once

#include "media/rate_resampler.h"
#include "session/frame_pattern.h"
#include "session/live_session.h"
#include "statistics_meter.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <variant>
#include <vector>

namespace livegloss::session {

/// Where and how a run of recognition starts.
struct RunStart {
    bool live = false;
    bool fromClipStart = true; ///< the run sees the clip from its first frame
    bool newRound = false;     ///< the clip plays again from its beginning
    MediaTime offset{0};       ///< added to the times of the run's frames (a live source that came back)
};

/// One clip as the encoder sees it: frames without a jump, one model, one set of settings.
struct Run : RunStart {
    std::uint64_t epoch = 0;
    engine::LoadedModelPtr model;
    SessionSettings settings;
};
using RunPtr = std::shared_ptr<const Run>;

/// A frame at the model's rate and size, waiting for the encoder.
struct PreparedFrame {
    RunPtr run;
    std::vector<std::uint16_t> pixels; ///< planes [3, R, R], fixed point: see packInput(); empty: leftOut()
    MediaTime time{0};                 ///< on the session's own axis
    Instant capturedAt{};
    int pattern = 1;                   ///< in force when it came: the next frame to encode is so many frames later
    std::int64_t index = unknownFrame; ///< in the source

    /// Its place in time counts, its picture is not encoded: by the pattern, or dropped.
    bool leftOut() const { return pixels.empty(); }
};
struct EndOfRun {
    RunPtr run;
    bool complete = false; ///< the source's last frame was in
};
struct OfflinePass {
    std::uint64_t epoch = 0;
    std::uint64_t ticket = 0; ///< see FrameIntake::stillWanted()
};
/// Nothing waits, and attention is missing for pictures that were recognised already.
struct AttentionGap {};
/// Another source or model, or none: what is kept of the one before is of no more use.
struct Forget {};
/// What the recognition thread does next; frames come several at once when they wait.
using Task = std::variant<std::vector<PreparedFrame>, EndOfRun, OfflinePass, Forget, AttentionGap>;

/// -1..1 <-> 16 bits: half the memory of floats, with an error below 2e-5.
std::vector<std::uint16_t> packInput(const std::vector<float>& values);
void unpackInput(const std::vector<std::uint16_t>& packed, float* values);

/// Takes frames from the reading side, resamples and prepares them, and keeps them for the recognition thread. Live
/// sources: on a machine that is too slow for every frame, only every second or third is meant to be encoded (see
/// PatternChooser); at most four wait for that, then the oldest is dropped and counted. Both leave their place in time
/// behind. Files: all frames unless the settings name a pattern, and nothing is dropped; past `maxBacklogBytes` the
/// caller waits.
class FrameIntake {
public:
    static constexpr std::size_t kLiveQueue = 4;
    static constexpr std::size_t kBatch = 4;
    /// Places of frames left out that wait: a longer gap is not bridged.
    static constexpr std::size_t kMostLeftOut = 32;

    FrameIntake(StatisticsMeter& statistics, std::size_t maxBacklogBytes)
        : statistics_(statistics), maxBacklogBytes_(maxBacklogBytes) {}

    // Controlling and reading side.
    void setModel(engine::LoadedModelPtr model, std::uint64_t epoch);
    void setSettings(const SessionSettings& settings);
    /// Frames offered from now on belong to a new run. What still waits is recognised before it; after a jump, of runs
    /// that did not come to their end only what lies before `dropFrom`.
    void beginRun(const RunStart& start, std::optional<MediaTime> dropFrom = std::nullopt);
    /// False when `stop` ended a wait for room; the frame is then lost.
    bool offer(const FramePtr& frame, std::stop_token stop);
    void endRun(bool complete, std::stop_token stop);
    /// Asks for the offline pass over what was recognised so far. False when there is no model.
    bool requestOffline(std::uint64_t epoch);
    /// A new source or none: gives up everything that waits or runs.
    void discardAll(std::uint64_t epoch);
    /// That of the newest source and model; what is offered now belongs to it.
    std::uint64_t epoch() const;

    /// Asks for an AttentionGap as soon as nothing else waits. Any thread.
    void reportAttentionGap();

    // Recognition side.
    /// The next task; nothing once `stop` is requested.
    std::optional<Task> take(std::stop_token stop);
    bool stillWanted(std::uint64_t ticket) const { return ticket_.load() == ticket; }
    /// What the frames of `run` took; decides on the pattern of live sources.
    void recognised(const Run& run, const RecognitionCost& cost, Instant now);

    /// Frames that wait to be encoded.
    std::int64_t backlog() const;
    /// That of the present run.
    FramePattern pattern() const;
    /// 0 without a model.
    double modelFps() const;

private:
    using Entry = std::variant<PreparedFrame, EndOfRun, OfflinePass, Forget>;
    bool enqueue(PreparedFrame frame, const std::stop_token& stop);
    bool enqueueSlots(const std::vector<FramePtr>& slots, const RunPtr& run, const std::stop_token& stop);
    FramePattern patternOf(const Run& run) const;
    void dropOldestFrame();
    void forgetOldGaps();
    void dropFrames(MediaTime from);
    void countOut(const PreparedFrame& frame);
    void discardEverything();

    StatisticsMeter& statistics_;
    const std::size_t maxBacklogBytes_;

    // The feeding side's own state: one feeder at a time.
    std::mutex feedMutex_;
    std::weak_ptr<const Run> fedRun_;
    std::optional<media::RateResampler> resampler_;
    PatternWalk walk_; ///< through the fed run

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Entry> entries_;
    std::size_t frames_ = 0;
    std::size_t bytes_ = 0;
    engine::LoadedModelPtr model_;
    SessionSettings settings_;
    std::optional<PatternChooser> chooser_; ///< of the model
    RunPtr run_;
    std::uint64_t epoch_ = 0;
    bool attentionGap_ = false;
    std::atomic<std::uint64_t> ticket_{0}; ///< changes whenever waiting work is given up
};

} // namespace livegloss::session
