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

/// Writes a span of a video with its attention, captions, legend and settings burnt in, by the output's ending: H.264
/// at the video's own rate and size (.mp4), or an endless GIF within `gifLimits` (.gif). Reads the video twice: first
/// through the network, then to draw. Across frames the overlay is drawn. Any thread, with a QGuiApplication. Errors of
/// source, network and writer, InvalidArgument for another ending or a span too long for a GIF, or Cancelled; then
/// there is no file.
Result<void> writeAttentionVideo(const AttentionVideoJob& job, const std::filesystem::path& output);

/// GIF has 256 colours and hardly compresses: what goes into slides and web pages, not an archive.
struct GifLimits {
    int width = 480;
    double fps = 10.0;
    double seconds = 15.0;
};
inline constexpr GifLimits gifLimits;

/// What a GIF of a span would be. Bytes are a guess from clips measured before, within about a factor of two.
struct GifPlan {
    QSize size;
    double fps = 0.0;
    int pictures = 0;
    double megabytes = 0.0;
    bool tooLong = false;
};
GifPlan planGif(QSize frame, double seconds, const attention::View& view);

/// What lies below the pictures of a video: captions, colours and words.
struct VideoPage {
    QSize size;
    QList<QRectF> pictures;
    QRectF caption;
    QRectF legend;
};
/// For pictures of this size, even in both directions. `widest`: of one picture.
VideoPage videoPage(QSize frame, int pictures, int widest);

} // namespace livegloss::ui
