#pragma once

#include "base/frame.h"
#include "media/video_writer.h"

#include <QString>
#include <cstdint>
#include <filesystem>
#include <vector>

// Clips whose frames carry their number in their pixels: a row of blocks, black or white, one a bit, over a grey
// gradient. Survives compression.
namespace livegloss::test {

inline constexpr int indexBits = 10;

inline std::vector<std::uint8_t> indexPicture(int index, int width, int height) {
    std::vector<std::uint8_t> rgb(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const int bit = x * indexBits / width;
            const int block = (index >> bit) & 1 ? 235 : 20;
            const int value = y < height / 2 ? block : 60 + 100 * x / width;
            std::fill_n(rgb.begin() + (static_cast<std::ptrdiff_t>(y) * width + x) * 3, 3,
                        static_cast<std::uint8_t>(value));
        }
    }
    return rgb;
}

inline int indexOf(const Frame& frame) {
    int index = 0;
    for (int bit = 0; bit < indexBits; ++bit) {
        const int x = (2 * bit + 1) * frame.width / (2 * indexBits);
        const int y = frame.height / 4;
        index |= (frame.rgb[static_cast<std::size_t>((y * frame.width + x) * 3)] > 127 ? 1 : 0) << bit;
    }
    return index;
}

/// An empty string, or what went wrong.
inline QString writeIndexClip(const std::filesystem::path& path, int frames, double fps = 25.0, int width = 160,
                              int height = 96) {
    auto video = media::createVideo(path, {.width = width, .height = height, .fps = fps});
    if (!video) {
        return QString::fromStdString(video.error().message);
    }
    for (int index = 0; index < frames; ++index) {
        if (auto written = (*video)->write(indexPicture(index, width, height).data()); !written) {
            return QString::fromStdString(written.error().message);
        }
    }
    const auto closed = (*video)->close();
    return closed ? QString() : QString::fromStdString(closed.error().message);
}

} // namespace livegloss::test
