#pragma once

#include "base/frame.h"
#include "base/result.h"
#include "ffmpeg.h"
#include "upright.h"

#include <memory>

namespace livegloss::media {

/// Turns decoded pictures of any format into upright RGB frames of square pixels; the format may change from one
/// picture to the next. One thread at a time.
class PictureConverter {
public:
    /// `pixelAspect`: width over height of the stored pixels, 0/1 where unknown. The picture's own display matrix wins
    /// over `streamOrientation`. The frame's size and pixels are set, nothing else.
    Result<std::shared_ptr<Frame>> convert(const AVFrame& picture, AVRational pixelAspect,
                                           const Orientation& streamOrientation);

private:
    struct Format {
        int width = 0;
        int height = 0;
        AVPixelFormat pixels = AV_PIX_FMT_NONE;
        AVColorSpace matrix = AVCOL_SPC_UNSPECIFIED;
        bool fullRange = false;
        int targetWidth = 0;
        int targetHeight = 0;
        bool operator==(const Format&) const = default;
    };

    static Format formatOf(const AVFrame& picture, AVRational pixelAspect);
    Result<void> prepare(const Format& format);

    Format format_;
    ScalerPtr scaler_;
};

} // namespace livegloss::media
