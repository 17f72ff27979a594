#pragma once

#include "media/video_writer.h"

#include <QTest>
#include <cstdint>
#include <string>
#include <vector>

namespace livegloss::test {

/// 60 frames of a square that moves, 96 x 96.
inline void drawClip(const std::string& path) {
    constexpr int kSide = 96;
    auto writer = media::createVideo(path, {.width = kSide, .height = kSide, .fps = 25.0, .crf = 28});
    QVERIFY(writer.has_value());
    for (int frame = 0; frame < 60; ++frame) {
        std::vector<std::uint8_t> rgb(kSide * kSide * 3, 40);
        for (int y = 30; y < 60; ++y) {
            for (int x = 0; x < 30; ++x) {
                rgb[static_cast<std::size_t>((y * kSide + (x + frame * 3) % kSide) * 3)] = 220;
            }
        }
        QVERIFY((*writer)->write(rgb.data()).has_value());
    }
    QVERIFY((*writer)->close().has_value());
}

} // namespace livegloss::test
