#include "vision/heat_map.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace livegloss::vision {

namespace {

// Weights are counted by magnitude, from 2^-24 to 2^8 in sixteenths of an octave; bin 0 holds what is smaller.
constexpr int lowestOctave = -24;
constexpr int highestOctave = 8;
constexpr int binsPerOctave = 16;
constexpr int binCount = (highestOctave - lowestOctave) * binsPerOctave + 1;
// Above this many weights the past counts half: some minutes of video, then old scenes fade.
constexpr std::uint64_t memory = 1U << 20;

std::size_t binOf(float weight) {
    const float smallest = std::ldexp(1.0F, lowestOctave);
    if (weight < smallest) {
        return 0;
    }
    const float octaves = std::min(std::log2(weight), static_cast<float>(highestOctave)) - lowestOctave;
    return static_cast<std::size_t>(std::min(1 + static_cast<int>(octaves * binsPerOctave), binCount - 1));
}

float lowerEdge(std::size_t bin) {
    return bin == 0 ? 0.0F
                    : std::exp2(static_cast<float>(lowestOctave) + (static_cast<float>(bin) - 1.0F) / binsPerOctave);
}

/// The weight that `share` of all counted ones stay below, interpolated within its bin so that it moves smoothly.
float percentile(const std::vector<std::uint32_t>& histogram, std::uint64_t count, double share) {
    const double rank = share * static_cast<double>(count);
    double passed = 0.0;
    for (std::size_t bin = 0; bin < histogram.size(); ++bin) {
        const double here = histogram[bin];
        if (here > 0.0 && passed + here >= rank) {
            const float inside = static_cast<float>((rank - passed) / here);
            return bin == 0 ? 0.0F : std::lerp(lowerEdge(bin), lowerEdge(bin + 1), inside);
        }
        passed += here;
    }
    return 0.0F;
}

using RgbaTable = std::array<std::array<std::uint8_t, 4>, 256>;

/// Colour and opacity of 256 steps. Opacity follows a smooth step: what gets little attention stays see-through.
RgbaTable makeTable(ColourMap map) {
    RgbaTable table;
    for (int i = 0; i < 256; ++i) {
        const float value = static_cast<float>(i) / 255.0F;
        const Rgb colour = colourAt(map, value);
        const float opacity = value * value * (3.0F - 2.0F * value);
        table[static_cast<std::size_t>(i)] = {colour.red, colour.green, colour.blue,
                                              static_cast<std::uint8_t>(std::lround(opacity * 255.0F))};
    }
    return table;
}

const RgbaTable& tableOf(ColourMap map) {
    static const std::array<RgbaTable, 4> tables = {makeTable(ColourMap::Inferno), makeTable(ColourMap::Cividis),
                                                    makeTable(ColourMap::Viridis), makeTable(ColourMap::Grey)};
    return tables[static_cast<std::size_t>(map)];
}

/// Whether some patch stands out from the others; a map without contrast is no response, not noise to amplify.
bool responds(std::span<const float> weights) {
    float least = std::numeric_limits<float>::infinity();
    float most = -least;
    for (const float weight : weights) {
        if (!std::isfinite(weight)) {
            return false;
        }
        least = std::min(least, weight);
        most = std::max(most, weight);
    }
    return most - least > 1e-5F * std::max(std::abs(most), std::abs(least));
}

} // namespace

void ClipRange::add(std::span<const float> weights) {
    histogram_.resize(binCount, 0);
    for (const float weight : weights) {
        if (!std::isnan(weight)) {
            ++histogram_[binOf(weight)];
            ++count_;
        }
    }
    if (count_ > memory) {
        count_ = 0;
        for (std::uint32_t& entry : histogram_) {
            entry /= 2;
            count_ += entry;
        }
    }
}

float ClipRange::low() const {
    return percentile(histogram_, count_, 0.02);
}
float ClipRange::high() const {
    return percentile(histogram_, count_, 0.98);
}

void ClipRange::reset() {
    histogram_.clear();
    count_ = 0;
}

RgbaPicture heatMap(std::span<const float> weights, int rows, int columns, float low, float high, ColourMap map,
                    int scale) {
    assert(rows > 0 && columns > 0 && scale > 0);
    assert(weights.size() == static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
    RgbaPicture picture;
    picture.width = columns * scale;
    picture.height = rows * scale;
    picture.rgba.assign(static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height) * 4, 0);
    if (!(high > low) || !responds(weights)) {
        return picture;
    }
    cv::Mat values(rows, columns, CV_32FC1);
    std::transform(weights.begin(), weights.end(), values.ptr<float>(),
                   [&](float weight) { return std::clamp((weight - low) / (high - low), 0.0F, 1.0F); });
    cv::Mat smooth;
    cv::resize(values, smooth, {picture.width, picture.height}, 0, 0, cv::INTER_CUBIC);
    const RgbaTable& table = tableOf(map);
    std::uint8_t* pixel = picture.rgba.data();
    for (int y = 0; y < picture.height; ++y) {
        const float* row = smooth.ptr<float>(y);
        for (int x = 0; x < picture.width; ++x, pixel += 4) {
            const auto& entry = table[static_cast<std::size_t>(std::clamp(row[x], 0.0F, 1.0F) * 255.0F + 0.5F)];
            std::copy(entry.begin(), entry.end(), pixel);
        }
    }
    return picture;
}

} // namespace livegloss::vision
