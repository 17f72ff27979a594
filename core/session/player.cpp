#include "player.h"

#include <algorithm>
#include <exception>
#include <new>
#include <string>
#include <utility>

namespace livegloss::session {

namespace {
/// Of a playing file so much is read once more for a new model: about the frames that may wait for it. Further on, the
/// picture would stand still for too long.
constexpr auto kLongestReadAgain = std::chrono::seconds(60);
} // namespace

Player::Player(SessionParts parts, SessionState& state, PictureBoard& board, FrameIntake& intake,
               StatisticsMeter& statistics)
    : parts_(std::move(parts)),
      state_(state),
      board_(board),
      intake_(intake),
      statistics_(statistics),
      reader_([this](const std::stop_token& stop) { readLoop(stop); }),
      presenter_([this](const std::stop_token& stop) { presentLoop(stop); }) {}

Player::~Player() {
    const std::scoped_lock lock(mutex_);
    reader_.request_stop();
    presenter_.request_stop();
    feeding_.request_stop();
    interruptSource();
    ++version_;
    changed_.notify_all();
}

/// Lets both threads look again. `endsReading`: nobody should wait any longer for room in the backlog.
void Player::wake(bool endsReading) {
    ++version_;
    if (endsReading) {
        feeding_.request_stop();
        feeding_ = std::stop_source();
    }
    changed_.notify_all();
}

/// Ends a read or an attempt to open that is under way; the source is of no further use.
void Player::interruptSource() {
    if (cancelOpening_) {
        *cancelOpening_ = true;
    }
    if (source_) {
        source_->interrupt();
        interrupted_ = true;
    }
}

void Player::open(const media::SourceRequest& request, bool startPaused) {
    const std::scoped_lock lock(mutex_);
    openLocked(request, startPaused);
}

void Player::openLocked(const media::SourceRequest& request, bool startPaused) {
    request_ = request;
    openCommand_ = true;
    closeCommand_ = stopCommand_ = stopping_ = playAfterStop_ = false;
    seekCommand_.reset();
    playing_ = !startPaused;
    interruptSource();
    const std::uint64_t epoch = state_.beginSource(State::Opening);
    board_.clear(epoch);
    intake_.discardAll(epoch);
    statistics_.reset();
    wake(true);
}

void Player::close() {
    const std::scoped_lock lock(mutex_);
    request_.reset();
    closeCommand_ = true;
    openCommand_ = stopCommand_ = stopping_ = playAfterStop_ = false;
    seekCommand_.reset();
    playing_ = false;
    interruptSource();
    const std::uint64_t epoch = state_.beginSource(State::Idle);
    board_.clear(epoch);
    intake_.discardAll(epoch);
    statistics_.reset();
    wake(true);
}

void Player::play() {
    const std::scoped_lock lock(mutex_);
    if (stopping_) {
        playAfterStop_ = true;
    } else {
        playLocked();
    }
}

void Player::playLocked() {
    const State state = state_.state();
    if (!request_ || closeCommand_) {
        return;
    }
    if (state == State::Failed || (state == State::Ended && !(isFile() && info_.seekable))) {
        openLocked(media::SourceRequest(*request_), false);
        return;
    }
    playing_ = true;
    if (state == State::Ended) {
        seekLocked(MediaTime{0}, true);
        state_.setState(State::Playing);
    } else if (state == State::Paused) {
        playback_.anchor(shownTime_, parts_.clock->now());
        state_.setState(State::Playing);
    }
    wake(false);
}

void Player::pause() {
    const std::scoped_lock lock(mutex_);
    playing_ = playAfterStop_ = false;
    if (state_.state() == State::Playing) {
        state_.setState(State::Paused);
    }
    wake(false);
}

void Player::stop() {
    const std::scoped_lock lock(mutex_);
    const State state = state_.state();
    if (state == State::Idle || state == State::Failed || state == State::Ended) {
        return;
    }
    playing_ = playAfterStop_ = false;
    openCommand_ = false;
    seekCommand_.reset();
    stopCommand_ = stopping_ = true;
    if (!isFile() || !info_.seekable) { // what cannot begin anew is opened again by play()
        interruptSource();
    }
    wake(true);
}

void Player::seek(MediaTime time) {
    const std::scoped_lock lock(mutex_);
    if (isFile() && !openCommand_ && !closeCommand_ && !stopping_) {
        seekLocked(time, false);
    }
}

/// A later seek replaces one that was not carried out yet.
void Player::seekLocked(MediaTime target, bool newRound) {
    if (!info_.seekable) {
        return;
    }
    MediaTime last = target;
    if (info_.duration) {
        last = std::max(MediaTime{0}, *info_.duration - framePeriod());
    }
    leaveRecognisingAgain();
    seekCommand_ = {std::clamp(target, MediaTime{0}, std::max(MediaTime{0}, last)), newRound, false};
    if (const State state = state_.state(); state == State::Ended || state == State::Failed) {
        state_.setError(std::nullopt);
        state_.setState(State::Paused);
    }
    wake(true);
}

/// An ended file that is read once more for a new model makes way for another command.
void Player::leaveRecognisingAgain() {
    if (hiddenUntil_ == kNoPicture || (seekCommand_ && seekCommand_->target == kNoPicture)) {
        state_.setOfflineRunning(intake_.epoch(), false);
    }
    hiddenUntil_.reset();
}

void Player::step(int frames) {
    const std::scoped_lock lock(mutex_);
    const State state = state_.state();
    const bool steady = state == State::Playing || state == State::Paused || state == State::Ended;
    if (!isFile() || openCommand_ || closeCommand_ || stopping_ || !steady || frames == 0) {
        return;
    }
    playing_ = false;
    if (state == State::Playing) {
        state_.setState(State::Paused);
    }
    const bool jumps = seekCommand_ && seekCommand_->target != kNoPicture;
    if (frames < 0) {
        seekLocked(frameBefore(jumps ? seekCommand_->target : shownTime_, -frames), false);
    } else if (jumps) {
        seekLocked(seekCommand_->target + framePeriod() * frames, false);
    } else if (state == State::Ended) {
        if (!playedOut_ && !showsLastPicture()) {
            seekLocked(shownTime_ + framePeriod() * frames, false);
        }
    } else {
        stepsForward_ += frames;
        wake(false);
    }
}

void Player::setPlayback(bool loop, double rate, int readAheadFrames) {
    const std::scoped_lock lock(mutex_);
    loop_ = loop;
    wantedReadAhead_ = std::max(0, readAheadFrames);
    playback_.setRate(std::clamp(rate, 0.25, 2.0), parts_.clock->now());
    wake(false);
}

void Player::restartRecognition() {
    const std::scoped_lock lock(mutex_);
    if (!isFile() || !info_.seekable || openCommand_ || closeCommand_ || stopping_) {
        return;
    }
    const State state = state_.state();
    if (state == State::Ended || state == State::Failed) { // a file that broke has its part up to there
        seekCommand_ = {kNoPicture, false, true};
        state_.setOfflineRunning(intake_.epoch(), true);
    } else if (state == State::Playing || state == State::Paused) {
        const MediaTime target = seekCommand_ ? seekCommand_->target : shownTime_;
        seekCommand_ = {target, false, target <= kLongestReadAgain};
    } else {
        return;
    }
    if (seekCommand_->wholeClip) {
        statistics_.reset(); // its frames are counted from the beginning as well
    }
    wake(true);
}

MediaTime Player::framePeriod() const {
    return fromSeconds(info_.fps > 0.0 ? 1.0 / info_.fps : 0.04);
}

bool Player::showsLastPicture() const {
    return info_.duration && shownTime_ + framePeriod() * 3 / 2 > *info_.duration;
}

/// Time of the picture `frames` before the one at `position`: as it was shown, else by the nominal rate.
MediaTime Player::frameBefore(MediaTime position, int frames) const {
    const auto here = std::lower_bound(shownTimes_.begin(), shownTimes_.end(), position);
    const auto known = std::distance(shownTimes_.begin(), here);
    if (known >= frames) {
        return *(here - frames);
    }
    return position - framePeriod() * frames;
}

void Player::guarded(Lock& lock, const std::function<void()>& work) {
    std::optional<Error> error;
    try {
        work();
    } catch (const std::bad_alloc&) {
        error = {ErrorCode::OutOfMemory, "there is not enough memory for this picture", {}};
    } catch (const std::exception& problem) {
        error = {ErrorCode::Internal, std::string("playing stopped: ") + problem.what(), {}};
    }
    if (error) {
        if (!lock.owns_lock()) {
            lock.lock();
        }
        queue_.clear();
        stopCommand_ = stopping_ = playAfterStop_ = false;
        end(State::Failed, std::move(error));
    }
}

/// Nothing more will be shown: says so, and asks for the offline pass.
void Player::end(State state, std::optional<Error> error) {
    playing_ = false;
    finished_ = true;
    hiddenUntil_.reset();
    // Who sees the end must see that the offline pass is still to come.
    const std::uint64_t epoch = intake_.epoch();
    state_.setOfflineRunning(epoch, true);
    if (!intake_.requestOffline(epoch)) {
        state_.setOfflineRunning(epoch, false);
    }
    state_.setError(std::move(error));
    state_.setState(state);
}

} // namespace livegloss::session
