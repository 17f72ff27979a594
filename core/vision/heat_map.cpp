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
// Fading: above this many weights the past counts half, after some minutes of video (across frames half a minute).
constexpr std::uint64_t fadingAbove = 1U << 20;

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
float percentile(const std::vector<std::uint64_t>& histogram, std::uint64_t count, double share) {
    const double rank = share * static_cast<double>(count);
    double passed = 0.0;
    for (std::size_t bin = 0; bin < histogram.size(); ++bin) {
        const auto here = static_cast<double>(histogram[bin]);
        if (here > 0.0 && passed + here >= rank) {
            const float inside = static_cast<float>((rank - passed) / here);
            return bin == 0 ? 0.0F : std::lerp(lowerEdge(bin), lowerEdge(bin + 1), inside);
        }
        passed += here;
    }
    return 0.0F;
}

using RgbaTable = std::array<std::array<std::uint8_t, 4>, 256>;

/// Colour and opacity of 256 steps. Opacity follows a smooth step: what gets little attention stays see-through, and of
/// signed values what is near zero.
RgbaTable makeTable(ColourMap map) {
    RgbaTable table;
    for (int i = 0; i < 256; ++i) {
        const float value = static_cast<float>(i) / 255.0F;
        const Rgb colour = colourAt(map, value);
        const float strength = map == ColourMap::Diverging ? std::abs(2.0F * value - 1.0F) : value;
        const float opacity = strength * strength * (3.0F - 2.0F * strength);
        table[static_cast<std::size_t>(i)] = {colour.red, colour.green, colour.blue,
                                              static_cast<std::uint8_t>(std::lround(opacity * 255.0F))};
    }
    return table;
}

const RgbaTable& tableOf(ColourMap map) {
    static const std::array<RgbaTable, 6> tables = {makeTable(ColourMap::Inferno), makeTable(ColourMap::Cividis),
                                                    makeTable(ColourMap::Viridis), makeTable(ColourMap::Grey),
                                                    makeTable(ColourMap::Jet),     makeTable(ColourMap::Diverging)};
    return tables[static_cast<std::size_t>(map)];
}

RgbaPicture emptyPicture(int rows, int columns, int scale) {
    RgbaPicture picture;
    picture.width = columns * scale;
    picture.height = rows * scale;
    picture.rgba.assign(static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height) * 4, 0);
    return picture;
}

/// Weights brought to 0..1 and enlarged.
cv::Mat enlarged(std::span<const float> weights, int rows, int columns, float low, float high, int scale) {
    cv::Mat values(rows, columns, CV_32FC1);
    std::transform(weights.begin(), weights.end(), values.ptr<float>(),
                   [&](float weight) { return std::clamp((weight - low) / (high - low), 0.0F, 1.0F); });
    cv::Mat smooth;
    cv::resize(values, smooth, {columns * scale, rows * scale}, 0, 0, cv::INTER_CUBIC);
    return smooth;
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
    if (memory_ == RangeMemory::Fading && count_ > fadingAbove) {
        count_ = 0;
        for (std::uint64_t& entry : histogram_) {
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

bool hasContrast(std::span<const float> weights) {
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

RgbaPicture heatMap(std::span<const float> weights, int rows, int columns, float low, float high, ColourMap map,
                    int scale) {
    assert(rows > 0 && columns > 0 && scale > 0);
    assert(weights.size() == static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
    RgbaPicture picture = emptyPicture(rows, columns, scale);
    if (!(high > low) || !hasContrast(weights)) {
        return picture;
    }
    const cv::Mat smooth = enlarged(weights, rows, columns, low, high, scale);
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

RgbaPicture contourLines(std::span<const float> weights, int rows, int columns, float low, float high, int levels,
                         int scale) {
    assert(rows > 0 && columns > 0 && scale > 0 && levels > 0);
    RgbaPicture picture = emptyPicture(rows, columns, scale);
    if (!(high > low) || !hasContrast(weights)) {
        return picture;
    }
    const cv::Mat smooth = enlarged(weights, rows, columns, low, high, scale);
    const auto at = [&](int y, int x) {
        return smooth.ptr<float>(std::clamp(y, 0, picture.height - 1))[std::clamp(x, 0, picture.width - 1)];
    };
    const auto steps = static_cast<float>(levels);
    std::uint8_t* pixel = picture.rgba.data();
    for (int y = 0; y < picture.height; ++y) {
        for (int x = 0; x < picture.width; ++x, pixel += 4) {
            const float value = at(y, x) * steps;
            const float level = std::clamp(std::floor(value), 0.0F, steps - 1.0F);
            const float slope = std::hypot(at(y, x + 1) - at(y, x - 1), at(y + 1, x) - at(y - 1, x)) * steps / 2.0F;
            // Distance in pixels from the line in the middle of this step, by the slope.
            const float distance = std::abs(value - level - 0.5F) / std::max(slope, 1e-4F);
            const float width = 0.8F + 1.4F * level / steps;
            const float line = std::clamp(width + 0.5F - distance, 0.0F, 1.0F);
            const float edge = std::clamp(width + 2.0F - distance, 0.0F, 1.0F);
            const auto grey = static_cast<std::uint8_t>(255.0F * line + 0.5F);
            pixel[0] = pixel[1] = pixel[2] = grey;
            pixel[3] = static_cast<std::uint8_t>(255.0F * std::max(line, edge * 0.7F) + 0.5F);
        }
    }
    return picture;
}

} // namespace livegloss::vision
