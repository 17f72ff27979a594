#include "attention/regions.h"

#include "vision/face_detector.h"
#include "vision/part_detector.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace livegloss::attention {

namespace {

class FaceFinder final : public RegionFinder {
public:
    explicit FaceFinder(std::unique_ptr<vision::FaceDetector> detector) : detector_(std::move(detector)) {}
    bool findsHands() const override { return false; }
    bool findsFace() const override { return true; }
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

class PartFinder final : public RegionFinder {
public:
    explicit PartFinder(std::unique_ptr<vision::PartDetector> detector) : detector_(std::move(detector)) {}
    bool findsHands() const override { return detector_->finds(vision::BodyPart::Hand); }
    bool findsFace() const override { return detector_->finds(vision::BodyPart::Face); }
    Result<FrameRegions> find(const Frame& frame, const vision::Region& visible, int rows, int columns) override {
        auto found = detector_->find(frame);
        if (!found) {
            return tl::unexpected(std::move(found.error()));
        }
        std::vector<vision::Region> hands;
        std::vector<vision::Region> faces;
        for (const vision::FoundPart& part : *found) {
            (part.part == vision::BodyPart::Hand ? hands : faces).push_back(part.box);
        }
        FrameRegions regions;
        if (!hands.empty()) {
            regions.hands = coverOfBoxes(hands, {}, visible, rows, columns);
        }
        if (!faces.empty()) {
            regions.face = coverOfBoxes(faces, hands, visible, rows, columns);
        }
        return regions;
    }

private:
    std::unique_ptr<vision::PartDetector> detector_;
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

PatchCover coverOfBoxes(const std::vector<vision::Region>& boxes, const std::vector<vision::Region>& hiding,
                        const vision::Region& visible, int rows, int columns) {
    // The edges of all boxes cut the picture into cells that lie wholly inside or outside each box.
    std::vector<double> xs;
    std::vector<double> ys;
    for (const std::vector<vision::Region>& list : {boxes, hiding}) {
        for (const vision::Region& box : list) {
            xs.insert(xs.end(), {box.left, box.left + box.width});
            ys.insert(ys.end(), {box.top, box.top + box.height});
        }
    }
    std::ranges::sort(xs);
    std::ranges::sort(ys);
    const auto lieOn = [](const std::vector<vision::Region>& list, double x, double y) {
        return std::ranges::any_of(list, [x, y](const vision::Region& box) {
            return x > box.left && x < box.left + box.width && y > box.top && y < box.top + box.height;
        });
    };
    PatchCover cover(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns), 0.0F);
    for (std::size_t i = 0; i + 1 < xs.size(); ++i) {
        for (std::size_t j = 0; j + 1 < ys.size(); ++j) {
            const double x = (xs[i] + xs[i + 1]) / 2.0;
            const double y = (ys[j] + ys[j + 1]) / 2.0;
            if (!lieOn(boxes, x, y) || lieOn(hiding, x, y)) {
                continue;
            }
            const PatchCover cell =
                coverOfBox({xs[i], ys[j], xs[i + 1] - xs[i], ys[j + 1] - ys[j]}, visible, rows, columns);
            std::ranges::transform(cover, cell, cover.begin(), std::plus());
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

Result<std::unique_ptr<RegionFinder>> openRegionFinder(const RegionSource& source, const std::filesystem::path& video) {
    if (source.origin == RegionOrigin::Truth) {
        return openTruth(video);
    }
    if (source.origin == RegionOrigin::FaceDetector) {
        return vision::openFaceDetector(vision::installedFaceCascade())
            .map([](auto detector) -> std::unique_ptr<RegionFinder> {
                return std::make_unique<FaceFinder>(std::move(detector));
            });
    }
    if (source.origin == RegionOrigin::OwnDetector) {
        return vision::openPartDetector(source.detector).map([](auto detector) -> std::unique_ptr<RegionFinder> {
            return std::make_unique<PartFinder>(std::move(detector));
        });
    }
    return nullptr;
}

Result<DetectorParts> checkDetector(const std::filesystem::path& file) {
    return vision::openPartDetector(file).map([](const auto& detector) {
        return DetectorParts{detector->finds(vision::BodyPart::Hand), detector->finds(vision::BodyPart::Face)};
    });
}

std::string describe(const RegionSource& source) {
    switch (source.origin) {
    case RegionOrigin::None:
        return "not looked for";
    case RegionOrigin::Truth:
        return "exact, from the synthetic signer";
    case RegionOrigin::FaceDetector:
        return "face found by OpenCV's Haar cascade, may be wrong";
    case RegionOrigin::OwnDetector:
        break;
    }
    return "hands and face found by " + source.detector.filename().string() + ", may be wrong";
}

} // namespace livegloss::attention
