#include "engine/feature_interpolator.h"

#include <algorithm>
#include <utility>

namespace livegloss::engine {
namespace {

/// `share` of the way from one feature to the other.
std::vector<float> between(const std::vector<float>& from, const std::vector<float>& to, double share) {
    std::vector<float> values(from.size());
    std::transform(from.begin(), from.end(), to.begin(), values.begin(), [share](float a, float b) {
        return static_cast<float>((1.0 - share) * static_cast<double>(a) + share * static_cast<double>(b));
    });
    return values;
}

} // namespace

void FeatureInterpolator::addFrame(bool encoded) {
    if (encoded) {
        positions_.push_back(frames_);
        newestEncoded_ = frames_;
        ++encodedFrames_;
    }
    ++frames_;
}

std::vector<FrameFeature> FeatureInterpolator::take(std::vector<FrameFeature> encoded) {
    std::vector<FrameFeature> all;
    all.reserve(encoded.size());
    for (FrameFeature& feature : encoded) {
        if (feature.frameIndex < 0 || positions_.empty()) {
            all.push_back(std::move(feature));
            continue;
        }
        const std::int64_t position = positions_.front();
        positions_.pop_front();
        giveOut(std::move(feature), position, all);
    }
    return all;
}

void FeatureInterpolator::giveOut(FrameFeature feature, std::int64_t position, std::vector<FrameFeature>& all) {
    const std::int64_t from = last_ ? last_->frameIndex : -1;
    for (std::int64_t index = from + 1; index < position; ++index) {
        const double share = static_cast<double>(index - from) / static_cast<double>(position - from);
        all.push_back({index, last_ ? between(last_->values, feature.values, share) : feature.values});
    }
    feature.frameIndex = position;
    last_ = feature;
    all.push_back(std::move(feature));
}

std::vector<FrameFeature> FeatureInterpolator::finish(std::vector<FrameFeature> encoded,
                                                      const model::TemporalLayout& layout) {
    const auto firstCopy = std::ranges::find_if(
        encoded, [this](const FrameFeature& feature) { return feature.frameIndex >= encodedFrames_; });
    std::vector<FrameFeature> copies(std::make_move_iterator(firstCopy), std::make_move_iterator(encoded.end()));
    encoded.erase(firstCopy, encoded.end());
    std::vector<FrameFeature> all = take(std::move(encoded));
    if (!last_) {
        return all;
    }
    const std::int64_t end = copies.empty() ? frames_ : layout.paddedFrames(frames_) - layout.leftPad;
    const std::int64_t begin = last_->frameIndex + 1;
    for (std::int64_t index = begin; index < end; ++index) {
        const auto place = std::min<std::int64_t>(index - begin, static_cast<std::int64_t>(copies.size()) - 1);
        all.push_back({index, place < 0 ? last_->values : copies[static_cast<std::size_t>(place)].values});
    }
    return all;
}

} // namespace livegloss::engine
