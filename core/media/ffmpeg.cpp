#include "ffmpeg.h"

extern "C" {
#include <libavdevice/avdevice.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
}

#include <cstdlib>
#include <mutex>
#include <string_view>

namespace livegloss::media {

std::string errorText(int code) {
    char text[AV_ERROR_MAX_STRING_SIZE] = {};
    av_strerror(code, text, sizeof text);
    return text;
}

tl::unexpected<Error> writeFailure(const std::filesystem::path& path, const std::string& reason) {
    return failure(ErrorCode::WriteFailed, "cannot write " + path.string() + ": " + reason,
                   "Check that the folder exists, can be written to and has room.");
}

Result<void> encodeInto(AVFormatContext& container, AVStream& stream, AVCodecContext& encoder, AVPacket& packet,
                        const AVFrame* picture, std::int64_t duration, const std::filesystem::path& path) {
    int code = avcodec_send_frame(&encoder, picture);
    while (code >= 0) {
        code = avcodec_receive_packet(&encoder, &packet);
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) {
            return {};
        }
        if (code < 0) {
            break;
        }
        packet.stream_index = stream.index;
        packet.duration = duration;
        av_packet_rescale_ts(&packet, encoder.time_base, stream.time_base);
        code = av_interleaved_write_frame(&container, &packet);
    }
    return writeFailure(path, errorText(code));
}

Result<void> completeContainer(AVFormatContext*& container, NewFile& file, const std::filesystem::path& path) {
    int code = av_write_trailer(container);
    const int closed = avio_closep(&container->pb);
    code = code < 0 ? code : closed;
    if (code < 0) {
        return writeFailure(path, errorText(code));
    }
    return file.commit().map([&container] { closeContainer(container); });
}

void closeContainer(AVFormatContext*& container) {
    if (container != nullptr) {
        avio_closep(&container->pb);
        avformat_free_context(container);
        container = nullptr;
    }
}

const std::uint8_t* sideData(const AVStream& stream, AVPacketSideDataType type, std::size_t size) {
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
    const AVPacketSideData* entry =
        av_packet_side_data_get(stream.codecpar->coded_side_data, stream.codecpar->nb_coded_side_data, type);
    return entry != nullptr && entry->size >= size ? entry->data : nullptr;
#else
    std::size_t found = 0;
    const std::uint8_t* data = av_stream_get_side_data(&stream, type, &found);
    return data != nullptr && found >= size ? data : nullptr;
#endif
}

void prepareLibraries() {
    static std::once_flag once;
    std::call_once(once, [] {
        const char* level = std::getenv("LIVEGLOSS_LOG");
        av_log_set_level(level != nullptr && std::string_view(level) == "debug" ? AV_LOG_INFO : AV_LOG_QUIET);
        avdevice_register_all();
        avformat_network_init();
    });
}

} // namespace livegloss::media
