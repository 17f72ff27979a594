#include "attention/truth_score.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace livegloss::attention {

namespace {

/// Shares of one patch's area.
struct TruthCover {
    double hands = 0.0;
    double face = 0.0;
    bool middle = false; ///< its middle lies on a hand or the face
};

TruthCover coverOf(const RegionMasks& masks, double left, double top, double width, double height) {
    const auto pixel = [&](double at) { return std::clamp(static_cast<int>(std::lround(at)), 0, masks.size); };
    const int right = std::max(pixel(left + width), pixel(left) + 1);
    const int bottom = std::max(pixel(top + height), pixel(top) + 1);
    TruthCover cover;
    int pixels = 0;
    for (int y = pixel(top); y < std::min(bottom, masks.size); ++y) {
        for (int x = pixel(left); x < std::min(right, masks.size); ++x) {
            const auto place =
                static_cast<std::size_t>(y) * static_cast<std::size_t>(masks.size) + static_cast<std::size_t>(x);
            const bool hand = masks.hands[place] != 0;
            cover.hands += hand ? 1.0 : 0.0;
            cover.face += !hand && masks.face[place] != 0 ? 1.0 : 0.0;
            ++pixels;
        }
    }
    cover.hands /= std::max(1, pixels);
    cover.face /= std::max(1, pixels);
    const auto middle = static_cast<std::size_t>(std::min(masks.size - 1, static_cast<int>(top + height / 2.0))) *
                            static_cast<std::size_t>(masks.size) +
                        static_cast<std::size_t>(std::min(masks.size - 1, static_cast<int>(left + width / 2.0)));
    cover.middle = masks.hands[middle] != 0 || masks.face[middle] != 0;
    return cover;
}

} // namespace

RegionScore scoreLayer(const Layer& layer, const RegionMasks& masks, const vision::Region& visible) {
    RegionScore score;
    const double width = visible.width * masks.size / layer.columns;
    const double height = visible.height * masks.size / layer.rows;
    double mass = 0.0;
    float strongest = -1.0F;
    const double patches = static_cast<double>(layer.values.size());
    for (std::size_t i = 0; i < layer.values.size(); ++i) {
        const auto row = static_cast<double>(i / static_cast<std::size_t>(layer.columns));
        const auto column = static_cast<double>(i % static_cast<std::size_t>(layer.columns));
        const TruthCover cover = coverOf(masks, visible.left * masks.size + column * width,
                                         visible.top * masks.size + row * height, width, height);
        const double value = layer.values[i];
        mass += value;
        score.hands += value * cover.hands;
        score.face += value * cover.face;
        score.area += (cover.hands + cover.face) / patches;
        score.pointingArea += cover.middle ? 1.0 / patches : 0.0;
        if (layer.values[i] > strongest) {
            strongest = layer.values[i];
            score.pointing = cover.middle;
            score.pointingPatch = cover.hands + cover.face > 0.0;
        }
    }
    if (mass > 0.0) {
        score.hands /= mass;
        score.face /= mass;
    }
    return score;
}

} // namespace livegloss::attention
