#include "picture_board.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace livegloss::session {

namespace {
constexpr std::size_t kMaps = 96;
/// Without any attention for so long, live pictures no longer wait for theirs.
constexpr MediaTime kLongestWait = std::chrono::seconds(1);
/// Live pictures wait no longer than this for the map of the usual overlay.
constexpr MediaTime kLongestMapWait = std::chrono::milliseconds(200);
/// Maps that came too late do not come back sooner, so that the overlay cannot blink faster than 3 Hz.
constexpr MediaTime kShortestAbsence = std::chrono::milliseconds(400);
/// Frames of a file that are farther apart leave a gap: what lies between is nobody's.
constexpr MediaTime kLongestGap = std::chrono::milliseconds(200);
} // namespace

void PictureBoard::clear(std::uint64_t epoch) {
    const std::scoped_lock lock(mutex_);
    epoch_ = epoch;
    maps_.clear();
    attended_.clear();
    waiting_.clear();
    mapsInTime_ = live_ = false;
    newestLive_ = noMapsBefore_ = MediaTime::min();
    absentSince_ = MediaTime::min();
    picture_ = Picture{.frame = nullptr,
                       .position = MediaTime{0},
                       .attended = nullptr,
                       .attention = nullptr,
                       .attentionRegion = {},
                       .serial = picture_.serial + 1};
    position_ = attendedTo_ = MediaTime{0};
}

void PictureBoard::show(FramePtr frame, MediaTime position, bool live) {
    const std::scoped_lock lock(mutex_);
    live_ = live;
    if (live) {
        newestLive_ = position;
        waiting_.push_back({std::move(frame), position});
        while (position - waiting_.front().position > 2 * kLongestWait) {
            waiting_.pop_front();
        }
        chooseLive();
        return;
    }
    waiting_.clear();
    put(std::move(frame), position);
}

void PictureBoard::put(FramePtr frame, MediaTime position) {
    picture_.frame = std::move(frame);
    picture_.attended = wantsAttended_ ? attendedAt(position) : nullptr;
    ++picture_.serial;
    picture_.position = position_ = position;
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
    chooseLive();
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
    chooseLive();
}

/// That of the network's frame which was on screen then.
AttendedPicturePtr PictureBoard::attendedAt(MediaTime position) const {
    const auto after = attended_.upper_bound(position);
    if (after == attended_.begin()) {
        return nullptr;
    }
    const auto candidate = std::prev(after);
    return belongs(position - candidate->first, period_, after != attended_.end()) ? candidate->second : nullptr;
}

/// Whether a picture so long after a frame of the network goes with it. Of a file nothing is dropped: where a later
/// frame of the network is known, all until then do, however unevenly frames come.
bool PictureBoard::belongs(MediaTime distance, MediaTime period, bool laterIsKnown) const {
    return distance < period || (!live_ && laterIsKnown && distance <= kLongestGap);
}

/// Whether a picture comes with what is wanted now.
bool PictureBoard::hasOwn(MediaTime position) const {
    return wantsAttended_ ? attendedAt(position) != nullptr : visible_ && mapAt(position) != nullptr;
}

/// Whether live pictures should go on waiting for what is wanted.
bool PictureBoard::isWorthWaiting() {
    if (!picture_.frame) {
        return false;
    }
    if (wantsAttended_) {
        return newestLive_ - attendedTo_ <= kLongestWait;
    }
    if (!visible_ || !mapsInTime_ || newestLive_ < noMapsBefore_) {
        return false;
    }
    const auto first =
        std::ranges::find_if(waiting_, [this](const Waiting& waiting) { return waiting.position > position_; });
    if (first != waiting_.end() && newestLive_ - first->position > kLongestMapWait) {
        mapsAreLate();
        return false;
    }
    return true;
}

/// Pictures go on without them until one comes in time again.
void PictureBoard::mapsAreLate() {
    if (mapsInTime_ && newestLive_ >= noMapsBefore_) {
        absentSince_ = newestLive_;
    }
    mapsInTime_ = false;
    noMapsBefore_ = newestLive_ + kShortestAbsence;
}

/// Of live pictures the newest that has its attention; the newest of all where it is not worth waiting. A picture
/// never goes back.
void PictureBoard::chooseLive() {
    const auto newest = std::find_if(waiting_.rbegin(), waiting_.rend(),
                                     [this](const Waiting& waiting) { return hasOwn(waiting.position); });
    const auto isNews = [this](const Waiting& waiting) {
        return waiting.frame != picture_.frame && (!picture_.frame || waiting.position >= position_);
    };
    const bool hasOne = newest != waiting_.rend();
    if (hasOne) {
        waiting_.erase(waiting_.begin(), std::prev(newest.base()));
    }
    if (hasOne && isNews(waiting_.front())) {
        put(waiting_.front().frame, waiting_.front().position);
    } else if (!waiting_.empty() && isNews(waiting_.back()) && !isWorthWaiting()) {
        waiting_.erase(waiting_.begin(), std::prev(waiting_.end()));
        put(waiting_.front().frame, waiting_.front().position);
    }
    AttendedPicturePtr own = picture_.frame ? attendedAt(position_) : nullptr;
    if (own != picture_.attended) {
        picture_.attended = std::move(own);
        ++picture_.serial;
    }
}

void PictureBoard::addAttention(std::uint64_t epoch, MediaTime position, vision::RgbaPicturePtr map,
                                const vision::Region& region, MediaTime period) {
    const std::scoped_lock lock(mutex_);
    if (epoch != epoch_) {
        return;
    }
    region_ = region;
    maps_.insert_or_assign(position, Map{std::move(map), period});
    if (maps_.size() > kMaps) {
        // The one farthest from the picture on show; playing, that is the oldest.
        const bool firstIsFarther = position_ - maps_.begin()->first > std::prev(maps_.end())->first - position_;
        maps_.erase(firstIsFarther ? maps_.begin() : std::prev(maps_.end()));
    }
    if (live_) {
        const MediaTime lag = newestLive_ - position;
        if (lag > kLongestMapWait) {
            mapsAreLate();
        } else {
            mapsInTime_ = true;
            if (lag < period && position >= absentSince_ + kShortestAbsence) {
                noMapsBefore_ = position; // of the newest of all: nothing is late any more
            }
        }
        chooseLive();
    }
    choose();
}

void PictureBoard::dropAttention(std::uint64_t epoch) {
    const std::scoped_lock lock(mutex_);
    epoch_ = epoch;
    maps_.clear();
    attended_.clear();
    mapsInTime_ = false;
    chooseLive();
    choose();
}

void PictureBoard::setAttentionVisible(bool visible) {
    const std::scoped_lock lock(mutex_);
    visible_ = visible;
    chooseLive();
    choose();
}

/// Of the network's frame that was on screen then; none of a live source while they come too late.
vision::RgbaPicturePtr PictureBoard::mapAt(MediaTime position) const {
    const auto after = maps_.upper_bound(position);
    if (after == maps_.begin() || (live_ && position < noMapsBefore_)) {
        return nullptr;
    }
    const auto candidate = std::prev(after);
    const bool fits = belongs(position - candidate->first, candidate->second.period, after != maps_.end());
    return fits ? candidate->second.picture : nullptr;
}

void PictureBoard::choose() {
    vision::RgbaPicturePtr own = visible_ && picture_.frame ? mapAt(position_) : nullptr;
    if (own != picture_.attention) {
        picture_.attention = std::move(own);
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
