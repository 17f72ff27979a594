#pragma once

#include "base/clock.h"
#include "base/frame.h"
#include "base/result.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace livegloss::media {

enum class SourceKind {
    File,
    Camera,      ///< location: what listCameras() gives as `address`; empty for the first one
    Stream,      ///< location: http(s):// (MJPEG, or a video file) or rtsp:// address
    TestPattern, ///< location: a graph of FFmpeg's lavfi sources, such as testsrc=size=640x480:rate=25
};

struct SourceRequest {
    SourceKind kind = SourceKind::File;
    std::string location;
};

/// Guesses the kind from what a person typed: an existing path, camera:..., http://, rtsp://, lavfi:...
SourceRequest parseSource(const std::string& text);
/// What people are shown for a source: file name, device, address without credentials.
std::string displayName(const SourceRequest& request);

struct SourceInfo {
    std::string name; ///< for people: file name, camera name, address without credentials
    std::string codec;
    int width = 0; ///< upright, after rotation
    int height = 0;
    double fps = 0.0; ///< nominal rate; 0 when the source does not say
    std::optional<MediaTime> duration;
    bool live = false; ///< goes on by itself: cannot be paused at its origin nor seeked
    bool seekable = false;
};

/// What a file holds, or should hold, and does not give.
struct SourceLosses {
    std::int64_t frames = 0;         ///< damaged ones that were passed over, and those missing at the end; only grows
    std::optional<MediaTime> endsAt; ///< the file ended here, before the length that it declares
};

/// Delivers upright RGB frames in presentation order. read() and seek() belong to one thread at a time; interrupt() may
/// come from any thread and makes a blocked read() or seek() return Cancelled within 500 ms, and every later one too.
class FrameSource {
public:
    virtual ~FrameSource() = default;
    virtual const SourceInfo& info() const = 0;
    /// The next frame; nothing at the end. Damaged packets are skipped; an error means that no more can be had.
    virtual Result<std::optional<FramePtr>> read() = 0;
    /// The next read() gives the frame shown at `time` (exact). Unsupported on live sources.
    virtual Result<void> seek(MediaTime time) = 0;
    virtual void interrupt() = 0;
    /// Up to the last read() or seek(), by the same thread. Frames count each time that they are come by.
    virtual SourceLosses losses() const { return {}; }
};

/// Opens a source and decodes its first frame; local files reach neither the network nor other files. `clock` stamps
/// frames and must outlive the source. Any thread; once `cancel` (which may be null, and is looked at only during this
/// call) turns true, gives up within 500 ms.
Result<std::unique_ptr<FrameSource>> openSource(const SourceRequest& request, const Clock& clock,
                                                const std::atomic<bool>* cancel = nullptr);

struct CameraDevice {
    std::string address; ///< for SourceRequest::location, such as /dev/video0
    std::string name;    ///< for people
};
/// Cameras that can be opened now; empty when there is none.
std::vector<CameraDevice> listCameras();

} // namespace livegloss::media
