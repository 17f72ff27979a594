#include "attention/regions.h"

#include "vision/face_detector.h"

#include <algorithm>
#include <cmath>

namespace livegloss::attention {

namespace {

class FaceFinder final : public RegionFinder {
public:
    explicit FaceFinder(std::unique_ptr<vision::FaceDetector> detector) : detector_(std::move(detector)) {}
    bool findsHands() const override { return false; }
    Result<FrameRegions> find(const Frame& frame, const vision::Region& visible, int rows, int columns) override {
        FrameRegions regions;
        if (const auto face = detector_->find(frame)) {
            regions.face = coverOfBox(*face, visible, rows, columns);
        }
        return regions;
    }

private:
    std::unique_ptr<vision::FaceDetector> detector_;
};

double overlap(double firstBegin, double firstEnd, double secondBegin, double secondEnd) {
    return std::max(0.0, std::min(firstEnd, secondEnd) - std::max(firstBegin, secondBegin));
}

} // namespace

PatchCover coverOfMask(std::span<const std::uint8_t> mask, int width, int height, const vision::Region& visible,
                       int rows, int columns) {
    PatchCover cover(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns), 0.0F);
    const auto edge = [](double at, int size) { return std::clamp(static_cast<int>(std::lround(at)), 0, size); };
    for (int row = 0; row < rows; ++row) {
        const int top = edge((visible.top + visible.height * row / rows) * height, height - 1);
        const int bottom = std::max(top + 1, edge((visible.top + visible.height * (row + 1) / rows) * height, height));
        for (int column = 0; column < columns; ++column) {
            const int left = edge((visible.left + visible.width * column / columns) * width, width - 1);
            const int right =
                std::max(left + 1, edge((visible.left + visible.width * (column + 1) / columns) * width, width));
            int inside = 0;
            for (int y = top; y < bottom; ++y) {
                const auto line = mask.subspan(static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                                                   static_cast<std::size_t>(left),
                                               static_cast<std::size_t>(right - left));
                inside += static_cast<int>(line.size()) - static_cast<int>(std::ranges::count(line, 0));
            }
            cover[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
                  static_cast<std::size_t>(column)] =
                static_cast<float>(inside) / static_cast<float>((bottom - top) * (right - left));
        }
    }
    return cover;
}

PatchCover coverOfBox(const vision::Region& box, const vision::Region& visible, int rows, int columns) {
    PatchCover cover;
    cover.reserve(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
    const double width = visible.width / columns;
    const double height = visible.height / rows;
    for (int row = 0; row < rows; ++row) {
        const double top = visible.top + row * height;
        const double tall = overlap(top, top + height, box.top, box.top + box.height);
        for (int column = 0; column < columns; ++column) {
            const double left = visible.left + column * width;
            const double wide = overlap(left, left + width, box.left, box.left + box.width);
            cover.push_back(static_cast<float>(tall * wide / (width * height)));
        }
    }
    return cover;
}

double shareOn(std::span<const float> values, const PatchCover& cover) {
    double mass = 0.0;
    double inside = 0.0;
    for (std::size_t i = 0; i < values.size() && i < cover.size(); ++i) {
        mass += static_cast<double>(values[i]);
        inside += static_cast<double>(values[i]) * static_cast<double>(cover[i]);
    }
    return mass > 0.0 ? inside / mass : 0.0;
}

Result<std::unique_ptr<RegionFinder>> openFaceFinder() {
    auto detector = vision::openFaceDetector(vision::installedFaceCascade());
    if (!detector) {
        return tl::unexpected(std::move(detector.error()));
    }
    return std::make_unique<FaceFinder>(std::move(*detector));
}

} // namespace livegloss::attention
