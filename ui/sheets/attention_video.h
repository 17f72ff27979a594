#pragma once

#include "attention/clip_walk.h"
#include "attention/scale.h"
#include "ui/sheets/sheet.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

namespace livegloss::ui {

/// A gloss under the picture while it is signed.
struct VideoCaption {
    MediaTime start{0};
    MediaTime end{0};
    QString text;
};

struct AttentionVideoJob {
    std::filesystem::path input;
    engine::LoadedModelPtr model;
    attention::View view;
    double strength = 0.7;
    MediaTime from{0};
    std::optional<MediaTime> to; ///< nothing: to the end
    std::vector<VideoCaption> captions;
    std::function<void(double fraction)> progress; ///< 0 .. 1; may be empty
    std::function<bool()> cancelled;               ///< may be empty
};

/// Writes a span of a video with its attention, captions, legend and settings burnt in (H.264 in .mp4), at the video's
/// own rate. Reads the video twice: first through the network, then to draw. Across frames the overlay is drawn. Any
/// thread, with a QGuiApplication. Errors of source, network and writer, or Cancelled; then there is no file.
Result<void> writeAttentionVideo(const AttentionVideoJob& job, const std::filesystem::path& output);

/// What lies below the pictures of a video: captions, colours and words.
struct VideoPage {
    QSize size;
    QList<QRectF> pictures;
    QRectF caption;
    QRectF legend;
};
/// For pictures of this size, even in both directions.
VideoPage videoPage(QSize frame, int pictures);

} // namespace livegloss::ui
