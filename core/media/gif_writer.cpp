#include "media/gif_writer.h"

#include "base/new_file.h"
#include "ffmpeg.h"

extern "C" {
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/opt.h>
}

#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

namespace livegloss::media {

namespace {

namespace fs = std::filesystem;

/// Colours by how often they are used anywhere; an ordered pattern keeps what stands still at rest and the file small.
constexpr const char* kPaletteGraph =
    "format=bgra,split[all][drawn];[all]palettegen=stats_mode=full:reserve_transparent=0[palette];"
    "[drawn][palette]paletteuse=dither=bayer:bayer_scale=4:diff_mode=rectangle";

struct GraphDeleter {
    void operator()(AVFilterGraph* graph) const { avfilter_graph_free(&graph); }
};

class GifWriter final : public VideoWriter {
public:
    GifWriter(fs::path path, GifOptions options) : path_(std::move(path)), options_(std::move(options)) {}
    ~GifWriter() override { abandon(); }

    Result<void> open();
    Result<void> write(const std::uint8_t* rgb) override;
    Result<void> close() override;

private:
    Result<void> openGraph();
    Result<void> openFile(const AVFrame& first);
    Result<void> encode(const AVFrame* picture);
    Result<void> encodeAll();
    void abandon();
    tl::unexpected<Error> internalFailure(const std::string& what, int code) const {
        return failure(ErrorCode::Internal,
                       "cannot draw the GIF " + path_.string() + ": " + what + ": " + errorText(code));
    }

