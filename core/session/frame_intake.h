#pragma once

#include "media/rate_resampler.h"
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
    std::vector<std::uint16_t> pixels; ///< planes [3, R, R], fixed point: see packInput()
    MediaTime time{0};                 ///< on the session's own axis
    Instant capturedAt{};
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
/// sources: at most four wait, the oldest is dropped and counted. Files: nothing is dropped; past `maxBacklogBytes` the
/// caller waits.
class FrameIntake {
public:
    static constexpr std::size_t kLiveQueue = 4;
    static constexpr std::size_t kBatch = 4;

    FrameIntake(StatisticsMeter& statistics, std::size_t maxBacklogBytes)
        : statistics_(statistics), maxBacklogBytes_(maxBacklogBytes) {}

    // Controlling and reading side.
    void setModel(engine::LoadedModelPtr model, std::uint64_t epoch);
    void setSettings(const SessionSettings& settings);
    /// Frames offered from now on belong to a new run. `discardWaiting`: what still waits is not recognised any more.
    void beginRun(const RunStart& start, bool discardWaiting);
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

    std::int64_t backlog() const;

private:
    using Entry = std::variant<PreparedFrame, EndOfRun, OfflinePass, Forget>;
    bool enqueue(PreparedFrame frame, const std::stop_token& stop);
    bool enqueueSlots(const std::vector<FramePtr>& slots, const RunPtr& run, const std::stop_token& stop);
    void dropOldestFrame();
    void discardFrames();
    void discardEverything();

    StatisticsMeter& statistics_;
    const std::size_t maxBacklogBytes_;

    // The feeding side's own state: one feeder at a time.
    std::mutex feedMutex_;
    std::weak_ptr<const Run> fedRun_;
    std::optional<media::RateResampler> resampler_;

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Entry> entries_;
    std::size_t frames_ = 0;
    std::size_t bytes_ = 0;
    engine::LoadedModelPtr model_;
    SessionSettings settings_;
    RunPtr run_;
    std::uint64_t epoch_ = 0;
    bool attentionGap_ = false;
    std::atomic<std::uint64_t> ticket_{0}; ///< changes whenever waiting work is given up
};

} // namespace livegloss::session
