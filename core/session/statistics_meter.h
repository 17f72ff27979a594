#pragma once

#include "base/clock.h"
#include "session/live_session.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace livegloss::session {

/// Events per second over the last two seconds.
class RateMeter {
public:
    void add(Instant now);
    double perSecond(Instant now) const;
    void clear() { events_.clear(); }

private:
    std::deque<Instant> events_;
};

/// Notices frames that a live source lost: a gap in its time stamps of two or more of its usual intervals. The usual
/// interval follows slowly, since cameras change their rate with the light. One thread at a time.
class LossWatch {
public:
    /// Frames lost between the one before and the one at `time`.
    int frame(MediaTime time);
    void clear() { *this = {}; }

private:
    bool any_ = false;
    MediaTime last_{0};
    std::vector<double> firstGaps_; ///< until there are enough to tell the usual one
    double interval_ = 0.0;         ///< microseconds; 0: not known yet
    int steadyGaps_ = 0;            ///< gaps in a row: a slower rate, not a loss
};

/// Tells a passing hitch from a machine that is too slow: overload that goes on for more than a second.
class OverloadWatch {
public:
    void overloaded(Instant now);
    bool goesOn(Instant now) const;
    void clear() { *this = {}; }

private:
    bool any_ = false;
    Instant since_{};
    Instant last_{};
};

/// Counts what happens to frames. What is told of another epoch than the present one - frames of a source or model that
/// is gone, still under way - does not count. Every member may be called from any thread.
class StatisticsMeter {
public:
    explicit StatisticsMeter(std::shared_ptr<const Clock> clock) : clock_(std::move(clock)) {}

    void reset();
    /// The present epoch from now on.
    void follow(std::uint64_t epoch);
    void captured();
    void lostBySource(std::int64_t frames);
    /// `reused` more took the results of the frame before.
    void encoded(std::uint64_t epoch, int computed, int reused);
    void droppedByOverload(std::uint64_t epoch);
    void leftOutByPattern(std::uint64_t epoch);
    /// A file's backlog is full and playback waits for the model.
    void stalledByBacklog(std::uint64_t epoch);
    /// A caption came out that includes a frame captured at `capturedAt`.
    void caption(std::uint64_t epoch, Instant capturedAt);

    /// Everything but backlog, pattern, the model's rate and device.
    Statistics read() const;

private:
    std::shared_ptr<const Clock> clock_;
    mutable std::mutex mutex_;
    std::uint64_t epoch_ = 0;
    Statistics counts_;
    RateMeter source_;
    RateMeter encoder_;
    OverloadWatch overload_;
};

} // namespace livegloss::session