    const fs::path path_;
    const GifOptions options_;
    std::optional<NewFile> file_;
    std::unique_ptr<AVFilterGraph, GraphDeleter> graph_;
    AVFilterContext* source_ = nullptr; ///< the graph's
    AVFilterContext* sink_ = nullptr;   ///< the graph's
    AVFormatContext* container_ = nullptr;
    AVStream* stream_ = nullptr;
    CodecContextPtr encoder_;
    PacketPtr packet_;
    std::int64_t taken_ = 0;
    bool closed_ = false;
};

Result<void> GifWriter::open() {
    prepareLibraries();
    // A folder that cannot be written to is known before the work, not after it.
    file_.emplace(path_);
    if (auto opened = file_->opened(); !opened) {
        return opened;
    }
    packet_.reset(av_packet_alloc());
    return openGraph();
}

Result<void> GifWriter::openGraph() {
    graph_.reset(avfilter_graph_alloc());
    std::array<char, 160> arguments{};
    std::snprintf(arguments.data(), arguments.size(), "video_size=%dx%d:pix_fmt=%d:time_base=1/100:pixel_aspect=1/1",
                  options_.width, options_.height, static_cast<int>(AV_PIX_FMT_RGB24));
    int code = avfilter_graph_create_filter(&source_, avfilter_get_by_name("buffer"), "in", arguments.data(), nullptr,
                                            graph_.get());
    if (code >= 0) {
        code = avfilter_graph_create_filter(&sink_, avfilter_get_by_name("buffersink"), "out", nullptr, nullptr,
                                            graph_.get());
    }
    if (code < 0) {
        return internalFailure("no filters", code);
    }
    AVFilterInOut* outputs = avfilter_inout_alloc();
    AVFilterInOut* inputs = avfilter_inout_alloc();
    outputs->name = av_strdup("in");
    outputs->filter_ctx = source_;
    inputs->name = av_strdup("out");
    inputs->filter_ctx = sink_;
    code = avfilter_graph_parse_ptr(graph_.get(), kPaletteGraph, &inputs, &outputs, nullptr);
    avfilter_inout_free(&inputs);
    avfilter_inout_free(&outputs);
    code = code < 0 ? code : avfilter_graph_config(graph_.get(), nullptr);
    return code < 0 ? Result<void>(internalFailure("no palette filters", code)) : Result<void>();
}

Result<void> GifWriter::write(const std::uint8_t* rgb) {
    if (closed_) {
        return failure(ErrorCode::InvalidArgument, path_.string() + " is closed already");
    }
    AvFramePtr picture(av_frame_alloc());
    picture->format = AV_PIX_FMT_RGB24;
    picture->width = options_.width;
    picture->height = options_.height;
    picture->sample_aspect_ratio = {1, 1};
    if (av_frame_get_buffer(picture.get(), 0) < 0) {
        return failure(ErrorCode::OutOfMemory, "not enough memory for the GIF " + path_.string(),
                       "Choose a shorter span.");
    }
    const auto row = static_cast<std::size_t>(options_.width) * 3;
    for (int y = 0; y < options_.height; ++y) {
        std::memcpy(picture->data[0] + static_cast<std::ptrdiff_t>(y) * picture->linesize[0],
                    rgb + static_cast<std::size_t>(y) * row, row);
    }
    picture->pts = std::llround(static_cast<double>(taken_++) * 100.0 / options_.fps);
    const int code = av_buffersrc_add_frame(source_, picture.get());
    return code < 0 ? Result<void>(internalFailure("a picture was refused", code)) : Result<void>();
}

Result<void> GifWriter::openFile(const AVFrame& first) {
    const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_GIF);
    int code = avformat_alloc_output_context2(&container_, nullptr, "gif", ("file:" + file_->path().string()).c_str());
    if (codec == nullptr || code < 0) {
        return failure(ErrorCode::Unsupported, "FFmpeg was built without GIF");
    }
    encoder_.reset(avcodec_alloc_context3(codec));
    encoder_->width = first.width;
    encoder_->height = first.height;
    encoder_->pix_fmt = static_cast<AVPixelFormat>(first.format);
    encoder_->time_base = {1, 100};
    encoder_->flags |= AV_CODEC_FLAG_BITEXACT;
    code = avcodec_open2(encoder_.get(), codec, nullptr);
    if (code < 0) {
        return internalFailure("the encoder refuses", code);
    }
    stream_ = avformat_new_stream(container_, nullptr);
    if (stream_ == nullptr || avcodec_parameters_from_context(stream_->codecpar, encoder_.get()) < 0) {
        return failure(ErrorCode::OutOfMemory, "not enough memory to write " + path_.string());
    }
    stream_->time_base = encoder_->time_base;
    container_->flags |= AVFMT_FLAG_BITEXACT;
    code = avio_open(&container_->pb, container_->url, AVIO_FLAG_WRITE);
    code = code < 0 ? code : avformat_write_header(container_, nullptr);
    return code < 0 ? Result<void>(writeFailure(path_, errorText(code))) : Result<void>();
}

Result<void> GifWriter::encode(const AVFrame* picture) {
    return encodeInto(*container_, *stream_, *encoder_, *packet_, picture, std::llround(100.0 / options_.fps), path_);
}

Result<void> GifWriter::encodeAll() {
    const int ended = av_buffersrc_add_frame(source_, nullptr);
    if (ended < 0) {
        return internalFailure("the end was refused", ended);
    }
    const AvFramePtr picture(av_frame_alloc());
    while (true) {
        if (options_.cancelled && options_.cancelled()) {
            return failure(ErrorCode::Cancelled, "stopped before the GIF was complete");
        }
        const int code = av_buffersink_get_frame(sink_, picture.get());
        if (code == AVERROR_EOF) {
            return container_ != nullptr ? encode(nullptr)
                                         : failure(ErrorCode::InvalidArgument, "a GIF needs a picture at least");
        }
        if (code < 0) {
            return internalFailure("the palette", code);
        }
        const auto written = (container_ != nullptr ? Result<void>() : openFile(*picture)).and_then([&] {
            return encode(picture.get());
        });
        av_frame_unref(picture.get());
        if (!written) {
            return written;
        }
    }
}

Result<void> GifWriter::close() {
    if (closed_) {
        return {};
    }
    auto outcome = encodeAll().and_then([this] { return completeContainer(container_, *file_, path_); });
    closed_ = true;
    if (!outcome) {
        abandon();
    }
    return outcome;
}

void GifWriter::abandon() {
    closeContainer(container_);
    file_.reset();
}

} // namespace

Result<std::unique_ptr<VideoWriter>> createGif(const fs::path& path, const GifOptions& options) {
    constexpr int largestSide = 4096;
    if (options.width < 2 || options.height < 2 || options.width > largestSide || options.height > largestSide ||
        !std::isfinite(options.fps) || options.fps < 0.5 || options.fps > 50.0) {
        return failure(ErrorCode::InvalidArgument,
                       "a GIF of " + std::to_string(options.width) + " x " + std::to_string(options.height) +
                           " pixels at " + std::to_string(options.fps) + " pictures a second cannot be written",
                       "Sides go from 2 to 4096 pixels, the rate from 0.5 to 50.");
    }
    auto writer = std::make_unique<GifWriter>(path, options);
    if (auto opened = writer->open(); !opened) {
        return tl::unexpected(std::move(opened.error()));
    }
    return std::unique_ptr<VideoWriter>(std::move(writer));
}

} // namespace livegloss::media
