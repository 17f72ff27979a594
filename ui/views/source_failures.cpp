#include "ui/views/source_failures.h"

#include "ui/text_format.h"
#include "ui/views/stage_words.h"

namespace livegloss::ui {

namespace {

struct Words {
    QString title;
    QString reason;
    QString advice;
    bool isSpecific = true; ///< the advice fits the case, so that core's own hint adds nothing
};

Words cameraWords(ErrorCode code) {
    switch (code) {
    case ErrorCode::NotFound:
        return {StageMessages::tr("No camera found"),
                StageMessages::tr("The camera that was chosen is not plugged in."),
                StageMessages::tr("Plug a camera in and try again.")};
    case ErrorCode::PermissionDenied:
        return {
            StageMessages::tr("The camera may not be used"),
            StageMessages::tr("Another program uses it, or your user may not."),
            StageMessages::tr("Close other programs that use the camera. On Linux your user must belong to the group "
                              "“video”.")};
    case ErrorCode::Timeout:
        return {StageMessages::tr("The camera sends no picture"),
                StageMessages::tr("It is there, but no picture has arrived for some seconds."),
                StageMessages::tr("Check the cable and try again.")};
    case ErrorCode::Disconnected:
        return {StageMessages::tr("The camera was unplugged"), StageMessages::tr("It stopped answering while in use."),
                StageMessages::tr("Check the cable and try again.")};
    default:
        return {StageMessages::tr("The camera cannot be used"),
                {},
                StageMessages::tr("Choose another camera, or plug this one in again."),
                false};
    }
}

Words streamWords(ErrorCode code) {
    switch (code) {
    case ErrorCode::NotFound:
        return {
            StageMessages::tr("There is nothing at this address"),
            StageMessages::tr("No computer of this name is known, none answers there, or it has nothing at this path."),
            StageMessages::tr(
                "Check the computer’s name, port and path in the address, and that the sender is switched on.")};
    case ErrorCode::PermissionDenied:
        return {StageMessages::tr("The stream may not be watched"),
                StageMessages::tr("The server asks for a user name and password, or refuses those in the address."),
                StageMessages::tr("Put both into the address: http://user:password@computer/path")};
    case ErrorCode::NoVideo:
        return {StageMessages::tr("There is no video at this address"),
                StageMessages::tr("The server answers, but with a web page or nothing instead of a video."),
                StageMessages::tr("Use the address of the stream itself; the camera’s manual or settings name it.")};
    case ErrorCode::Unsupported:
    case ErrorCode::Unreadable:
        return {StageMessages::tr("This kind of stream is not supported"),
                StageMessages::tr("What the server sends is none of the video streams that LiveGloss reads."),
                StageMessages::tr(
                    "Choose Motion JPEG over http or an rtsp stream in the sender’s settings. Playlists (HLS, "
                    "DASH) are not followed.")};
    case ErrorCode::Timeout:
        return {StageMessages::tr("The stream does not answer"),
                StageMessages::tr("Nothing has arrived from this address for some seconds."),
                StageMessages::tr("Check address and network, and that the sender is switched on; then try again.")};
    case ErrorCode::Disconnected:
        return {StageMessages::tr("The connection to the stream was lost"),
                StageMessages::tr("The sender ended it, or the network failed."),
                StageMessages::tr("Check that the sender is still switched on, then try again.")};
    default:
        return {StageMessages::tr("The stream cannot be opened"),
                {},
                StageMessages::tr("Check the address, or choose another source."),
                false};
    }
}

Words fileWords(ErrorCode code) {
    switch (code) {
    case ErrorCode::NotFound:
        return {StageMessages::tr("The file does not exist"),
                StageMessages::tr("It was moved, renamed or deleted, or its disk is not connected."),
                StageMessages::tr("Check the name, or choose another source.")};
    case ErrorCode::PermissionDenied:
        return {StageMessages::tr("The file may not be read"),
                StageMessages::tr("Your user lacks the right to read it, or to open a folder above it."),
                StageMessages::tr("Give yourself the right to read it, or choose another source.")};
    case ErrorCode::NoVideo:
        return {StageMessages::tr("There is no video in this file"),
                StageMessages::tr("It holds only sound, still pictures or other data."),
                StageMessages::tr("Choose a file with a picture.")};
    case ErrorCode::Unsupported:
        return {StageMessages::tr("This kind of video is not supported"),
                {},
                StageMessages::tr("Choose another source, or convert the video to MP4 with H.264.")};
    case ErrorCode::Unreadable:
        return {StageMessages::tr("The file is damaged or not a video"),
                StageMessages::tr("Part of it may be missing, or it is something else under a video’s name."),
                StageMessages::tr("Choose another source, or convert the video to MP4 with H.264.")};
    default:
        return {StageMessages::tr("The video cannot be played"),
                {},
                StageMessages::tr("Choose another source, or convert the video to MP4 with H.264."),
                false};
    }
}

Words wordsFor(ErrorCode code, media::SourceKind kind) {
    if (code == ErrorCode::OutOfMemory) {
        return {StageMessages::tr("Not enough memory"),
                StageMessages::tr("The computer has no room for these pictures."),
                StageMessages::tr("Close other programs or choose a smaller video.")};
    }
    switch (kind) {
    case media::SourceKind::Camera:
        return cameraWords(code);
    case media::SourceKind::Stream:
        return streamWords(code);
    default:
        return fileWords(code);
    }
}

} // namespace

SourceFailure describeSourceFailure(const Error& error, media::SourceKind kind) {
    const Words words = wordsFor(error.code, kind);
    QString facts = factOf(error);
    if (!words.isSpecific && !error.hint.empty()) {
        facts += QStringLiteral(". ") + hintOf(error);
    }
    return {words.title, words.reason, words.advice, facts};
}

} // namespace livegloss::ui
