#pragma once

#include "base/result.h"
#include "onnx_outline.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace livegloss::vision {

/// How the boxes of a detector lie in its output.
enum class BoxLayout {
    Rows,      ///< [1, boxes, 5 + classes]: middle, size, objectness, classes
    Columns,   ///< [1, 4 + classes, boxes]: middle, size, classes
    FaceGrids, ///< faces only, by outputs of their own for cells of 8, 16 and 32 pixels
};

/// What has to be known to feed a detector and to read it.
struct DetectorSettings {
    int width = 0; ///< of the network's picture, in pixels
    int height = 0;
    double scale = 1.0 / 255.0; ///< of each channel's 0 to 255
    bool bgr = false;
    std::optional<BoxLayout> layout; ///< as a person says; otherwise the output's shape tells
    bool fractions = false;          ///< boxes in fractions of the network's picture instead of pixels
    std::optional<int> classes;      ///< how many, where names are known
    std::vector<int> hands;          ///< classes that are a hand
    std::vector<int> faces;          ///< and a face
    double leastScore = 0.4;         ///< of a box that counts
    double mostOverlap = 0.5;        ///< of two boxes of one part, as intersection over union
};

/// From what the file tells, and NAME.json beside it, which has the last word. `layout`: FaceGrids, whose faces need no
/// class, or any other.
Result<DetectorSettings> readDetectorSettings(const std::filesystem::path& file, const OnnxOutline& outline,
                                              BoxLayout layout);

/// The names of classes in a file's metadata, written as a dictionary: {0: 'hand', 1: 'face'}. Empty where it is not.
std::vector<std::string> namesInDictionary(const std::string& text);

} // namespace livegloss::vision
