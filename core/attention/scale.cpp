#include "attention/scale.h"

#include <algorithm>
#include <cmath>

namespace livegloss::attention {

namespace {
constexpr float kAbsoluteShares = 8.0F;
constexpr float kAbsoluteDifference = 4.0F;
constexpr int kContourLevels = 5;

Scale frameScale(const Layer& layer) {
    if (layer.values.empty()) {
        return {};
    }
    const auto [least, most] = std::minmax_element(layer.values.begin(), layer.values.end());
    if (layer.isSigned()) {
        const float limit = std::max(std::abs(*least), std::abs(*most));
        return {-limit, limit};
    }
    return {*least, *most};
}

std::size_t placeOf(LayerKind kind) {
    return static_cast<std::size_t>(kind);
}
} // namespace

Scale absoluteScale(LayerKind kind, int patches) {
    const float even = 1.0F / static_cast<float>(std::max(1, patches));
    switch (kind) {
    case LayerKind::CrossFrame:
        return {-0.5F, 0.5F};
    case LayerKind::Difference:
        return {-kAbsoluteDifference * even, kAbsoluteDifference * even};
    default:
        return {0.0F, kAbsoluteShares * even};
    }
}

ClipScales::ClipScales(vision::RangeMemory memory) {
    ranges_.fill(vision::ClipRange(memory));
}

void ClipScales::add(const std::vector<Layer>& layers) {
    std::vector<float> magnitudes;
    for (const Layer& layer : layers) {
        if (!layer.isSigned()) {
            ranges_[placeOf(layer.kind)].add(layer.values);
        } else if (layer.neighbour != engine::Neighbour::Outside) {
            magnitudes = layer.values;
            std::transform(magnitudes.begin(), magnitudes.end(), magnitudes.begin(),
                           [](float value) { return std::abs(value); });
            ranges_[placeOf(layer.kind)].add(magnitudes);
        }
    }
}

Scale ClipScales::scaleOf(const Layer& layer, Normalisation normalisation) const {
    switch (normalisation) {
    case Normalisation::Absolute:
        return absoluteScale(layer.kind, layer.rows * layer.columns);
    case Normalisation::Frame:
        return frameScale(layer);
    case Normalisation::Clip:
        break;
    }
    const vision::ClipRange& range = ranges_[placeOf(layer.kind)];
    return layer.isSigned() ? Scale{-range.high(), range.high()} : Scale{range.low(), range.high()};
}

void ClipScales::reset() {
    for (vision::ClipRange& range : ranges_) {
        range.reset();
    }
}

vision::ColourMap colourMapOf(const Layer& layer, Colours colours) {
    if (layer.isSigned()) {
        return vision::ColourMap::Diverging;
    }
    switch (colours) {
    case Colours::Cividis:
        return vision::ColourMap::Cividis;
    case Colours::Viridis:
        return vision::ColourMap::Viridis;
    case Colours::Grey:
        return vision::ColourMap::Grey;
    case Colours::Jet:
        return vision::ColourMap::Jet;
    default:
        return vision::ColourMap::Inferno;
    }
}

vision::RgbaPicture drawLayer(const Layer& layer, const Scale& scale, Colours colours, int pixels) {
    if (colours == Colours::Contours && !layer.isSigned()) {
        return vision::contourLines(layer.values, layer.rows, layer.columns, scale.low, scale.high, kContourLevels,
                                    pixels);
    }
    return vision::heatMap(layer.values, layer.rows, layer.columns, scale.low, scale.high, colourMapOf(layer, colours),
                           pixels);
}

} // namespace livegloss::attention
