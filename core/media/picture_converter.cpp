#include "picture_converter.h"

extern "C" {
#include <libavutil/pixdesc.h>
}

#include <cmath>
#include <string>
#include <utility>

namespace livegloss::media {

namespace {

/// The older names of full-range formats say twice what the range says; the scaler wants it said once.
AVPixelFormat withoutRange(AVPixelFormat format) {
    switch (format) {
    case AV_PIX_FMT_YUVJ411P:
        return AV_PIX_FMT_YUV411P;
    case AV_PIX_FMT_YUVJ420P:
        return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P:
        return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ440P:
        return AV_PIX_FMT_YUV440P;
    case AV_PIX_FMT_YUVJ444P:
        return AV_PIX_FMT_YUV444P;
    default:
        return format;
    }
}

/// Coefficients from YUV to RGB. Where the video does not name them, high definition is taken as BT.709, the rest as
/// BT.601, as players do.
const int* coefficients(AVColorSpace matrix, int width, int height) {
    switch (matrix) {
    case AVCOL_SPC_BT709:
        return sws_getCoefficients(SWS_CS_ITU709);
    case AVCOL_SPC_FCC:
        return sws_getCoefficients(SWS_CS_FCC);
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
        return sws_getCoefficients(SWS_CS_ITU601);
    case AVCOL_SPC_SMPTE240M:
        return sws_getCoefficients(SWS_CS_SMPTE240M);
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
        return sws_getCoefficients(SWS_CS_BT2020);
    default:
        return sws_getCoefficients(width >= 1280 || height > 576 ? SWS_CS_ITU709 : SWS_CS_ITU601);
    }
}

} // namespace

PictureConverter::Format PictureConverter::formatOf(const AVFrame& picture, AVRational pixelAspect) {
    Format format;
    format.width = picture.width;
    format.height = picture.height;
    const auto stored = static_cast<AVPixelFormat>(picture.format);
    format.pixels = withoutRange(stored);
    format.matrix = picture.colorspace;
    format.fullRange = stored != format.pixels || picture.color_range == AVCOL_RANGE_JPEG;
    format.targetWidth = picture.width;
    format.targetHeight = picture.height;
    // The longer way to square pixels: one side grows, nothing is lost. A ratio beyond 4 is a damaged header.
    const double aspect = pixelAspect.num > 0 && pixelAspect.den > 0 ? av_q2d(pixelAspect) : 1.0;
    if (aspect > 1.0 && aspect <= 4.0) {
        format.targetWidth = static_cast<int>(std::lround(picture.width * aspect));
    } else if (aspect < 1.0 && aspect >= 0.25) {
        format.targetHeight = static_cast<int>(std::lround(picture.height / aspect));
    }
    if (std::int64_t{format.targetWidth} * format.targetHeight > maxPixels) {
        format.targetWidth = picture.width;
        format.targetHeight = picture.height;
    }
    return format;
}

Result<void> PictureConverter::prepare(const Format& format) {
    if (scaler_ && format == format_) {
        return {};
    }
    scaler_.reset(sws_getContext(format.width, format.height, format.pixels, format.targetWidth, format.targetHeight,
                                 AV_PIX_FMT_RGB24, SWS_BILINEAR, nullptr, nullptr, nullptr));
    if (!scaler_) {
        const char* name = av_get_pix_fmt_name(format.pixels);
        return failure(ErrorCode::Unsupported,
                       "pictures of the pixel format " + std::string(name != nullptr ? name : "(unknown)") +
                           " cannot be shown",
                       "Convert the video to H.264 with yuv420p pixels.");
    }
    // A scaler between RGB formats has no YUV coefficients to set and says so; that is no failure.
    sws_setColorspaceDetails(scaler_.get(), coefficients(format.matrix, format.width, format.height),
                             format.fullRange ? 1 : 0, sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
    format_ = format;
    return {};
}

Result<std::shared_ptr<Frame>> PictureConverter::convert(const AVFrame& picture, AVRational pixelAspect,
                                                         const Orientation& streamOrientation) {
    if (picture.width <= 0 || picture.height <= 0 || std::int64_t{picture.width} * picture.height > maxPixels) {
        return failure(ErrorCode::Unsupported, "pictures of " + std::to_string(picture.width) + " x " +
                                                   std::to_string(picture.height) + " pixels are too large");
    }
    const Format format = formatOf(picture, pixelAspect);
    if (auto prepared = prepare(format); !prepared) {
        return tl::unexpected(std::move(prepared.error()));
    }
    const auto bytes = static_cast<std::size_t>(format.targetWidth) * static_cast<std::size_t>(format.targetHeight) * 3;
    auto frame = std::make_shared<Frame>();
    // The scaler may write whole vectors past the last pixel; the spare room keeps that inside the allocation.
    constexpr std::size_t spare = 64;
    frame->rgb.reserve(bytes + spare);
    frame->rgb.resize(bytes);
    std::uint8_t* const planes[] = {frame->rgb.data(), nullptr, nullptr, nullptr};
    const int strides[] = {format.targetWidth * 3, 0, 0, 0};
    if (sws_scale(scaler_.get(), picture.data, picture.linesize, 0, format.height, planes, strides) <= 0) {
        return failure(ErrorCode::Unreadable, "a picture could not be converted to RGB");
    }
    frame->width = format.targetWidth;
    frame->height = format.targetHeight;

    Orientation orientation = streamOrientation;
    if (const AVFrameSideData* data = av_frame_get_side_data(&picture, AV_FRAME_DATA_DISPLAYMATRIX);
        data != nullptr && data->size >= 9 * sizeof(std::int32_t)) {
        orientation = orientationOf(reinterpret_cast<const std::int32_t*>(data->data));
    }
    if (!orientation.isUpright()) {
        std::vector<std::uint8_t> upright(bytes);
        turnUpright(frame->rgb.data(), frame->width, frame->height, orientation, upright.data());
        frame->rgb = std::move(upright);
        if (orientation.transposed) {
            std::swap(frame->width, frame->height);
        }
    }
    return frame;
}

} // namespace livegloss::media
