#include "vision/preprocess.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace livegloss::vision {

namespace {

/// The source pixels of one axis that make up each output pixel: `count` neighbours from `first`, with their weights.
struct AxisTaps {
    int count = 0;
    std::vector<int> first;
    std::vector<float> weights; ///< [outputs, count], each row sums to 1

    const float* of(int output) const { return weights.data() + static_cast<std::ptrdiff_t>(output) * count; }
};

/// Where the centre crop begins, in pixels of the resized picture; an odd rest goes to the right and bottom.
int cropOffset(int resize, int resolution) {
    return (resize - resolution) / 2;
}

/// Taps of the outputs offset .. offset + outputs - 1 of an axis resized from `size` to `resize`: mean over the covered
/// area when it shrinks, linear between pixel centres when it grows.
AxisTaps makeTaps(int size, int resize, int offset, int outputs) {
    const double scale = static_cast<double>(size) / resize;
    const bool shrinks = size > resize;
    AxisTaps taps;
    taps.count = size == resize ? 1
                 : shrinks      ? std::min(size, static_cast<int>(std::ceil(scale)) + 1)
                                : std::min(size, 2);
    taps.first.resize(static_cast<std::size_t>(outputs));
    taps.weights.assign(static_cast<std::size_t>(outputs) * static_cast<std::size_t>(taps.count), 0.0F);
    for (int output = 0; output < outputs; ++output) {
        const double begin = (output + offset) * scale;
        const double position = begin + scale / 2.0 - 0.5;
        const double start = shrinks ? std::floor(begin) : std::clamp(std::floor(position), 0.0, size - 1.0);
        const int first = std::min(static_cast<int>(start), size - taps.count);
        taps.first[static_cast<std::size_t>(output)] = first;
        float* weights = taps.weights.data() + static_cast<std::ptrdiff_t>(output) * taps.count;
        for (int tap = 0; tap < taps.count; ++tap) {
            const double pixel = first + tap;
            const double weight = shrinks ? (std::min(pixel + 1.0, begin + scale) - std::max(pixel, begin)) / scale
                                          : 1.0 - std::abs(std::clamp(position, 0.0, size - 1.0) - pixel);
            weights[tap] = static_cast<float>(std::max(0.0, weight));
        }
    }
    return taps;
}

/// One output row before its columns are resized: the weighted sum of `taps` source rows, `length` values each.
void blendRows(const std::uint8_t* source, std::size_t stride, const float* weights, int taps, int length,
               float* sums) {
    const float first = weights[0];
    for (int i = 0; i < length; ++i) {
        sums[i] = first * static_cast<float>(source[i]);
    }
    for (int tap = 1; tap < taps; ++tap) {
        source += stride;
        const float weight = weights[tap];
        if (weight == 0.0F) {
            continue;
        }
        for (int i = 0; i < length; ++i) {
            sums[i] += weight * static_cast<float>(source[i]);
        }
    }
}

/// Resizes the columns of one blended row and writes the normalised values to the three planes.
void blendColumns(const float* sums, const AxisTaps& taps, int firstColumn, int outputs, float* out, std::size_t area) {
    constexpr float normaliser = 1.0F / 127.5F;
    for (int x = 0; x < outputs; ++x) {
        const float* pixel =
            sums + static_cast<std::ptrdiff_t>(taps.first[static_cast<std::size_t>(x)] - firstColumn) * 3;
        const float* weights = taps.of(x);
        float red = 0.0F;
        float green = 0.0F;
        float blue = 0.0F;
        for (int tap = 0; tap < taps.count; ++tap, pixel += 3) {
            red += weights[tap] * pixel[0];
            green += weights[tap] * pixel[1];
            blue += weights[tap] * pixel[2];
        }
        out[x] = red * normaliser - 1.0F;
        out[area + static_cast<std::size_t>(x)] = green * normaliser - 1.0F;
        out[2 * area + static_cast<std::size_t>(x)] = blue * normaliser - 1.0F;
    }
}

} // namespace

Region visibleRegion(int resize, int resolution) {
    const double side = static_cast<double>(resolution) / resize;
    const double start = static_cast<double>(cropOffset(resize, resolution)) / resize;
    return {start, start, side, side};
}

std::vector<std::uint8_t> lanczosPicture(const Frame& frame, int side) {
    assert(frame.width > 0 && frame.height > 0 && side > 0);
    std::vector<std::uint8_t> picture(static_cast<std::size_t>(side) * static_cast<std::size_t>(side) * 3);
    // OpenCV knows no constant pictures; the source is only read.
    const cv::Mat source(frame.height, frame.width, CV_8UC3, const_cast<std::uint8_t*>(frame.rgb.data()));
    cv::Mat target(side, side, CV_8UC3, picture.data());
    cv::resize(source, target, target.size(), 0.0, 0.0, cv::INTER_LANCZOS4);
    return picture;
}

void prepareInput(const Frame& frame, int resize, int resolution, std::span<float> out) {
    assert(frame.width > 0 && frame.height > 0 && resize >= resolution && resolution > 0);
    const std::size_t area = static_cast<std::size_t>(resolution) * static_cast<std::size_t>(resolution);
    assert(out.size() == area * 3);
    const int offset = cropOffset(resize, resolution);
    const AxisTaps columns = makeTaps(frame.width, resize, offset, resolution);
    const AxisTaps rows = makeTaps(frame.height, resize, offset, resolution);
    // Only source columns that the crop needs are read.
    const int firstColumn = columns.first.front();
    const int length = (columns.first.back() + columns.count - firstColumn) * 3;
    const std::size_t stride = static_cast<std::size_t>(frame.width) * 3;
    std::vector<float> sums(static_cast<std::size_t>(length));
    for (int y = 0; y < resolution; ++y) {
        const std::uint8_t* source = frame.rgb.data() +
                                     static_cast<std::size_t>(rows.first[static_cast<std::size_t>(y)]) * stride +
                                     static_cast<std::size_t>(firstColumn) * 3;
        blendRows(source, stride, rows.of(y), rows.count, length, sums.data());
        blendColumns(sums.data(), columns, firstColumn, resolution,
                     out.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(resolution), area);
    }
}

} // namespace livegloss::vision
