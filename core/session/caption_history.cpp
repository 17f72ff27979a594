#include "caption_history.h"

#include <algorithm>
#include <utility>

namespace livegloss::session {

namespace {

MediaTime middle(const CaptionGloss& gloss) {
    return (gloss.start + gloss.end) / 2;
}

bool sameLists(const std::vector<CaptionGloss>& a, const std::vector<CaptionGloss>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const CaptionGloss& x, const CaptionGloss& y) {
        return x.id == y.id && x.label == y.label && x.start == y.start && x.end == y.end &&
               x.confidence == y.confidence;
    });
}

} // namespace

void CaptionHistory::clear() {
    const std::int64_t nextId = nextId_;
    *this = CaptionHistory{};
    nextId_ = nextId;
}

void CaptionHistory::beginRun(MediaTime start, bool fromClipStart, bool newRound, const CaptionTiming& timing) {
    timing_ = timing;
    ++run_;
    idOfInner_.clear();
    provisional_.clear();
    trustedFrom_ = fromClipStart ? start : start + timing_.warmUp;
    clearWithFirstGloss_ = newRound;
}

bool CaptionHistory::apply(const CaptionUpdate& update) {
    bool changed = false;
    if (clearWithFirstGloss_ && !(update.committed.empty() && update.provisional.empty())) {
        clearWithFirstGloss_ = false;
        changed = !committed_.empty();
        committed_.clear();
        runOfId_.clear();
    }
    for (const CaptionGloss& gloss : update.committed) {
        changed = commit(gloss) || changed;
    }
    std::vector<CaptionGloss> tail;
    for (const CaptionGloss& gloss : update.provisional) {
        if (!alreadyShown(gloss)) {
            tail.push_back(gloss);
            tail.back().id = outerId(gloss.id);
        }
    }
    changed = changed || !sameLists(tail, provisional_);
    provisional_ = std::move(tail);
    return changed;
}

bool CaptionHistory::commit(CaptionGloss gloss) {
    const auto earlier = std::find_if(committed_.begin(), committed_.end(), [&](const CaptionGloss& other) {
        return !ownedByThisRun(other) && closeInTime(other, gloss);
    });
    if (earlier != committed_.end() && earlier->label != gloss.label && middle(gloss) < trustedFrom_) {
        return false; // the earlier run saw more of this sign
    }
    removeEarlier(gloss.end, &gloss);
    // The same sign seen again keeps its id, so that a selection in the interface survives.
    gloss.id = earlier != committed_.end() && earlier->label == gloss.label ? earlier->id : outerId(gloss.id);
    std::erase_if(committed_, [&](const CaptionGloss& other) {
        return other.id == gloss.id || (!ownedByThisRun(other) && closeInTime(other, gloss));
    });
    runOfId_[gloss.id] = run_;
    const auto place = std::upper_bound(committed_.begin(), committed_.end(), gloss,
                                        [](const CaptionGloss& a, const CaptionGloss& b) { return a.start < b.start; });
    committed_.insert(place, std::move(gloss));
    return true;
}

/// Removes what earlier runs said about the time from where this run is trusted up to `through`, but for signs close to
/// `present`.
void CaptionHistory::removeEarlier(MediaTime through, const CaptionGloss* present) {
    std::erase_if(committed_, [&](const CaptionGloss& other) {
        return !ownedByThisRun(other) && middle(other) >= trustedFrom_ && middle(other) <= through &&
               !(present != nullptr && closeInTime(other, *present));
    });
}

bool CaptionHistory::endRun(MediaTime through) {
    const std::size_t before = committed_.size();
    if (clearWithFirstGloss_) {
        committed_.clear();
        clearWithFirstGloss_ = false;
    }
    removeEarlier(through, nullptr);
    const bool droppedTail = dropProvisional();
    return droppedTail || committed_.size() != before;
}

void CaptionHistory::showWholeClip() {
    if (wholeClip_ && !wholeClip_->empty()) {
        committed_ = *wholeClip_;
        runOfId_.clear();
    }
}

bool CaptionHistory::dropProvisional() {
    const bool changed = !provisional_.empty();
    provisional_.clear();
    return changed;
}

bool CaptionHistory::closeInTime(const CaptionGloss& a, const CaptionGloss& b) const {
    return std::chrono::abs(middle(a) - middle(b)) <= timing_.sameSign;
}

std::int64_t CaptionHistory::outerId(std::int64_t innerId) {
    const auto [entry, isNew] = idOfInner_.try_emplace(innerId, nextId_);
    if (isNew) {
        ++nextId_;
    }
    return entry->second;
}

/// True for a sign of the present tail that the history shows already, from an earlier run.
bool CaptionHistory::alreadyShown(const CaptionGloss& gloss) const {
    return std::any_of(committed_.begin(), committed_.end(), [&](const CaptionGloss& other) {
        return !ownedByThisRun(other) && other.label == gloss.label && closeInTime(other, gloss);
    });
}

bool CaptionHistory::ownedByThisRun(const CaptionGloss& gloss) const {
    const auto owner = runOfId_.find(gloss.id);
    return owner != runOfId_.end() && owner->second == run_;
}

} // namespace livegloss::session
