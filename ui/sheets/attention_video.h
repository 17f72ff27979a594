#pragma once

#include "attention/clip_walk.h"
#include "attention/scale.h"
#include "ui/sheets/video_captions.h"
#include "ui/sheets/video_page.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

namespace livegloss::ui {

struct AttentionVideoJob {
    std::filesystem::path input;
    engine::LoadedModelPtr model;
    attention::View view;
    double strength = 0.7;
    MediaTime from{0};
    std::optional<MediaTime> to; ///< nothing: to the end
    /// Glosses below the picture; nothing: the whole video is recognised first.
    std::optional<std::vector<VideoCaption>> captions;
    std::function<void(double fraction)> progress; ///< 0 .. 1; may be empty
    std::function<bool()> cancelled;               ///< may be empty
};

/// Writes a span of a video with its attention, captions, legend and settings burnt in, by the output's ending: H.264
/// at the video's own rate and size (.mp4), or an endless GIF within `gifLimits` (.gif). Reads the video twice: first
/// through the network, then to draw. Across frames the overlay is drawn. Any thread, with a QGuiApplication. Errors of
/// source, network and writer, InvalidArgument for another ending or a span too long for a GIF, or Cancelled; then
/// there is no file.
Result<void> writeAttentionVideo(const AttentionVideoJob& job, const std::filesystem::path& output);

} // namespace livegloss::ui
