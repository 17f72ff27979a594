#include "input.h"

#include "input_errors.h"

extern "C" {
#include <libavutil/avstring.h>
}

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace livegloss::media {

namespace {

using namespace std::chrono_literals;

// Containers that hold their media themselves. Playlists (HLS, DASH, concat, image sequences, session descriptions)
// name other files or addresses and are not among them, whatever the file is called.
constexpr const char* containers =
    "mov,matroska,avi,flv,live_flv,mpegts,mpeg,mpegvideo,m4v,h264,hevc,vvc,av1,obu,ivf,ogg,asf,"
    "wtv,mxf,gif,apng,nut,dv,rm,mjpeg,yuv4mpegpipe,h261,h263,dirac,vc1,gxf,nsv,swf,"
    "mp3,wav,flac,aac,ac3,aiff,caf,w64,amr,ape";
constexpr const char* streamFormats = "mpjpeg,mjpeg,mpegts,matroska,mov,flv,ogg,rtsp,h264,hevc";

bool isListed(const AVInputFormat& format, const char* list) {
    return av_match_list(format.name, list, ',') > 0;
}

/// Owns the options of one call.
class Options {
public:
    Options() = default;
    ~Options() { av_dict_free(&dictionary_); }
    Options(const Options&) = delete;
    Options& operator=(const Options&) = delete;
    Options& set(const char* key, const char* value) {
        av_dict_set(&dictionary_, key, value, 0);
        return *this;
    }
    AVDictionary** get() { return &dictionary_; }

private:
    AVDictionary* dictionary_ = nullptr;
};

/// Refuses what is no readable regular file, before FFmpeg sees it: opening a pipe, for one, could block for ever.
Result<void> checkFile(const std::string& path, const std::string& name) {
    namespace fs = std::filesystem;
    std::error_code code;
    const fs::file_status status = fs::status(path, code);
    if (status.type() == fs::file_type::not_found && path.find("://") != std::string::npos) {
        return failure(ErrorCode::Unsupported, path + " is an address of a kind that LiveGloss does not read",
                       "Addresses of streams begin with http://, https://, rtsp:// or rtsps://.");
    }
    if (status.type() == fs::file_type::not_found) {
        return failure(ErrorCode::NotFound, path + " does not exist", "Check the path.");
    }
    if (code) {
        return failure(ErrorCode::PermissionDenied, path + " cannot be looked at: " + code.message(),
                       "Check the permissions of its folders.");
    }
    if (fs::is_directory(status)) {
        return failure(ErrorCode::InvalidArgument, path + " is a folder", "Choose a video file in it.");
    }
    if (!fs::is_regular_file(status)) {
        return failure(ErrorCode::Unsupported, name + " is not a regular file", "Choose a video file.");
    }
    if (fs::file_size(path, code) == 0 && !code) {
        return failure(ErrorCode::Unreadable, name + " is empty", "Fetch or record it again.");
    }
    return {};
}

using CameraMode = std::vector<std::pair<const char*, const char*>>;

/// What a camera is asked for, the best first: as it was left by another program it may give five large pictures a
/// second. Compressed pictures come at full rate where plain ones would not fit through USB. A driver that has not what
/// is asked for takes what is nearest, or refuses; then the next one is tried.
std::vector<CameraMode> cameraModes() {
#if defined(__APPLE__)
    return {{{"video_size", "1280x720"}, {"framerate", "30"}}, {{"framerate", "30"}}, {{"framerate", "25"}}, {}};
#elif defined(_WIN32)
    return {{{"video_size", "1280x720"}, {"framerate", "30"}}, {{"video_size", "640x480"}, {"framerate", "30"}}, {}};
#else
    return {{{"input_format", "mjpeg"}, {"video_size", "1280x720"}, {"framerate", "30"}},
            {{"video_size", "640x480"}, {"framerate", "30"}},
            {}};
#endif
}

/// Whether another mode may do better after this failure to open a camera.
bool isAboutTheMode(int code) {
    const int final[] = {AVERROR(EBUSY),  AVERROR(EACCES), AVERROR(EPERM),
                         AVERROR(ENOENT), AVERROR(ENODEV), AVERROR_EXIT};
    return std::ranges::find(final, code) == std::end(final);
}

} // namespace

const char* cameraInputName() {
#if defined(__APPLE__)
    return "avfoundation";
#elif defined(_WIN32)
    return "dshow";
#else
    return "v4l2";
#endif
}

Input::Input(const SourceRequest& request, IoGuard& guard)
    : request_(request), guard_(guard), name_(displayName(request)) {}

Input::~Input() {
    avformat_close_input(&container_);
}

Result<std::unique_ptr<Input>> Input::open(const SourceRequest& request, IoGuard& guard) {
    prepareLibraries();
    std::unique_ptr<Input> input(new Input(request, guard));
    Result<void> opened;
    switch (request.kind) {
    case SourceKind::File:
        opened = input->openFile();
        break;
    case SourceKind::Camera:
        opened = input->openCamera();
        break;
    case SourceKind::Stream:
        opened = input->openStream();
        break;
    case SourceKind::TestPattern:
        opened = input->openPattern();
        break;
    }
    opened = opened.and_then([&] { return input->checkSizes(); })
                 .and_then([&] { return input->findStreams(); })
                 .and_then([&] { return input->checkSizes(); })
                 .and_then([&] { return input->chooseStream(); });
    if (!opened) {
        return tl::unexpected(std::move(opened.error()));
    }
    return input;
}

int Input::openContainer(const std::string& url, const AVInputFormat* format, AVDictionary** options, int flags) {
    container_ = avformat_alloc_context();
    if (container_ == nullptr) {
        return AVERROR(ENOMEM);
    }
    container_->interrupt_callback = {&IoGuard::poll, &guard_};
    container_->flags |= flags;
    return avformat_open_input(&container_, url.c_str(), format, options);
}

Result<void> Input::openFile() {
    const std::string& path = request_.location;
    if (auto checked = checkFile(path, name_); !checked) {
        return checked;
    }
    const std::string url = "file:" + path;
    const AVIOInterruptCB interrupt{&IoGuard::poll, &guard_};
    AVIOContext* bytes = nullptr;
    Options access;
    access.set("protocol_whitelist", "file");
    int code = avio_open2(&bytes, url.c_str(), AVIO_FLAG_READ, &interrupt, access.get());
    const AVInputFormat* format = nullptr;
    if (code >= 0) {
        code = av_probe_input_buffer2(bytes, &format, url.c_str(), nullptr, 0, 0);
        avio_closep(&bytes);
    }
    if (code < 0 || format == nullptr) {
        return tl::unexpected(describe(code < 0 ? code : AVERROR_INVALIDDATA));
    }
    if (!isListed(*format, containers)) {
        return failure(ErrorCode::Unsupported,
                       name_ + " is not a video file but something that FFmpeg calls \"" + format->long_name + "\"",
                       "Playlists, subtitles and pictures are not opened; choose the video itself.");
    }
    Options options;
    options.set("protocol_whitelist", "file").set("format_whitelist", containers);
    code = openContainer(url, format, options.get(), 0);
    if (code < 0) {
        return tl::unexpected(describe(code));
    }
    return {};
}

Result<void> Input::openCamera() {
    const AVInputFormat* format = av_find_input_format(cameraInputName());
    if (format == nullptr) {
        return failure(ErrorCode::Unsupported,
                       std::string("FFmpeg was built without the camera input ") + cameraInputName());
    }
    if (request_.location.empty()) {
        const std::vector<CameraDevice> cameras = listCameras();
        if (cameras.empty()) {
            return failure(ErrorCode::NotFound, "no camera found",
                           "Plug one in, and check that this user may use it and that no other program does.");
        }
        request_.location = cameras.front().address;
        name_ = cameras.front().name;
    }
#if defined(_WIN32)
    const std::string url = "video=" + request_.location;
#else
    const std::string url = request_.location;
#endif
    guard_.arm(patience(true));
    int code = 0;
    for (const CameraMode& mode : cameraModes()) {
        Options options;
        for (const auto& [name, value] : mode) {
            options.set(name, value);
        }
        // Without blocking reads a camera that stops answering can be left alone; see VideoDecoder::feed().
        code = openContainer(url, format, options.get(), AVFMT_FLAG_NONBLOCK);
        if (code >= 0 || !isAboutTheMode(code) || IoGuard::poll(&guard_) != 0) {
            break;
        }
    }
    if (code < 0) {
        return tl::unexpected(describe(code));
    }
    return {};
}

Result<void> Input::openStream() {
    const bool overRtsp = av_stristart(request_.location.c_str(), "rtsp", nullptr) != 0;
    // Neither a redirection nor a description may lead to files of this machine.
    const char* protocols = overRtsp ? "rtsp,rtsps,rtp,tcp,tls" : "http,https,tcp,tls";
    guard_.arm(patience(true));
    opening_ = std::make_shared<StreamOpening>(request_.location,
                                               StreamOpening::OptionList{{"format_whitelist", streamFormats},
                                                                         {"rtsp_transport", "tcp"},
                                                                         {"protocol_whitelist", protocols}},
                                               guard_);
    const StreamOpening::Outcome outcome = opening_->open(container_);
    const bool nameTakesLong = outcome.stage == StreamOpening::Stage::LookingUp && !guard_.cancelled();
    if (outcome.lookup != 0 || nameTakesLong) {
        return tl::unexpected(describeLookup(hostOf(request_.location), outcome.lookup));
    }
    if (outcome.code < 0) {
        return tl::unexpected(describe(outcome.code));
    }
    hasTimeStamps_ = !isListed(*container_->iformat, "mpjpeg,mjpeg");
    return {};
}

Result<void> Input::openPattern() {
    const AVInputFormat* format = av_find_input_format("lavfi");
    if (format == nullptr) {
        return failure(ErrorCode::Unsupported, "FFmpeg was built without its test sources (lavfi)");
    }
    const int code = openContainer(request_.location, format, nullptr, 0);
    if (code < 0) {
        return tl::unexpected(describe(code));
    }
    return {};
}

/// Refuses pictures of a size that would only use up memory and time.
Result<void> Input::checkSizes() const {
    for (unsigned i = 0; i < container_->nb_streams; ++i) {
        const AVCodecParameters& format = *container_->streams[i]->codecpar;
        if (format.codec_type == AVMEDIA_TYPE_VIDEO && std::int64_t{format.width} * format.height > maxPixels) {
            return failure(ErrorCode::Unsupported,
                           name_ + ": pictures of " + std::to_string(format.width) + " x " +
                               std::to_string(format.height) + " pixels are too large",
                           "Convert the video to 4K or less.");
        }
    }
    return {};
}

/// Lets FFmpeg look into the packets where the header alone does not tell the formats. Live sources skip that when they
/// can: what is read for it would only be shown late.
Result<void> Input::findStreams() {
    const bool known =
        std::any_of(container_->streams, container_->streams + container_->nb_streams, [](const AVStream* stream) {
            return stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO && stream->codecpar->codec_id != AV_CODEC_ID_NONE;
        });
    if (known && isFromOutside()) {
        return {};
    }
    const std::string limit = std::to_string(maxPixels);
    std::vector<AVDictionary*> options(container_->nb_streams, nullptr);
    for (AVDictionary*& entry : options) {
        av_dict_set(&entry, "max_pixels", limit.c_str(), 0);
    }
    const int code = avformat_find_stream_info(container_, options.empty() ? nullptr : options.data());
    for (AVDictionary*& entry : options) {
        av_dict_free(&entry);
    }
    // Truncated files fail here and may still hold frames, so only an end from outside counts.
    if (guard_.cancelled() || guard_.expired()) {
        return tl::unexpected(describe(code));
    }
    return {};
}

Result<void> Input::chooseStream() {
    for (unsigned i = 0; i < container_->nb_streams; ++i) {
        AVStream* stream = container_->streams[i];
        stream->discard = AVDISCARD_ALL;
        const bool isVideo = stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO;
        const bool isCover = (stream->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
        if (!isVideo || isCover) {
            continue;
        }
        const auto rank = [](const AVStream* candidate) {
            return std::pair((candidate->disposition & AV_DISPOSITION_DEFAULT) != 0,
                             std::int64_t{candidate->codecpar->width} * candidate->codecpar->height);
        };
        if (stream_ == nullptr || rank(stream) > rank(stream_)) {
            stream_ = stream;
        }
    }
    if (stream_ == nullptr) {
        return failure(ErrorCode::NoVideo, name_ + " holds no video stream",
                       "Choose a file or address with moving pictures.");
    }
    stream_->discard = AVDISCARD_DEFAULT;
    return {};
}

std::string Input::codecName() const {
    return avcodec_get_name(stream_->codecpar->codec_id);
}

bool Input::declaresEncryption() const {
    if (av_dict_get(stream_->metadata, "enc_key_id", nullptr, 0) != nullptr) {
        return true;
    }
    return sideData(*stream_, AV_PKT_DATA_ENCRYPTION_INIT_INFO, 1) != nullptr;
}

Orientation Input::orientation() const {
    const std::uint8_t* matrix = sideData(*stream_, AV_PKT_DATA_DISPLAYMATRIX, 9 * sizeof(std::int32_t));
    return matrix != nullptr ? orientationOf(reinterpret_cast<const std::int32_t*>(matrix)) : Orientation{};
}

std::chrono::milliseconds Input::patience(bool beforeFirstFrame) const {
    switch (request_.kind) {
    case SourceKind::Camera: {
        if (beforeFirstFrame) {
            return 5s; // cameras take a while to wake
        }
        const double fps = nominalFps();
        return std::max<std::chrono::milliseconds>(
            1s, std::chrono::milliseconds(fps > 0.0 ? static_cast<int>(5000.0 / fps) : 0));
    }
    case SourceKind::Stream:
        return beforeFirstFrame || isRecording() ? 10s : 3s;
    case SourceKind::TestPattern:
        return 5s; // a filter that fails on the way gives nothing more, and no error
    default:
        return 0ms;
    }
}

int Input::readPacket(AVPacket* packet) {
    for (;;) {
        if (guard_.cancelled()) {
            return AVERROR_EXIT;
        }
        const int code = av_read_frame(container_, packet);
        if (code < 0 || packet->stream_index == stream_->index) {
            return code;
        }
        av_packet_unref(packet);
    }
}

Error Input::describe(int code) const {
    // A reply that ends before a video begins.
    const bool neverBegan = stream_ == nullptr && (code == AVERROR(EIO) || code == AVERROR_EOF);
    const bool fromNetwork = request_.kind == SourceKind::Stream;
    return describeFailure(request_, name_, neverBegan && fromNetwork ? AVERROR_STREAM_NOT_FOUND : code, guard_);
}

} // namespace livegloss::media
