#include "picture_file.h"

#include <cstring>
#include <fstream>
#include <string_view>
#include <vector>

namespace livegloss::media {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargest = 64U << 20U;

tl::unexpected<Error> unreadable(const fs::path& path, const std::string& why) {
    return failure(ErrorCode::Unreadable, path.string() + " " + why, "Take the file from its source again.");
}

AVCodecID codecOf(std::string_view bytes) {
    if (bytes.starts_with("\x89PNG")) {
        return AV_CODEC_ID_PNG;
    }
    if (bytes.starts_with("\xFF\xD8\xFF")) {
        return AV_CODEC_ID_MJPEG;
    }
    if (bytes.starts_with("BM")) {
        return AV_CODEC_ID_BMP;
    }
    return bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP") ? AV_CODEC_ID_WEBP : AV_CODEC_ID_NONE;
}

Result<std::string> bytesOf(const fs::path& path) {
    std::error_code problem;
    const std::uintmax_t size = fs::file_size(path, problem);
    if (problem || size > kLargest) {
        return unreadable(path, problem ? "cannot be read: " + problem.message() : "is larger than 64 MiB");
    }
    std::string bytes(static_cast<std::size_t>(size), '\0');
    std::ifstream stream(path, std::ios::binary);
    if (!stream.read(bytes.data(), static_cast<std::streamsize>(size))) {
        return unreadable(path, "cannot be read");
    }
    return bytes;
}

/// The picture in `bytes`; null and the code of the failed call where it cannot be decoded.
AvFramePtr decode(AVCodecID id, const std::string& bytes, int& code) {
    const AVCodec* decoder = avcodec_find_decoder(id);
    const CodecContextPtr codec(decoder == nullptr ? nullptr : avcodec_alloc_context3(decoder));
    const PacketPtr packet(av_packet_alloc());
    AvFramePtr picture(av_frame_alloc());
    code = AVERROR(ENOMEM);
    if (!codec || !packet || !picture || av_new_packet(packet.get(), static_cast<int>(bytes.size())) < 0) {
        return nullptr;
    }
    std::memcpy(packet->data, bytes.data(), bytes.size());
    codec->max_pixels = maxPixels;
    codec->thread_count = 1;
    codec->err_recognition = AV_EF_EXPLODE;
    code = avcodec_open2(codec.get(), decoder, nullptr);
    code = code < 0 ? code : avcodec_send_packet(codec.get(), packet.get());
    code = code < 0 ? code : avcodec_send_packet(codec.get(), nullptr);
    code = code < 0 ? code : avcodec_receive_frame(codec.get(), picture.get());
    return code < 0 ? nullptr : std::move(picture);
}

} // namespace

Result<std::shared_ptr<Frame>> readPicture(const fs::path& path, PictureConverter& converter) {
    prepareLibraries();
    const auto bytes = bytesOf(path);
    if (!bytes) {
        return tl::unexpected(bytes.error());
    }
    const AVCodecID id = codecOf(*bytes);
    if (id == AV_CODEC_ID_NONE) {
        return unreadable(path, "is no PNG, JPEG, BMP or WebP picture");
    }
    int code = 0;
    const AvFramePtr picture = decode(id, *bytes, code);
    if (!picture) {
        return unreadable(path, "is damaged: " + errorText(code));
    }
    auto frame = converter.convert(*picture, AVRational{0, 1}, {});
    return frame ? std::move(frame) : unreadable(path, "cannot be converted: " + frame.error().message);
}

} // namespace livegloss::media
