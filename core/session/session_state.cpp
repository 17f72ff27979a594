#include "session_state.h"

#include <utility>

namespace livegloss::session {

namespace {
CaptionList emptyList() {
    static const CaptionList list = std::make_shared<const std::vector<CaptionGloss>>();
    return list;
}
} // namespace

SessionState::SessionState() {
    clearLists();
}

void SessionState::clearLists() {
    snapshot_.committed = emptyList();
    snapshot_.provisional = emptyList();
    snapshot_.offline = nullptr;
    snapshot_.offlineRunning = false;
    snapshot_.notSure = false;
    ++snapshot_.captionRevision;
}

std::uint64_t SessionState::beginSource(State state) {
    const std::scoped_lock lock(mutex_);
    clearLists();
    snapshot_.state = state;
    snapshot_.error.reset();
    snapshot_.source = {};
    return ++epoch_;
}

std::uint64_t SessionState::beginModel(engine::ComputeDevice device) {
    const std::scoped_lock lock(mutex_);
    snapshot_.statistics.device = std::move(device);
    snapshot_.deviceFailure.reset();
    clearLists();
    if (snapshot_.state != State::Failed && snapshot_.state != State::Opening) {
        snapshot_.error.reset(); // one of the former model, if any
    }
    return ++epoch_;
}

std::uint64_t SessionState::epoch() const {
    const std::scoped_lock lock(mutex_);
    return epoch_;
}

void SessionState::setState(State state) {
    const std::scoped_lock lock(mutex_);
    snapshot_.state = state;
}

State SessionState::state() const {
    const std::scoped_lock lock(mutex_);
    return snapshot_.state;
}

void SessionState::setSource(const media::SourceInfo& info) {
    const std::scoped_lock lock(mutex_);
    snapshot_.source = info;
}

void SessionState::setError(std::optional<Error> error) {
    const std::scoped_lock lock(mutex_);
    snapshot_.error = std::move(error);
}

void SessionState::failRecognition(std::uint64_t epoch, Error error) {
    const std::scoped_lock lock(mutex_);
    if (epoch == epoch_) {
        snapshot_.error = std::move(error);
    }
}

void SessionState::loseDevice(std::uint64_t epoch, Error failure, engine::ComputeDevice instead) {
    const std::scoped_lock lock(mutex_);
    if (epoch == epoch_) {
        snapshot_.deviceFailure = std::move(failure);
        snapshot_.statistics.device = std::move(instead);
    }
}

void SessionState::publishCaptions(std::uint64_t epoch, CaptionList committed, CaptionList provisional, bool notSure) {
    const std::scoped_lock lock(mutex_);
    if (epoch == epoch_) {
        snapshot_.committed = std::move(committed);
        snapshot_.provisional = std::move(provisional);
        snapshot_.notSure = notSure;
        ++snapshot_.captionRevision;
    }
}

void SessionState::setOfflineRunning(std::uint64_t epoch, bool running) {
    const std::scoped_lock lock(mutex_);
    if (epoch == epoch_) {
        snapshot_.offlineRunning = running;
    }
}

void SessionState::publishOffline(std::uint64_t epoch, CaptionList glosses) {
    const std::scoped_lock lock(mutex_);
    if (epoch == epoch_) {
        snapshot_.offline = std::move(glosses);
        snapshot_.offlineRunning = false;
        ++snapshot_.captionRevision;
    }
}

Snapshot SessionState::read() const {
    const std::scoped_lock lock(mutex_);
    return snapshot_;
}

} // namespace livegloss::session
