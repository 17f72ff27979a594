#include "ui/widgets/frame_image.h"

namespace livegloss::ui {

QImage imageOf(const Frame& frame) {
    const std::size_t needed = static_cast<std::size_t>(frame.width) * static_cast<std::size_t>(frame.height) * 3;
    if (frame.width <= 0 || frame.height <= 0 || frame.rgb.size() < needed) {
        return {};
    }
    const QImage view(frame.rgb.data(), frame.width, frame.height, frame.width * qsizetype{3}, QImage::Format_RGB888);
    return view.convertToFormat(QImage::Format_RGB32);
}

} // namespace livegloss::ui
