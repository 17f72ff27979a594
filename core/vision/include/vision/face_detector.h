#pragma once

#include "base/frame.h"
#include "base/result.h"
#include "vision/preprocess.h"

#include <filesystem>
#include <memory>
#include <optional>

namespace livegloss::vision {

/// Finds a face that looks towards the camera by a cascade of Haar features, as OpenCV ships them. It misses faces that
/// turn or hide, and takes other things for faces. One thread at a time.
class FaceDetector {
public:
    virtual ~FaceDetector() = default;
    /// Where the largest face lies, in fractions of the frame; nothing where none was found.
    virtual std::optional<Region> find(const Frame& frame) = 0;
};

/// `cascade`: an .xml of OpenCV's. NotFound or Unreadable where it is missing or no cascade.
Result<std::unique_ptr<FaceDetector>> openFaceDetector(const std::filesystem::path& cascade);

/// Where Debian's opencv-data puts the cascade for frontal faces, or where the environment variable
/// LIVEGLOSS_FACE_CASCADE says; empty when it is not there.
std::filesystem::path installedFaceCascade();

} // namespace livegloss::vision
