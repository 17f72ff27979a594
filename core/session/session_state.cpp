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
    snapshot_.offlineFromStart = false;
    snapshot_.offlineRunning = false;
    snapshot_.recognised = false;
    snapshot_.notSure = false;
    snapshot_.attentionError.reset();
    ++snapshot_.captionRevision;
}

std::uint64_t SessionState::beginSource(State state) {
    const std::scoped_lock lock(mutex_);
    clearLists();
    snapshot_.state = state;
    snapshot_.error.reset();
    recognitionError_.reset();
    snapshot_.source = {};
    snapshot_.endsEarly.reset();
    return ++epoch_;
}

std::uint64_t SessionState::beginModel(engine::ComputeDevice device) {
    const std::scoped_lock lock(mutex_);
    snapshot_.statistics.device = std::move(device);
    snapshot_.deviceFailure.reset();
    clearLists();
    recognitionError_.reset();
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

void SessionState::setEndsEarly(MediaTime end) {
    const std::scoped_lock lock(mutex_);
    snapshot_.endsEarly = end;
}

void SessionState::setError(std::optional<Error> error) {
    const std::scoped_lock lock(mutex_);
    snapshot_.error = std::move(error);
}

void SessionState::failRecognition(std::uint64_t epoch, Error error) {
    const std::scoped_lock lock(mutex_);
    if (epoch == epoch_) {
        recognitionError_ = std::move(error);
    }
}

void SessionState::loseDevice(std::uint64_t epoch, Error failure, engine::ComputeDevice instead) {
    const std::scoped_lock lock(mutex_);
    if (epoch == epoch_) {
        snapshot_.deviceFailure = std::move(failure);
        snapshot_.statistics.device = std::move(instead);
    }
}

void SessionState::beginRun(std::uint64_t epoch) {
    const std::scoped_lock lock(mutex_);
    if (epoch == epoch_) {
        snapshot_.recognised = true;
        recognitionError_.reset();
    }
}

void SessionState::failAttention(std::uint64_t epoch, Error error) {
    const std::scoped_lock lock(mutex_);
    if (epoch == epoch_) {
        snapshot_.attentionError = std::move(error);
    }
}

void SessionState::attentionWanted() {
    const std::scoped_lock lock(mutex_);
    snapshot_.attentionError.reset();
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

void SessionState::publishOffline(std::uint64_t epoch, CaptionList glosses, bool fromClipStart) {
    const std::scoped_lock lock(mutex_);
    if (epoch == epoch_) {
        snapshot_.offline = std::move(glosses);
        snapshot_.offlineFromStart = fromClipStart;
        snapshot_.offlineRunning = false;
        ++snapshot_.captionRevision;
    }
}

Snapshot SessionState::read() const {
    const std::scoped_lock lock(mutex_);
    Snapshot all = snapshot_;
    if (!all.error) {
        all.error = recognitionError_;
    }
    return all;
}

} // namespace livegloss::session
