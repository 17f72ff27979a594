#pragma once

#include "media/video_writer.h"

#include <functional>

namespace livegloss::media {

struct GifOptions {
    int width = 0;
    int height = 0;
    double fps = 10.0;               ///< GIF counts in hundredths of a second: 10, 12.5, 20 and 25 are exact
    std::function<bool()> cancelled; ///< asked while close() works; may be empty
};

/// Writes a GIF that loops for ever, with one palette of 256 colours that is chosen from all its pictures. It can
/// only be chosen at the end, so the pictures wait in memory (4 bytes a pixel) and close() does the work. One thread at
/// a time; without close() there is no file.
Result<std::unique_ptr<VideoWriter>> createGif(const std::filesystem::path& path, const GifOptions& options);

} // namespace livegloss::media
