#include "detector_boxes.h"

#include <algorithm>
#include <cmath>

namespace livegloss::vision {

namespace {

constexpr int kRowExtras = 5;    // middle, size, objectness
constexpr int kColumnExtras = 4; // middle, size
constexpr std::array kCells{8, 16, 32};

/// [1, a, b] and [a, b] mean the same.
std::optional<std::array<int, 2>> tableOf(const std::vector<int>& shape) {
    const std::size_t skip = shape.size() == 3 && shape[0] == 1 ? 1 : 0;
    if (shape.size() != skip + 2 || shape[skip] <= 0 || shape[skip + 1] <= 0) {
        return std::nullopt;
    }
    return std::array<int, 2>{shape[skip], shape[skip + 1]};
}

std::string sizesText(const std::vector<int>& shape) {
    std::string text;
    for (const int size : shape) {
        text += (text.empty() ? "" : " x ") + std::to_string(size);
    }
    return text;
}

int classesOf(const std::array<int, 2>& table, BoxLayout layout) {
    return layout == BoxLayout::Rows ? table[1] - kRowExtras : table[0] - kColumnExtras;
}

/// A box from its middle and size; nothing where it is no box.
std::optional<BoxCandidate> boxAround(double x, double y, double width, double height) {
    const bool finite = std::isfinite(x) && std::isfinite(y) && std::isfinite(width) && std::isfinite(height);
    if (!finite || width <= 0.0 || height <= 0.0) {
        return std::nullopt;
    }
    return BoxCandidate{false, 0.0F, x - width / 2.0, y - height / 2.0, width, height};
}

/// The best of some classes.
template <class ScoreOf>
float bestOf(const std::vector<int>& classes, ScoreOf scoreOf) {
    float best = 0.0F;
    for (const int index : classes) {
        best = std::max(best, scoreOf(index));
    }
    return best;
}

} // namespace

Result<BoxLayout> layoutOf(const std::vector<int>& shape, const DetectorSettings& settings, const std::string& name) {
    const auto table = tableOf(shape);
    const auto fits = [&](BoxLayout layout) {
        return table && classesOf(*table, layout) > 0 &&
               (!settings.classes || classesOf(*table, layout) == *settings.classes);
    };
    const bool rows = fits(BoxLayout::Rows);
    const bool columns = fits(BoxLayout::Columns);
    if (!rows && !columns) {
        return failure(ErrorCode::Unsupported,
                       name + ": its output of " + sizesText(shape) + " numbers is no list of boxes" +
                           (settings.classes ? " with " + std::to_string(*settings.classes) + " classes" : ""),
                       "It has to be 1 x boxes x (5 + classes) with objectness, or 1 x (4 + classes) x boxes without.");
    }
    // Where both would do: there are more boxes than numbers in a box.
    BoxLayout layout = rows && (!columns || (*table)[0] > (*table)[1]) ? BoxLayout::Rows : BoxLayout::Columns;
    if (settings.layout) {
        layout = *settings.layout;
        if (!fits(layout)) {
            return failure(ErrorCode::InvalidArgument,
                           name + ": its output of " + sizesText(shape) +
                               " numbers does not have the layout that its "
                               "settings name",
                           "Take \"layout\" out of the .json file, or write the other one.");
        }
    }
    const int classes = classesOf(*table, layout);
    for (const std::vector<int>& part : {settings.hands, settings.faces}) {
        for (const int index : part) {
            if (index >= classes) {
                return failure(ErrorCode::InvalidArgument,
                               name + " has " + std::to_string(classes) + " classes, but its settings name class " +
                                   std::to_string(index),
                               "Classes are counted from 0.");
            }
        }
    }
    return layout;
}

std::vector<BoxCandidate> readBoxes(const DetectorOutput& output, BoxLayout layout, const DetectorSettings& settings) {
    const std::array<int, 2> table = *tableOf(output.shape);
    const bool rows = layout == BoxLayout::Rows;
    const auto across = static_cast<std::size_t>(table[1]);
    const int count = rows ? table[0] : table[1];
    const double unitX = settings.fractions ? settings.width : 1.0;
    const double unitY = settings.fractions ? settings.height : 1.0;
    std::vector<BoxCandidate> candidates;
    for (int box = 0; box < count; ++box) {
        const auto number = [&](int index) {
            const auto outer = static_cast<std::size_t>(rows ? box : index);
            const auto inner = static_cast<std::size_t>(rows ? index : box);
            return output.values[outer * across + inner];
        };
        const float objectness = rows ? number(kRowExtras - 1) : 1.0F;
        const auto scoreOf = [&](int index) {
            return objectness * number((rows ? kRowExtras : kColumnExtras) + index);
        };
        const float hand = bestOf(settings.hands, scoreOf);
        const float face = bestOf(settings.faces, scoreOf);
        const float score = std::max(hand, face);
        if (!(static_cast<double>(score) >= settings.leastScore && score > 0.0F)) {
            continue; // nor where it is no number
        }
        if (auto candidate =
                boxAround(static_cast<double>(number(0)) * unitX, static_cast<double>(number(1)) * unitY,
                          static_cast<double>(number(2)) * unitX, static_cast<double>(number(3)) * unitY)) {
            candidate->isFace = face > hand;
            candidate->score = score;
            candidates.push_back(*candidate);
        }
    }
    return candidates;
}

const std::vector<std::string>& faceGridOutputs() {
    static const std::vector<std::string> names{"cls_8",  "cls_16", "cls_32",  "obj_8",  "obj_16",
                                                "obj_32", "bbox_8", "bbox_16", "bbox_32"};
    return names;
}

bool fitFaceGrids(const std::vector<DetectorOutput>& outputs, const DetectorSettings& settings) {
    if (outputs.size() != faceGridOutputs().size()) {
        return false;
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const int cell = kCells[i % kCells.size()];
        const auto cells =
            static_cast<std::size_t>(settings.width / cell) * static_cast<std::size_t>(settings.height / cell);
        if (outputs[i].values.size() != cells * (i < 2 * kCells.size() ? 1 : 4)) {
            return false;
        }
    }
    return true;
}

std::vector<BoxCandidate> readFaceGrids(const std::vector<DetectorOutput>& outputs, const DetectorSettings& settings) {
    std::vector<BoxCandidate> candidates;
    for (std::size_t grid = 0; grid < kCells.size(); ++grid) {
        const std::span<const float> classes = outputs[grid].values;
        const std::span<const float> objects = outputs[grid + kCells.size()].values;
        const std::span<const float> boxes = outputs[grid + 2 * kCells.size()].values;
        const double cell = kCells[grid];
        const auto columns = static_cast<std::size_t>(settings.width / kCells[grid]);
        for (std::size_t i = 0; i < classes.size(); ++i) {
            const float score = std::sqrt(std::clamp(classes[i], 0.0F, 1.0F) * std::clamp(objects[i], 0.0F, 1.0F));
            if (!(static_cast<double>(score) >= settings.leastScore && score > 0.0F)) {
                continue;
            }
            const float* box = &boxes[i * 4];
            if (auto candidate = boxAround((static_cast<double>(i % columns) + static_cast<double>(box[0])) * cell,
                                           (static_cast<double>(i / columns) + static_cast<double>(box[1])) * cell,
                                           std::exp(static_cast<double>(box[2])) * cell,
                                           std::exp(static_cast<double>(box[3])) * cell)) {
                candidate->isFace = true;
                candidate->score = score;
                candidates.push_back(*candidate);
            }
        }
    }
    return candidates;
}

} // namespace livegloss::vision
