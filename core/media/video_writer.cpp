#include "media/video_writer.h"

#include "base/new_file.h"
#include "ffmpeg.h"

extern "C" {
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

#include <cmath>
#include <optional>
#include <utility>

namespace livegloss::media {

namespace {

namespace fs = std::filesystem;

class H264Writer final : public VideoWriter {
public:
    H264Writer(fs::path path, const VideoWriterOptions& options) : path_(std::move(path)), options_(options) {}

    ~H264Writer() override {
        encoder_.reset();
        if (container_ != nullptr) {
            abandon();
        }
    }

    Result<void> open();
    Result<void> write(const std::uint8_t* rgb) override;
    Result<void> close() override;

private:
    Result<void> openEncoder();
    Result<void> openContainer();
    Result<void> openScaler();
    Result<void> encode(const AVFrame* picture);
    void abandon();

    const fs::path path_;
    const VideoWriterOptions options_;
    std::optional<NewFile> file_;
    AVFormatContext* container_ = nullptr;
    AVStream* stream_ = nullptr;
    CodecContextPtr encoder_;
    ScalerPtr scaler_;
    AvFramePtr picture_;
    PacketPtr packet_;
    std::int64_t written_ = 0;
};

Result<void> H264Writer::open() {
    prepareLibraries();
    file_.emplace(path_);
    if (auto opened = file_->opened(); !opened) {
        return opened;
    }
    const std::string url = "file:" + file_->path().string();
    const int code = avformat_alloc_output_context2(&container_, nullptr, "mp4", url.c_str());
    if (code < 0) {
        return failure(ErrorCode::Unsupported, "FFmpeg has no MP4 writer: " + errorText(code));
    }
    return openEncoder().and_then([this] { return openScaler(); }).and_then([this] { return openContainer(); });
}

Result<void> H264Writer::openEncoder() {
    const AVCodec* codec = avcodec_find_encoder_by_name("libx264");
    if (codec == nullptr) {
        return failure(ErrorCode::Unsupported, "FFmpeg was built without the H.264 encoder libx264",
                       "Install an FFmpeg that has it; Debian's package libavcodec-extra does.");
    }
    encoder_.reset(avcodec_alloc_context3(codec));
    encoder_->width = options_.width;
    encoder_->height = options_.height;
    encoder_->framerate = av_d2q(options_.fps, 100000);
    encoder_->time_base = av_inv_q(encoder_->framerate);
    encoder_->sample_aspect_ratio = {1, 1};
    encoder_->pix_fmt = AV_PIX_FMT_YUV420P;
    encoder_->color_range = AVCOL_RANGE_MPEG;
    encoder_->colorspace = AVCOL_SPC_BT709;
    encoder_->color_primaries = AVCOL_PRI_BT709;
    encoder_->color_trc = AVCOL_TRC_BT709;
    encoder_->thread_count = 1; // the same pictures give the same bytes
    encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    av_opt_set(encoder_->priv_data, "preset", "medium", 0);
    av_opt_set_double(encoder_->priv_data, "crf", options_.crf, 0);
    const int code = avcodec_open2(encoder_.get(), codec, nullptr);
    if (code < 0) {
        return failure(ErrorCode::InvalidArgument, "the H.264 encoder refuses this format: " + errorText(code));
    }
    return {};
}

Result<void> H264Writer::openContainer() {
    stream_ = avformat_new_stream(container_, nullptr);
    if (stream_ == nullptr || avcodec_parameters_from_context(stream_->codecpar, encoder_.get()) < 0) {
        return failure(ErrorCode::OutOfMemory, "not enough memory to write " + path_.string());
    }
    stream_->time_base = encoder_->time_base;
    stream_->avg_frame_rate = encoder_->framerate;
    container_->flags |= AVFMT_FLAG_BITEXACT;
    int code = avio_open(&container_->pb, container_->url, AVIO_FLAG_WRITE);
    if (code < 0) {
        return writeFailure(path_, errorText(code));
    }
    AVDictionary* settings = nullptr;
    av_dict_set(&settings, "movflags", "+faststart", 0);
    code = avformat_write_header(container_, &settings);
    av_dict_free(&settings);
    if (code < 0) {
        return writeFailure(path_, errorText(code));
    }
    return {};
}

Result<void> H264Writer::openScaler() {
    scaler_.reset(sws_getContext(options_.width, options_.height, AV_PIX_FMT_RGB24, options_.width, options_.height,
                                 AV_PIX_FMT_YUV420P, SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT, nullptr, nullptr,
                                 nullptr));
    picture_.reset(av_frame_alloc());
    packet_.reset(av_packet_alloc());
    if (!scaler_ || !picture_ || !packet_) {
        return failure(ErrorCode::OutOfMemory, "not enough memory to write " + path_.string());
    }
    const int* matrix = sws_getCoefficients(SWS_CS_ITU709);
    sws_setColorspaceDetails(scaler_.get(), matrix, 1, matrix, 0, 0, 1 << 16, 1 << 16);
    picture_->format = AV_PIX_FMT_YUV420P;
    picture_->width = options_.width;
    picture_->height = options_.height;
    if (av_frame_get_buffer(picture_.get(), 0) < 0) {
        return failure(ErrorCode::OutOfMemory, "not enough memory to write " + path_.string());
    }
    return {};
}

Result<void> H264Writer::write(const std::uint8_t* rgb) {
    if (container_ == nullptr) {
        return failure(ErrorCode::InvalidArgument, path_.string() + " is closed already");
    }
    if (av_frame_make_writable(picture_.get()) < 0) {
        return failure(ErrorCode::OutOfMemory, "not enough memory to write " + path_.string());
    }
    const std::uint8_t* const planes[] = {rgb, nullptr, nullptr, nullptr};
    const int strides[] = {options_.width * 3, 0, 0, 0};
    sws_scale(scaler_.get(), planes, strides, 0, options_.height, picture_->data, picture_->linesize);
    picture_->pts = written_++;
    return encode(picture_.get());
}

Result<void> H264Writer::encode(const AVFrame* picture) {
    return encodeInto(*container_, *stream_, *encoder_, *packet_, picture, 1, path_);
}

Result<void> H264Writer::close() {
    if (container_ == nullptr) {
        return {};
    }
    Result<void> outcome = encode(nullptr).and_then([this] { return completeContainer(container_, *file_, path_); });
    if (!outcome) {
        abandon();
    }
    return outcome;
}

void H264Writer::abandon() {
    closeContainer(container_);
    file_.reset();
}

} // namespace

Result<std::unique_ptr<VideoWriter>> createVideo(const std::filesystem::path& path, const VideoWriterOptions& options) {
    constexpr int largestSide = 16384;
    if (options.width < 2 || options.height < 2 || options.width > largestSide || options.height > largestSide ||
        options.width % 2 != 0 || options.height % 2 != 0) {
        return failure(ErrorCode::InvalidArgument,
                       "a video of " + std::to_string(options.width) + " x " + std::to_string(options.height) +
                           " pixels cannot be written",
                       "Width and height must be even numbers from 2 to 16384.");
    }
    if (!std::isfinite(options.fps) || options.fps < 0.1 || options.fps > 1000.0) {
        return failure(ErrorCode::InvalidArgument,
                       "a video cannot have " + std::to_string(options.fps) + " frames a second",
                       "Choose a rate from 0.1 to 1000.");
    }
    auto writer = std::make_unique<H264Writer>(path, options);
    if (auto opened = writer->open(); !opened) {
        return tl::unexpected(std::move(opened.error()));
    }
    return std::unique_ptr<VideoWriter>(std::move(writer));
}

} // namespace livegloss::media
