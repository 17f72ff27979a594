#include "vision/heat_map.h"

#include <algorithm>
#include <array>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace livegloss::vision {

namespace {

using Table = std::array<Rgb, 256>;

/// One of OpenCV's colour maps as a table.
Table readTable(int openCvMap) {
    cv::Mat ramp(1, 256, CV_8UC1);
    for (int i = 0; i < 256; ++i) {
        ramp.at<std::uint8_t>(0, i) = static_cast<std::uint8_t>(i);
    }
    cv::Mat coloured;
    cv::applyColorMap(ramp, coloured, openCvMap);
    Table table;
    for (int i = 0; i < 256; ++i) {
        const auto& pixel = coloured.at<cv::Vec3b>(0, i); // blue, green, red
        table[static_cast<std::size_t>(i)] = {pixel[2], pixel[1], pixel[0]};
    }
    return table;
}

} // namespace

Rgb colourAt(ColourMap map, float value) {
    static const Table inferno = readTable(cv::COLORMAP_INFERNO);
    static const Table cividis = readTable(cv::COLORMAP_CIVIDIS);
    static const Table viridis = readTable(cv::COLORMAP_VIRIDIS);
    // Written so that NaN becomes 0.
    const float inside = value > 0.0F ? std::min(value, 1.0F) : 0.0F;
    const auto index = static_cast<std::uint8_t>(inside * 255.0F + 0.5F);
    switch (map) {
    case ColourMap::Inferno:
        return inferno[index];
    case ColourMap::Cividis:
        return cividis[index];
    case ColourMap::Viridis:
        return viridis[index];
    case ColourMap::Grey:
        break;
    }
    return {index, index, index};
}

} // namespace livegloss::vision
