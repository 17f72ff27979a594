#pragma once

#include "detector_settings.h"

#include <array>
#include <span>
#include <string>
#include <vector>

namespace livegloss::vision {

/// A hand or face as the network gives it out, before overlapping ones are sorted out.
struct BoxCandidate {
    bool isFace = false;
    float score = 0.0F;
    double left = 0.0; ///< in pixels of the network's picture
    double top = 0.0;
    double width = 0.0;
    double height = 0.0;
};

/// One output of the network: its sizes and its values, row-major.
struct DetectorOutput {
    std::vector<int> shape;
    std::span<const float> values;
};

/// The layout of the one output of a detector of classes, and whether its classes fit the settings. Unsupported or
/// InvalidArgument where they do not; `name` is for the message.
Result<BoxLayout> layoutOf(const std::vector<int>& shape, const DetectorSettings& settings, const std::string& name);

/// Boxes that are hands or faces with enough score. `layout` is layoutOf() of the same shape.
std::vector<BoxCandidate> readBoxes(const DetectorOutput& output, BoxLayout layout, const DetectorSettings& settings);

/// The outputs of a detector of layout FaceGrids, in the order that readFaceGrids() wants them.
const std::vector<std::string>& faceGridOutputs();
/// False where an output has another size than its grid over the network's picture.
bool fitFaceGrids(const std::vector<DetectorOutput>& outputs, const DetectorSettings& settings);
std::vector<BoxCandidate> readFaceGrids(const std::vector<DetectorOutput>& outputs, const DetectorSettings& settings);

} // namespace livegloss::vision
