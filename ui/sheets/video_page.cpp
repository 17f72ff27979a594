#include "ui/sheets/video_page.h"

#include <algorithm>

namespace livegloss::ui {

namespace {

constexpr int narrowestPage = 480; // below it the legend does not fit
constexpr int captionHeight = 48;
constexpr int legendHeight = 108;

int even(double value) {
    return static_cast<int>(value / 2.0 + 0.5) * 2;
}

} // namespace

int picturesOf(const attention::View& view) {
    return view.shown == attention::Shown::SideBySide ? 2 : 1;
}

GifPlan planGif(QSize frame, double seconds, const attention::View& view) {
    /// Of a sample clip with overlay; GIF stores what moves, so signing against a still background is the usual case.
    constexpr double bytesPerPixel = 0.28;
    const int count = picturesOf(view);
    GifPlan plan;
    plan.size = videoPage(frame, count, (gifLimits.width - (count - 1) * videoGap) / count).size;
    plan.fps = gifLimits.fps;
    plan.pictures = static_cast<int>(seconds * plan.fps + 0.5);
    plan.megabytes = plan.pictures * bytesPerPixel * plan.size.width() * plan.size.height() / 1e6;
    plan.tooLong = seconds > gifLimits.seconds + 1.0 / plan.fps;
    return plan;
}

VideoPage videoPage(QSize frame, int pictures, int widest) {
    const double scale = std::min(1.0, static_cast<double>(widest) / frame.width());
    const int minimum = narrowestPage - (pictures - 1) * videoGap;
    const double factor =
        frame.width() * scale * pictures < minimum ? minimum / (frame.width() * pictures * 1.0) : scale;
    const int width = even(frame.width() * factor);
    const int height = even(frame.height() * factor);
    VideoPage page;
    page.size = QSize(pictures * width + (pictures - 1) * videoGap, height + captionHeight + legendHeight);
    for (int i = 0; i < pictures; ++i) {
        page.pictures.append(QRectF(i * (width + videoGap), 0, width, height));
    }
    page.caption = QRectF(videoGap, height, page.size.width() - 2 * videoGap, captionHeight);
    page.legend = QRectF(videoGap, height + captionHeight, page.size.width() - 2 * videoGap, legendHeight - videoGap);
    return page;
}

} // namespace livegloss::ui
