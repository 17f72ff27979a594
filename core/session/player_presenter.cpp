#include "player.h"

#include <algorithm>
#include <utility>

namespace livegloss::session {

namespace {
/// A frame that comes later than this moves the playback clock: the source or the backlog is slower than the rate.
constexpr auto kLate = std::chrono::milliseconds(100);
/// Longest sleep before the injected clock is asked again.
constexpr auto kNap = std::chrono::milliseconds(50);
constexpr std::size_t kShownTimes = 512;
} // namespace

void Player::presentLoop(const std::stop_token& stop) {
    Lock lock(mutex_);
    while (changed_.wait(lock, stop, [&] { return canPresent(); }) && !stop.stop_requested()) {
        guarded(lock, [&] {
            if (queue_.empty()) {
                presentEnd(lock, stop);
            } else {
                presentFrame(lock, stop);
            }
        });
    }
}

bool Player::canPresent() const {
    if (!isFile() || hasCommand() || finished_) {
        return false;
    }
    // The end on show asks for the offline pass, which must find the last frame recognised.
    return queue_.empty() ? atEnd_ && playing_ && !feedingEnd_ : playing_ || showNext_ || stepsForward_ > 0;
}

/// Returns early when a command comes; the caller looks at everything anew.
void Player::waitUntil(Instant moment, Lock& lock, const std::stop_token& stop) {
    const auto left = moment - parts_.clock->now();
    if (left <= Instant::duration::zero()) {
        return;
    }
    const std::uint64_t seen = version_;
    changed_.wait_for(lock, stop, std::min<Instant::duration>(left, kNap), [&] { return version_ != seen; });
}

void Player::presentFrame(Lock& lock, const std::stop_token& stop) {
    const FramePtr frame = queue_.front();
    const Instant now = parts_.clock->now();
    if (playing_ && !showNext_) {
        const Instant due = playback_.due(frame->time);
        if (due > now) {
            waitUntil(due, lock, stop);
            return;
        }
        if (now - due > kLate) {
            playback_.anchor(frame->time, now);
        }
    } else {
        playback_.anchor(frame->time, now);
    }
    queue_.pop_front();
    if (!showNext_ && stepsForward_ > 0) {
        --stepsForward_;
    }
    showNext_ = false;
    shownTime_ = frame->time;
    shownTimes_.push_back(frame->time);
    if (shownTimes_.size() > kShownTimes) {
        shownTimes_.pop_front();
    }
    board_.show(frame, frame->time);
    changed_.notify_all();
    if (readAhead_ == 0) {
        const std::stop_token feeding = feeding_.get_token();
        lock.unlock();
        intake_.offer(frame, feeding);
        lock.lock();
    }
}

void Player::presentEnd(Lock& lock, const std::stop_token& stop) {
    if (!endFed_) {
        endFed_ = true;
        const std::stop_token feeding = feeding_.get_token();
        const bool whole = !endError_;
        lock.unlock();
        intake_.endRun(whole, feeding);
        lock.lock();
        return;
    }
    const Instant lastEnds = playback_.due(shownTime_ + framePeriod());
    if (!shownTimes_.empty() && lastEnds > parts_.clock->now()) {
        waitUntil(lastEnds, lock, stop);
        return;
    }
    if (endError_) {
        end(State::Failed, std::move(endError_));
        endError_.reset();
    } else if (loop_ && info_.seekable && !shownTimes_.empty()) {
        seekLocked(MediaTime{0}, true);
    } else {
        playedOut_ = true;
        end(State::Ended, std::nullopt);
    }
}

} // namespace livegloss::session
