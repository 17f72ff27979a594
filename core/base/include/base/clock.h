#pragma once

#include <chrono>
#include <mutex>

namespace livegloss {

/// Position in a clip or stream, counted from its first frame.
using MediaTime = std::chrono::microseconds;
/// A moment on this machine's monotonic clock.
using Instant = std::chrono::steady_clock::time_point;

inline double toSeconds(MediaTime time) {
    return std::chrono::duration<double>(time).count();
}
inline MediaTime fromSeconds(double seconds) {
    return std::chrono::round<MediaTime>(std::chrono::duration<double>(seconds));
}

/// The source of "now". Injected, so that tests decide how time passes. Implementations are thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;
};

/// The machine's own monotonic clock.
class SteadyClock final : public Clock {
public:
    Instant now() const override { return std::chrono::steady_clock::now(); }
};

/// A clock that moves only when told to.
class ManualClock final : public Clock {
public:
    Instant now() const override {
        const std::scoped_lock lock(mutex_);
        return now_;
    }
    void advance(std::chrono::nanoseconds step) {
        const std::scoped_lock lock(mutex_);
        now_ += std::chrono::duration_cast<Instant::duration>(step);
    }

private:
    mutable std::mutex mutex_;
    Instant now_{};
};

} // namespace livegloss
