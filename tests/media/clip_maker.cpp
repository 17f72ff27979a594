#include "clip_maker.h"

extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace livegloss::test {

namespace {

/// Thrown inside this file only.
struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

int check(int code, const char* what) {
    if (code < 0) {
        char text[AV_ERROR_MAX_STRING_SIZE] = {};
        av_strerror(code, text, sizeof text);
        throw Failure(std::string(what) + ": " + text);
    }
    return code;
}

struct Reader {
    explicit Reader(const std::string& path) {
        check(avformat_open_input(&context, path.c_str(), nullptr, nullptr), "open input");
        check(avformat_find_stream_info(context, nullptr), "find streams");
    }
    ~Reader() { avformat_close_input(&context); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    AVFormatContext* context = nullptr;
};

struct Writer {
    explicit Writer(const std::string& path) {
        check(avformat_alloc_output_context2(&context, nullptr, nullptr, path.c_str()), "choose container");
        stream = avformat_new_stream(context, nullptr);
    }
    ~Writer() {
        avio_closep(&context->pb);
        avformat_free_context(context);
    }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    void begin(const std::string& options) {
        check(avio_open(&context->pb, context->url, AVIO_FLAG_WRITE), "open output");
        AVDictionary* dictionary = nullptr;
        av_dict_parse_string(&dictionary, options.c_str(), "=", ":", 0);
        const int code = avformat_write_header(context, &dictionary);
        av_dict_free(&dictionary);
        check(code, "write header");
    }
    AVFormatContext* context = nullptr;
    AVStream* stream = nullptr;
};

struct PacketFree {
    void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};
struct FrameFree {
    void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
struct CodecFree {
    void operator()(AVCodecContext* codec) const { avcodec_free_context(&codec); }
};

void setDisplayMatrix(AVStream& stream, const std::array<std::int32_t, 9>& matrix) {
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
    AVCodecParameters& parameters = *stream.codecpar;
    auto* data = av_packet_side_data_new(&parameters.coded_side_data, &parameters.nb_coded_side_data,
                                         AV_PKT_DATA_DISPLAYMATRIX, sizeof matrix, 0);
    std::memcpy(data->data, matrix.data(), sizeof matrix);
#else
    std::memcpy(av_stream_new_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, sizeof matrix), matrix.data(),
                sizeof matrix);
#endif
}

void copyPackets(const std::string& from, const std::string& to, const ClipEdits& edits) {
    Reader reader(from);
    Writer writer(to);
    const AVStream& source = *reader.context->streams[0];
    check(avcodec_parameters_copy(writer.stream->codecpar, source.codecpar), "copy format");
    writer.stream->codecpar->codec_tag = 0;
    // AVI counts frames, so its tick has to be one frame.
    const bool countsFrames = std::string_view(writer.context->oformat->name) == "avi";
    writer.stream->time_base = countsFrames ? av_inv_q(source.avg_frame_rate) : source.time_base;
    writer.stream->avg_frame_rate = source.avg_frame_rate;
    if (edits.pixelAspect.num > 0) {
        writer.stream->sample_aspect_ratio = edits.pixelAspect;
        writer.stream->codecpar->sample_aspect_ratio = edits.pixelAspect;
    }
    if (edits.displayMatrix) {
        setDisplayMatrix(*writer.stream, *edits.displayMatrix);
    }
    writer.begin(edits.muxerOptions);
    const std::unique_ptr<AVPacket, PacketFree> packet(av_packet_alloc());
    for (int number = 0; av_read_frame(reader.context, packet.get()) >= 0; ++number) {
        if (edits.change) {
            edits.change(*packet, number);
        }
        if (packet->size == 0) {
            av_packet_unref(packet.get());
            continue;
        }
        if (edits.retime) {
            const AVRational milliseconds{1, 1000};
            const auto moved = [&](std::int64_t stamp) {
                return av_rescale_q(edits.retime(av_rescale_q(stamp, source.time_base, milliseconds)), milliseconds,
                                    source.time_base);
            };
            packet->pts = moved(packet->pts);
            packet->dts = moved(packet->dts);
        }
        av_packet_rescale_ts(packet.get(), source.time_base, writer.stream->time_base);
        packet->stream_index = 0;
        packet->pos = -1;
        check(av_interleaved_write_frame(writer.context, packet.get()), "write packet");
    }
    check(av_write_trailer(writer.context), "write trailer");
}

std::unique_ptr<AVCodecContext, CodecFree> openEncoder(const EncodeOptions& options, bool globalHeader) {
    const AVCodec* codec = avcodec_find_encoder_by_name(options.codec.c_str());
    if (codec == nullptr) {
        throw Failure("no encoder " + options.codec);
    }
    std::unique_ptr<AVCodecContext, CodecFree> encoder(avcodec_alloc_context3(codec));
    encoder->width = options.width;
    encoder->height = options.height;
    encoder->pix_fmt = options.pixels;
    encoder->time_base = {1, 25};
    encoder->framerate = {25, 1};
    encoder->colorspace = options.matrix;
    encoder->color_range = options.fullRange ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    encoder->thread_count = 1;
    encoder->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
    if (options.interlaced) {
        encoder->flags |= AV_CODEC_FLAG_INTERLACED_DCT | AV_CODEC_FLAG_INTERLACED_ME;
    }
    if (globalHeader) {
        encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    }
    check(avcodec_open2(encoder.get(), codec, nullptr), "open encoder");
    return encoder;
}

void drain(AVCodecContext& encoder, const AVFrame* frame, Writer& writer) {
    check(avcodec_send_frame(&encoder, frame), "encode");
    const std::unique_ptr<AVPacket, PacketFree> packet(av_packet_alloc());
    while (avcodec_receive_packet(&encoder, packet.get()) >= 0) {
        packet->stream_index = 0;
        packet->duration = 1;
        av_packet_rescale_ts(packet.get(), encoder.time_base, writer.stream->time_base);
        check(av_interleaved_write_frame(writer.context, packet.get()), "write packet");
    }
}

void encodeAll(const std::string& path, const EncodeOptions& options,
               const std::function<std::vector<std::uint8_t>(int)>& picture) {
    av_log_set_level(AV_LOG_ERROR);
    Writer writer(path);
    const auto encoder = openEncoder(options, (writer.context->oformat->flags & AVFMT_GLOBALHEADER) != 0);
    check(avcodec_parameters_from_context(writer.stream->codecpar, encoder.get()), "copy format");
    writer.stream->time_base = encoder->time_base;
    writer.stream->avg_frame_rate = encoder->framerate;
    writer.begin({});
    const std::unique_ptr<SwsContext, decltype(&sws_freeContext)> scaler(
        sws_getContext(options.width, options.height, AV_PIX_FMT_RGB24, options.width, options.height, options.pixels,
                       SWS_BICUBIC | SWS_ACCURATE_RND, nullptr, nullptr, nullptr),
        &sws_freeContext);
    const int* matrix = sws_getCoefficients(options.matrix == AVCOL_SPC_BT709 ? SWS_CS_ITU709 : SWS_CS_ITU601);
    sws_setColorspaceDetails(scaler.get(), matrix, 1, matrix, options.fullRange ? 1 : 0, 0, 1 << 16, 1 << 16);
    const std::unique_ptr<AVFrame, FrameFree> frame(av_frame_alloc());
    frame->format = options.pixels;
    frame->width = options.width;
    frame->height = options.height;
    frame->color_range = encoder->color_range;
    frame->colorspace = encoder->colorspace;
    check(av_frame_get_buffer(frame.get(), 0), "allocate");
    for (int index = 0; index < options.frames; ++index) {
        check(av_frame_make_writable(frame.get()), "allocate");
        const std::vector<std::uint8_t> rgb = picture(index);
        const std::uint8_t* const planes[] = {rgb.data(), nullptr, nullptr, nullptr};
        const int strides[] = {options.width * 3, 0, 0, 0};
        sws_scale(scaler.get(), planes, strides, 0, options.height, frame->data, frame->linesize);
        frame->pts = index;
        drain(*encoder, frame.get(), writer);
    }
    drain(*encoder, nullptr, writer);
    check(av_write_trailer(writer.context), "write trailer");
}

} // namespace

QString remux(const std::string& from, const std::string& to, const ClipEdits& edits) {
    try {
        copyPackets(from, to, edits);
        return {};
    } catch (const Failure& failure) {
        return QString::fromStdString(to + ": " + failure.what());
    }
}

QString encodeClip(const std::string& path, const EncodeOptions& options,
                   const std::function<std::vector<std::uint8_t>(int)>& picture) {
    try {
        encodeAll(path, options, picture);
        return {};
    } catch (const Failure& failure) {
        return QString::fromStdString(path + ": " + failure.what());
    }
}

} // namespace livegloss::test
