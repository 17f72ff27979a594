#include "input_errors.h"

#include "ffmpeg.h"

#include <cerrno>
#ifdef _WIN32
#include <ws2tcpip.h>
#else
#include <netdb.h>
#endif

namespace livegloss::media {

namespace {

Error fileFailure(const std::string& name, int code) {
    switch (code) {
    case AVERROR(ENOENT):
        return {ErrorCode::NotFound, name + " does not exist", "Check the path."};
    case AVERROR(EACCES):
    case AVERROR(EPERM):
        return {ErrorCode::PermissionDenied, name + " may not be read", "Ask its owner for permission to read it."};
    case AVERROR_DECODER_NOT_FOUND:
        return {ErrorCode::Unsupported, "there is no decoder for the video in " + name, "Convert it to H.264 in MP4."};
    case AVERROR_PATCHWELCOME:
        return {ErrorCode::Unsupported, name + " uses a feature that FFmpeg does not have",
                "Convert it to H.264 in MP4."};
    default:
        return {ErrorCode::Unreadable, name + " is damaged or not a video: " + errorText(code),
                "Play it in another program; if that fails too, fetch or convert it again."};
    }
}

Error cameraFailure(const std::string& name, int code) {
    switch (code) {
    case AVERROR(ENOENT):
        return {ErrorCode::NotFound, "there is no camera at " + name,
                "Plug it in, then choose it from the list again."};
    case AVERROR(EACCES):
    case AVERROR(EPERM):
        return {ErrorCode::PermissionDenied, name + " may not be opened",
                "Allow camera access; on Linux add your user to the group \"video\" and sign in again."};
    case AVERROR(EBUSY):
        return {ErrorCode::PermissionDenied, name + " is in use by another program",
                "Close that program and try again."};
    case AVERROR(ENODEV):
    case AVERROR(ENXIO):
    case AVERROR(EIO):
    case AVERROR_EOF:
        return {ErrorCode::Disconnected, name + " went away", "Plug the camera in again."};
    default:
        return {ErrorCode::Unsupported, name + " cannot be used as a camera: " + errorText(code),
                "Choose another camera; livegloss-cli devices lists them."};
    }
}

Error streamFailure(const std::string& name, int code) {
    switch (code) {
    case AVERROR_HTTP_NOT_FOUND:
    case AVERROR_HTTP_BAD_REQUEST:
    case AVERROR_HTTP_OTHER_4XX:
        return {ErrorCode::NotFound, "the server has nothing at " + name, "Check the path in the address."};
    case AVERROR_HTTP_UNAUTHORIZED:
    case AVERROR_HTTP_FORBIDDEN:
        return {ErrorCode::PermissionDenied, "the server refuses access to " + name,
                "Put the user name and password into the address: http://user:password@host/..."};
    case AVERROR(ETIMEDOUT):
        return {ErrorCode::Timeout, name + " does not answer", "Check address and network."};
    case AVERROR(ECONNREFUSED):
    case AVERROR(EHOSTUNREACH):
    case AVERROR(ENETUNREACH):
        return {ErrorCode::NotFound, "nothing answers at " + name, "Check address and port, and that the sender runs."};
    case AVERROR_STREAM_NOT_FOUND:
        return {ErrorCode::NoVideo, "no video stream is to be had at " + name,
                "Check the address; it has to be that of the stream itself, not of a web page around it."};
    case AVERROR(EINVAL):
    case AVERROR_INVALIDDATA:
    case AVERROR_PROTOCOL_NOT_FOUND:
        return {ErrorCode::Unsupported, name + " sends something other than the video streams that LiveGloss reads",
                "Use an MJPEG stream over HTTP or an RTSP stream; playlists (HLS, DASH) are not followed."};
    default:
        return {ErrorCode::Disconnected, "the stream " + name + " broke off: " + errorText(code),
                "Check the network and that the sender runs, then connect again."};
    }
}

} // namespace

Error describeFailure(const SourceRequest& request, const std::string& name, int code, const IoGuard& guard) {
    if (guard.cancelled()) {
        return {ErrorCode::Cancelled, "reading " + name + " was cancelled", {}};
    }
    if (guard.expired()) {
        return {ErrorCode::Timeout, name + " sends no pictures",
                request.kind == SourceKind::Camera ? "Unplug the camera and plug it in again."
                : request.kind == SourceKind::TestPattern
                    ? "Try lavfi:testsrc=size=640x480:rate=25."
                    : "Check the network and that the sender runs, then connect again."};
    }
    if (code == AVERROR(ENOMEM)) {
        return {ErrorCode::OutOfMemory, "not enough memory to read " + name, "Close other programs and try again."};
    }
    switch (request.kind) {
    case SourceKind::Camera:
        return cameraFailure(name, code);
    case SourceKind::Stream:
        return streamFailure(name, code);
    case SourceKind::TestPattern:
        return {ErrorCode::InvalidArgument,
                "FFmpeg cannot build the test source \"" + request.location + "\": " + errorText(code),
                "Try lavfi:testsrc=size=640x480:rate=25."};
    default:
        return fileFailure(name, code);
    }
}

Error describeLookup(const std::string& host, int code) {
    if (code == 0) {
        return {ErrorCode::Timeout, "the name " + host + " cannot be looked up: no name server answers",
                "Check the network connection, or use its number, such as 192.168.1.20, instead of its name."};
    }
    if (code == EAI_AGAIN) {
        return {
            ErrorCode::NotFound, "no computer of the name " + host + " is known, and the name servers do not answer",
            "Check the spelling and the network connection, or use its number, such as 192.168.1.20, instead of its "
            "name."};
    }
    return {ErrorCode::NotFound, "no computer of the name " + host + " is known",
            "Check the spelling, or use its number, such as 192.168.1.20, instead of its name."};
}

} // namespace livegloss::media
