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

/// Blue, pale, orange: told apart by people who confuse red and green, lightest in the middle.
Table divergingTable() {
    struct Stop {
        float at, red, green, blue;
    };
    constexpr std::array<Stop, 5> stops{
        {{0.0F, 8, 64, 129}, {0.25F, 67, 147, 195}, {0.5F, 247, 247, 247}, {0.75F, 244, 148, 60}, {1.0F, 153, 52, 4}}};
    Table table;
    for (std::size_t i = 0; i < table.size(); ++i) {
        const float value = static_cast<float>(i) / 255.0F;
        const std::size_t upper = std::min<std::size_t>(1 + static_cast<std::size_t>(value * 4.0F), 4);
        const Stop& from = stops[upper - 1];
        const Stop& to = stops[upper];
        const float share = (value - from.at) / (to.at - from.at);
        const auto mixed = [share](float a, float b) { return static_cast<std::uint8_t>(a + share * (b - a) + 0.5F); };
        table[i] = {mixed(from.red, to.red), mixed(from.green, to.green), mixed(from.blue, to.blue)};
    }
    return table;
}

} // namespace

Rgb colourAt(ColourMap map, float value) {
    static const Table inferno = readTable(cv::COLORMAP_INFERNO);
    static const Table cividis = readTable(cv::COLORMAP_CIVIDIS);
    static const Table viridis = readTable(cv::COLORMAP_VIRIDIS);
    static const Table jet = readTable(cv::COLORMAP_JET);
    static const Table diverging = divergingTable();
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
    case ColourMap::Jet:
        return jet[index];
    case ColourMap::Diverging:
        return diverging[index];
    case ColourMap::Grey:
        break;
    }
    return {index, index, index};
}

} // namespace livegloss::vision
