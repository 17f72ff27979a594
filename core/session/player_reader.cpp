#include "player.h"

#include <algorithm>
#include <utility>

namespace livegloss::session {

namespace {

/// Between two attempts to get a lost camera or stream back.
constexpr auto kRetry = std::chrono::milliseconds(500);

} // namespace

void Player::readLoop(const std::stop_token& stop) {
    Lock lock(mutex_);
    while (!stop.stop_requested()) {
        guarded(lock, [&] {
            if (hasCommand()) {
                handleCommand(lock, stop);
            } else if (canRead()) {
                readFrame(lock, stop);
            } else {
                changed_.wait(lock, stop, [&] { return hasCommand() || canRead(); });
            }
        });
    }
    releaseSource(lock);
}

bool Player::canRead() const {
    if (!source_ || atEnd_ || finished_) {
        return false;
    }
    return info_.live || queue_.size() < static_cast<std::size_t>(std::max(2, readAhead_));
}

void Player::handleCommand(Lock& lock, const std::stop_token& stop) {
    if (closeCommand_) {
        closeCommand_ = false;
        releaseSource(lock);
    } else if (openCommand_) {
        openNow(lock, stop);
    } else if (stopCommand_) {
        stopNow(lock);
    } else {
        seekNow(lock);
    }
}

/// Gives the source back; that may take a moment, so the lock is open meanwhile.
void Player::releaseSource(Lock& lock) {
    SourcePtr source = std::move(source_);
    source_.reset();
    interrupted_ = false;
    queue_.clear();
    lock.unlock();
    source.reset();
    lock.lock();
}

void Player::openNow(Lock& lock, const std::stop_token& stop) {
    openCommand_ = false;
    releaseSource(lock);
    if (hasCommand() || stop.stop_requested()) {
        return;
    }
    offset_ = MediaTime{0};
    finished_ = false;
    auto source = openSource(lock);
    if (hasCommand() || stop.stop_requested()) {
        return;
    }
    if (!source) {
        playing_ = false;
        state_.setError(std::move(source.error()));
        state_.setState(State::Failed);
        return;
    }
    adopt(std::move(*source));
}

/// The lock is open while the attempt goes on; a command ends it.
Result<Player::SourcePtr> Player::openSource(Lock& lock) {
    const auto cancel = std::make_shared<std::atomic<bool>>(false);
    cancelOpening_ = cancel;
    const media::SourceRequest request = *request_;
    lock.unlock();
    auto source = parts_.openSource(request, *parts_.clock, cancel.get());
    lock.lock();
    cancelOpening_.reset();
    if (!source) {
        return tl::unexpected(std::move(source.error()));
    }
    return SourcePtr(std::move(*source));
}

/// A source that was just opened, or a lost camera or stream that is back; what was recognised before it goes on.
void Player::adopt(SourcePtr source) {
    source_ = std::move(source);
    interrupted_ = false;
    info_ = source_->info();
    state_.setSource(info_);
    state_.setError(std::nullopt);
    state_.setState(playing_ ? State::Playing : State::Paused);
    queue_.clear();
    shownTimes_.clear();
    shownTime_ = offset_;
    atEnd_ = endFed_ = feedingEnd_ = finished_ = playedOut_ = false;
    showNext_ = true;
    stepsForward_ = 0;
    losses_.clear();
    countedLosses_ = 0;
    hiddenUntil_.reset();
    readAhead_ = wantedReadAhead_;
    feedingLive_ = false;
    endError_.reset();
    if (!info_.live) {
        intake_.beginRun({});
    }
    changed_.notify_all();
}

void Player::stopNow(Lock& lock) {
    stopCommand_ = false;
    queue_.clear();
    atEnd_ = finished_ = true;
    const std::stop_token feeding = feeding_.get_token();
    if (!isFile() || interrupted_) {
        releaseSource(lock);
    }
    lock.unlock();
    intake_.endRun(false, feeding);
    lock.lock();
    if (hasCommand()) {
        return;
    }
    stopping_ = false;
    end(State::Ended, std::nullopt);
    if (std::exchange(playAfterStop_, false)) {
        playLocked();
    }
}

void Player::seekNow(Lock& lock) {
    const SeekCommand command = *seekCommand_;
    const MediaTime target = command.wholeClip ? MediaTime{0} : command.target;
    // What was watched and will not come again still waits for the network; what was only read ahead does not.
    const MediaTime dropFrom = std::min(target, shownTime_ + MediaTime{1});
    seekCommand_.reset();
    if (!isFile()) {
        return;
    }
    queue_.clear();
    atEnd_ = endFed_ = feedingEnd_ = finished_ = false;
    playedOut_ = playedOut_ && command.target == kNoPicture;
    endError_.reset();
    hiddenUntil_ = command.wholeClip ? std::optional(command.target) : std::nullopt;
    showNext_ = command.target != kNoPicture;
    stepsForward_ = 0;
    if (command.target != kNoPicture) {
        forgetShownTimes(command.target);
        shownTime_ = command.target;
    }
    const SourcePtr source = source_;
    lock.unlock();
    auto done = source->seek(target);
    const media::SourceLosses onTheWay = source->losses();
    lock.lock();
    countedLosses_ = onTheWay.frames;
    if (openCommand_ || closeCommand_ || stopCommand_) {
        return;
    }
    if (!done) {
        end(State::Failed, std::move(done.error()));
        return;
    }
    intake_.beginRun(
        {.live = false, .fromClipStart = target == MediaTime{0}, .newRound = command.newRound, .offset = {}},
        command.newRound ? std::nullopt : std::optional(dropFrom));
}

/// Before a jump to `target`: what remains are pictures that were on show right before it.
void Player::forgetShownTimes(MediaTime target) {
    if (!shownTimes_.empty() && target > shownTimes_.back() + framePeriod()) {
        shownTimes_.clear();
    }
    while (!shownTimes_.empty() && shownTimes_.back() >= target) {
        shownTimes_.pop_back();
    }
}

void Player::readFrame(Lock& lock, const std::stop_token& stop) {
    const SourcePtr source = source_;
    lock.unlock();
    auto read = source->read();
    const media::SourceLosses losses = source->losses();
    lock.lock();
    if (hasCommand() || stop.stop_requested()) {
        return; // the command makes this frame or error pointless
    }
    if (!info_.live) {
        countLosses(losses);
    }
    if (!read) {
        const bool comesBack =
            request_->kind == media::SourceKind::Camera || request_->kind == media::SourceKind::Stream;
        if (info_.live && comesBack) {
            reconnect(std::move(read.error()), lock, stop);
        } else {
            sourceEnded(lock, std::move(read.error()));
        }
    } else if (!*read) {
        sourceEnded(lock, std::nullopt);
    } else if (info_.live) {
        takeLiveFrame(std::move(**read), losses, lock);
    } else {
        takeFileFrame(std::move(**read), lock);
    }
}

void Player::countLosses(const media::SourceLosses& losses) {
    if (losses.frames > countedLosses_) {
        statistics_.lostBySource(losses.frames - countedLosses_);
        countedLosses_ = losses.frames;
    }
    if (losses.endsAt) {
        state_.setEndsEarly(*losses.endsAt);
    }
}

void Player::takeFileFrame(FramePtr frame, Lock& lock) {
    statistics_.captured();
    const bool hidden = hiddenUntil_ && frame->time < *hiddenUntil_ - framePeriod() / 2;
    if (!hidden) {
        queue_.push_back(frame);
        changed_.notify_all();
    }
    if (hidden || readAhead_ > 0) {
        const std::stop_token feeding = feeding_.get_token();
        lock.unlock();
        intake_.offer(frame, feeding);
        lock.lock();
    }
}

/// Shows the frame and passes it on. Paused, frames are read and let go: the device goes on, and so must its queue.
void Player::takeLiveFrame(FramePtr frame, const media::SourceLosses& losses, Lock& lock) {
    statistics_.captured();
    // A picture that could not be decoded leaves a gap as well: it counts once.
    const std::int64_t damaged = losses.frames - std::exchange(countedLosses_, losses.frames);
    if (const std::int64_t lost = std::max<std::int64_t>(losses_.frame(frame->time), damaged); lost > 0) {
        statistics_.lostBySource(lost);
    }
    const MediaTime position = frame->time + offset_;
    if (playing_ || showNext_) {
        showNext_ = false;
        shownTime_ = position;
        board_.show(frame, position, true);
    }
    const bool starts = playing_ && !feedingLive_;
    const bool ends = !playing_ && feedingLive_;
    if (starts) {
        intake_.beginRun({.live = true, .fromClipStart = true, .newRound = false, .offset = offset_});
    }
    feedingLive_ = playing_;
    const std::stop_token feeding = feeding_.get_token();
    lock.unlock();
    if (ends) {
        intake_.endRun(false, feeding);
    } else if (feedingLive_) {
        intake_.offer(frame, feeding);
    }
    lock.lock();
}

/// After the last frame, or where the source cannot be read any further. Files go on until all is shown.
void Player::sourceEnded(Lock& lock, std::optional<Error> error) {
    atEnd_ = true;
    if (!info_.live) {
        endError_ = std::move(error);
        endFed_ = readAhead_ > 0 || hiddenUntil_ == kNoPicture;
        changed_.notify_all();
        if (!endFed_) {
            return; // the presenting thread feeds, and so ends the run
        }
    }
    const std::stop_token feeding = feeding_.get_token();
    const bool live = info_.live;
    const bool whole = !live && !endError_;
    feedingEnd_ = true;
    lock.unlock();
    intake_.endRun(whole, feeding);
    lock.lock();
    feedingEnd_ = false;
    changed_.notify_all();
    if (hiddenUntil_ == kNoPicture && !hasCommand()) {
        std::optional<Error> broken = std::exchange(endError_, std::nullopt);
        end(broken ? State::Failed : State::Ended, std::move(broken));
    } else if (live && !hasCommand()) {
        releaseSource(lock);
        if (!hasCommand()) {
            end(error ? State::Failed : State::Ended, std::move(error));
        }
    }
}

/// Waits for a lost camera or stream until it is back or a command comes.
void Player::reconnect(Error error, Lock& lock, const std::stop_token& stop) {
    const Instant lostAt = parts_.clock->now();
    state_.setState(State::Opening);
    state_.setError(std::move(error));
    const std::stop_token feeding = feeding_.get_token();
    lock.unlock();
    intake_.endRun(false, feeding);
    lock.lock();
    releaseSource(lock);
    while (!stop.stop_requested() && !hasCommand()) {
        changed_.wait_for(lock, stop, kRetry, [&] { return hasCommand(); });
        if (stop.stop_requested() || hasCommand()) {
            return;
        }
        auto source = openSource(lock);
        if (stop.stop_requested() || hasCommand()) {
            return;
        }
        if (source) {
            const auto gone = std::chrono::duration_cast<MediaTime>(parts_.clock->now() - lostAt);
            offset_ = shownTime_ + std::max(gone, framePeriod());
            adopt(std::move(*source));
            return;
        }
        state_.setError(std::move(source.error()));
    }
}

} // namespace livegloss::session
