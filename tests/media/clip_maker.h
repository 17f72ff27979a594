#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
}

#include <QString>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

// Makes the odd clips that tests need. Functions return an empty string, or what went wrong.
namespace livegloss::test {

struct ClipEdits {
    std::optional<std::array<std::int32_t, 9>> displayMatrix;
    AVRational pixelAspect{0, 1};
    /// Shown times in milliseconds: from what they are to what they become. Reordered frames keep their order.
    std::function<std::int64_t(std::int64_t)> retime;
    /// May change or empty the packet with this number.
    std::function<void(AVPacket&, int)> change;
    std::string muxerOptions; ///< key=value:key=value
};

/// Copies the packets of `from` to `to`; the container follows from the name's ending.
QString remux(const std::string& from, const std::string& to, const ClipEdits& edits = {});

struct EncodeOptions {
    std::string codec = "ffv1";
    AVPixelFormat pixels = AV_PIX_FMT_YUV420P;
    AVColorSpace matrix = AVCOL_SPC_BT709;
    bool fullRange = false;
    bool interlaced = false;
    int width = 64;
    int height = 64;
    int frames = 5;
};

/// Encodes pictures (packed RGB) given by their number.
QString encodeClip(const std::string& path, const EncodeOptions& options,
                   const std::function<std::vector<std::uint8_t>(int)>& picture);

} // namespace livegloss::test
