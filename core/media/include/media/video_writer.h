#pragma once

#include "base/frame.h"
#include "base/result.h"

#include <filesystem>
#include <memory>

namespace livegloss::media {

struct VideoWriterOptions {
    int width = 0;
    int height = 0;
    double fps = 25.0;
    int crf = 23; ///< x264's constant rate factor: lower is better and larger
};

/// Writes H.264 in MP4 (yuv420p, faststart). One thread at a time. Without close() the file is not complete.
class VideoWriter {
public:
    virtual ~VideoWriter() = default;
    /// `rgb`: height * width * 3 packed bytes.
    virtual Result<void> write(const std::uint8_t* rgb) = 0;
    virtual Result<void> close() = 0;
};

Result<std::unique_ptr<VideoWriter>> createVideo(const std::filesystem::path& path, const VideoWriterOptions& options);

} // namespace livegloss::media
