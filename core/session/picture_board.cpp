#include "picture_board.h"

#include <iterator>
#include <utility>

namespace livegloss::session {

namespace {
constexpr std::size_t kMaps = 96;
/// An older map than this says nothing about the picture on show.
constexpr MediaTime kOldest = std::chrono::milliseconds(200);
} // namespace

void PictureBoard::clear(std::uint64_t epoch) {
    const std::scoped_lock lock(mutex_);
    epoch_ = epoch;
    maps_.clear();
    picture_ = Picture{.frame = nullptr, .attention = nullptr, .attentionRegion = {}, .serial = picture_.serial + 1};
    position_ = MediaTime{0};
}

void PictureBoard::show(FramePtr frame, MediaTime position) {
    const std::scoped_lock lock(mutex_);
    picture_.frame = std::move(frame);
    ++picture_.serial;
    position_ = position;
    choose();
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
