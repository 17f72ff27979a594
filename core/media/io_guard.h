#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace livegloss::media {

/// Ends FFmpeg's blocking calls: on request, or when nothing arrived before a deadline. interrupt() may come from any
/// thread, the rest belongs to the reading thread.
class IoGuard {
    using TimePoint = std::chrono::steady_clock::time_point;

public:
    /// `cancel` may be null; see watch().
    explicit IoGuard(const std::atomic<bool>* cancel) : cancel_(cancel) {}
    IoGuard(const IoGuard&) = delete;
    IoGuard& operator=(const IoGuard&) = delete;

    /// Calls from now on fail once `patience` has passed; zero waits for ever.
    void arm(std::chrono::milliseconds patience) {
        deadline_ = patience.count() > 0 ? std::chrono::steady_clock::now() + patience : never();
    }
    bool expired() const {
        const TimePoint deadline = deadline_;
        return deadline != never() && std::chrono::steady_clock::now() >= deadline;
    }

    /// The flag that cancels as well as interrupt() does; null for none.
    void watch(const std::atomic<bool>* cancel) { cancel_ = cancel; }

    void interrupt() {
        {
            const std::scoped_lock lock(mutex_);
            interrupted_ = true;
        }
        changed_.notify_all();
    }
    bool cancelled() const { return interrupted_ || (cancel_ != nullptr && *cancel_); }

    /// Lets a device that has nothing yet gather its next frame; ends early on interrupt().
    void pause(std::chrono::milliseconds length) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, length, [this] { return interrupted_.load(); });
    }

    /// FFmpeg's interrupt callback; `guard` is an IoGuard. FFmpeg's own threads may call it.
    static int poll(void* guard) {
        const auto* self = static_cast<const IoGuard*>(guard);
        return self->cancelled() || self->expired() ? 1 : 0;
    }

private:
    static constexpr TimePoint never() { return TimePoint::max(); }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::atomic<bool> interrupted_{false};
    const std::atomic<bool>* cancel_;
    std::atomic<TimePoint> deadline_{never()};
};

} // namespace livegloss::media
