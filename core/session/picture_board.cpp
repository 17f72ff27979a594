#include "picture_board.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace livegloss::session {

namespace {
constexpr std::size_t kMaps = 96;
/// An older map than this says nothing about the picture on show.
constexpr MediaTime kOldest = std::chrono::milliseconds(200);
/// Without any attention for so long, live pictures no longer wait for theirs.
constexpr MediaTime kLongestWait = std::chrono::seconds(1);
} // namespace

void PictureBoard::clear(std::uint64_t epoch) {
    const std::scoped_lock lock(mutex_);
    epoch_ = epoch;
    maps_.clear();
    attended_.clear();
    waiting_.clear();
    picture_ = Picture{.frame = nullptr,
                       .attended = nullptr,
                       .attention = nullptr,
                       .attentionRegion = {},
                       .serial = picture_.serial + 1};
    position_ = attendedTo_ = MediaTime{0};
}

void PictureBoard::show(FramePtr frame, MediaTime position, bool live) {
    const std::scoped_lock lock(mutex_);
    if (live && wantsAttended_) {
        waiting_.push_back({std::move(frame), position});
        while (position - waiting_.front().position > 2 * kLongestWait) {
            waiting_.pop_front();
        }
        chooseAttended();
        return;
    }
    waiting_.clear();
    put(std::move(frame), position);
}

void PictureBoard::put(FramePtr frame, MediaTime position) {
    picture_.frame = std::move(frame);
    picture_.attended = wantsAttended_ ? attendedAt(position) : nullptr;
    ++picture_.serial;
    position_ = position;
    choose();
}

void PictureBoard::startAttended() {
    const std::scoped_lock lock(mutex_);
    wantsAttended_ = true;
    attendedTo_ = position_;
    attended_.clear();
}

void PictureBoard::stopAttended() {
    const std::scoped_lock lock(mutex_);
    wantsAttended_ = false;
    attended_.clear();
    chooseAttended();
    waiting_.clear();
}

void PictureBoard::addAttended(std::uint64_t epoch, AttendedPicturePtr attended, MediaTime period) {
    const std::scoped_lock lock(mutex_);
    if (epoch != epoch_ || !wantsAttended_) {
        return;
    }
    period_ = period;
    const MediaTime time = attended->time;
    attendedTo_ = std::max(attendedTo_, time);
    attended_.insert_or_assign(time, std::move(attended));
    if (attended_.size() > kMaps) {
        const bool firstIsFarther =
            position_ - attended_.begin()->first > std::prev(attended_.end())->first - position_;
        attended_.erase(firstIsFarther ? attended_.begin() : std::prev(attended_.end()));
    }
    chooseAttended();
}

/// That of the network's frame which was on screen then.
AttendedPicturePtr PictureBoard::attendedAt(MediaTime position) const {
    const auto after = attended_.upper_bound(position);
    if (after == attended_.begin()) {
        return nullptr;
    }
    const auto candidate = std::prev(after);
    return position - candidate->first < period_ ? candidate->second : nullptr;
}

/// Of live pictures the newest that has its attention; the newest of all where none had any for a while. A picture
/// never goes back.
void PictureBoard::chooseAttended() {
    const auto newest = std::find_if(waiting_.rbegin(), waiting_.rend(), [this](const Waiting& waiting) {
        return attendedAt(waiting.position) != nullptr;
    });
    const Waiting* chosen = nullptr;
    if (newest != waiting_.rend()) {
        waiting_.erase(waiting_.begin(), std::prev(newest.base()));
        chosen = &waiting_.front();
    } else if (!waiting_.empty() &&
               (!picture_.frame || !wantsAttended_ || waiting_.back().position - attendedTo_ > kLongestWait)) {
        chosen = &waiting_.back();
    }
    if (chosen != nullptr && chosen->frame != picture_.frame && (!picture_.frame || chosen->position >= position_)) {
        put(chosen->frame, chosen->position);
    }
    AttendedPicturePtr own = picture_.frame ? attendedAt(position_) : nullptr;
    if (own != picture_.attended) {
        picture_.attended = std::move(own);
        ++picture_.serial;
    }
}

void PictureBoard::addAttention(std::uint64_t epoch, MediaTime position, vision::RgbaPicturePtr map,
                                const vision::Region& region) {
    const std::scoped_lock lock(mutex_);
    if (epoch != epoch_) {
        return;
    }
    region_ = region;
    maps_.insert_or_assign(position, std::move(map));
    if (maps_.size() > kMaps) {
        // The one farthest from the picture on show; playing, that is the oldest.
        const bool firstIsFarther = position_ - maps_.begin()->first > std::prev(maps_.end())->first - position_;
        maps_.erase(firstIsFarther ? maps_.begin() : std::prev(maps_.end()));
    }
    choose();
}

void PictureBoard::dropAttention(std::uint64_t epoch) {
    const std::scoped_lock lock(mutex_);
    epoch_ = epoch;
    maps_.clear();
    attended_.clear();
    chooseAttended();
    choose();
}

void PictureBoard::setAttentionVisible(bool visible) {
    const std::scoped_lock lock(mutex_);
    visible_ = visible;
    choose();
}

/// The frame's own map, else the newest before it that is not too old.
void PictureBoard::choose() {
    vision::RgbaPicturePtr best;
    const auto after = maps_.upper_bound(position_);
    if (visible_ && picture_.frame && after != maps_.begin()) {
        const auto candidate = std::prev(after);
        if (position_ - candidate->first <= kOldest) {
            best = candidate->second;
        }
    }
    if (best != picture_.attention) {
        picture_.attention = std::move(best);
        picture_.attentionRegion = region_;
        ++picture_.serial;
    }
}

Picture PictureBoard::picture() const {
    const std::scoped_lock lock(mutex_);
    return picture_;
}

MediaTime PictureBoard::position() const {
    const std::scoped_lock lock(mutex_);
    return position_;
}

} // namespace livegloss::session
