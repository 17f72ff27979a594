#pragma once

#include "base/result.h"
#include "ffmpeg.h"
#include "io_guard.h"
#include "media/frame_source.h"
#include "stream_opening.h"
#include "upright.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace livegloss::media {

/// An opened file, device or stream, narrowed to its one video stream. One thread at a time, but for
/// IoGuard::interrupt().
class Input {
public:
    /// `guard` must outlive the input.
    static Result<std::unique_ptr<Input>> open(const SourceRequest& request, IoGuard& guard);
    ~Input();
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;

    AVFormatContext* container() const { return container_; }
    AVStream* stream() const { return stream_; }
    std::string codecName() const;
    /// Frames a second as the container says; 0 where it does not.
    double nominalFps() const;
    /// The same where the container's number of frames proves that it holds throughout; else 0.
    double constantFps() const;
    /// The same where the container also has no way to leave a frame out: each gap then is a loss.
    double gaplessFps() const;
    std::optional<MediaTime> duration() const;
    bool isLive() const { return isFromOutside() && !isRecording(); }
    /// From a device or the network, which may fall silent.
    bool isFromOutside() const { return request_.kind == SourceKind::Camera || request_.kind == SourceKind::Stream; }
    /// A video file behind a web address: it has an end of its own and waits for its reader.
    bool isRecording() const;
    /// The length of the video that the container declares in its head; nothing where it was only estimated.
    std::optional<MediaTime> declaredLength() const;
    /// Parts of an HTTP reply carry no time stamps worth using.
    bool hasTimeStamps() const { return hasTimeStamps_; }
    /// What the container says about copy protection.
    bool declaresEncryption() const;
    Orientation orientation() const;
    const std::string& name() const { return name_; }
    const SourceRequest& request() const { return request_; }

    /// How long a live source may stay silent, before its first frame and later.
    std::chrono::milliseconds patience(bool beforeFirstFrame) const;
    /// The next packet of the video stream. FFmpeg's return values; AVERROR(EAGAIN) when a device has nothing yet.
    int readPacket(AVPacket* packet);
    /// The Error for a failed FFmpeg call on this input.
    Error describe(int code) const;

private:
    Input(const SourceRequest& request, IoGuard& guard);
    Result<void> openFile();
    Result<void> openCamera();
    Result<void> openStream();
    Result<void> openPattern();
    int openContainer(const std::string& url, const AVInputFormat* format, AVDictionary** options, int flags);
    Result<void> checkSizes() const;
    Result<void> findStreams();
    Result<void> chooseStream();

    SourceRequest request_;
    IoGuard& guard_;
    std::string name_;
    std::shared_ptr<StreamOpening> opening_; ///< the container of a stream calls back into it
    AVFormatContext* container_ = nullptr;
    AVStream* stream_ = nullptr;
    bool hasTimeStamps_ = true;
};

/// Name of libavdevice's camera input on this system.
const char* cameraInputName();

} // namespace livegloss::media
