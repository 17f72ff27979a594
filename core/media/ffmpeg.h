#pragma once

// Owners for FFmpeg's objects and its error texts; private to this folder.

#include "base/new_file.h"
#include "base/result.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
#include <libswscale/swscale.h>
}

#include <filesystem>
#include <memory>
#include <string>

namespace livegloss::media {

/// Pictures above this many pixels are refused.
constexpr std::int64_t maxPixels = std::int64_t{8192} * 4320;

struct PacketDeleter {
    void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};
struct AvFrameDeleter {
    void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
struct CodecContextDeleter {
    void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
};
struct ScalerDeleter {
    void operator()(SwsContext* scaler) const { sws_freeContext(scaler); }
};

using PacketPtr = std::unique_ptr<AVPacket, PacketDeleter>;
using AvFramePtr = std::unique_ptr<AVFrame, AvFrameDeleter>;
using CodecContextPtr = std::unique_ptr<AVCodecContext, CodecContextDeleter>;
using ScalerPtr = std::unique_ptr<SwsContext, ScalerDeleter>;

/// FFmpeg's words for a negative return value.
std::string errorText(int code);

/// What cannot be written and why.
tl::unexpected<Error> writeFailure(const std::filesystem::path& path, const std::string& reason);

/// Hands one picture, or the end (null), to `encoder` and writes what comes out, `duration` of the encoder's time base
/// a picture. WriteFailed about `path`.
Result<void> encodeInto(AVFormatContext& container, AVStream& stream, AVCodecContext& encoder, AVPacket& packet,
                        const AVFrame* picture, std::int64_t duration, const std::filesystem::path& path);

/// Writes the container's end, closes it and gives `file` its name in one step; on success `container` is gone.
/// WriteFailed about `path`; closeContainer() then.
Result<void> completeContainer(AVFormatContext*& container, NewFile& file, const std::filesystem::path& path);
/// Lets a container go that is not to be completed; nothing where it is null.
void closeContainer(AVFormatContext*& container);

/// A stream's side data of one type with at least `size` bytes; null where it has none.
const std::uint8_t* sideData(const AVStream& stream, AVPacketSideDataType type, std::size_t size);

/// Lowers FFmpeg's own logging to what LIVEGLOSS_LOG asks for. Called before anything is opened; cheap when repeated.
void prepareLibraries();

} // namespace livegloss::media
