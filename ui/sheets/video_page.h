#pragma once

#include "attention/view.h"

#include <QList>
#include <QRectF>
#include <QSize>

namespace livegloss::ui {

/// Pictures side by side that a view takes.
int picturesOf(const attention::View& view);
/// Between pictures, and around what lies below them.
inline constexpr int videoGap = 8;

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
