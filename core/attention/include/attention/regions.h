#pragma once

#include "attention/view.h"
#include "base/frame.h"
#include "base/result.h"
#include "vision/preprocess.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace livegloss::attention {

/// How much of each patch's area lies on a region, 0 to 1, row-major.
using PatchCover = std::vector<float>;

/// `mask`: width x height of the whole frame, any value but 0 is the region. `visible`: the part that the network sees.
PatchCover coverOfMask(std::span<const std::uint8_t> mask, int width, int height, const vision::Region& visible,
                       int rows, int columns);
/// `box` in fractions of the whole frame.
PatchCover coverOfBox(const vision::Region& box, const vision::Region& visible, int rows, int columns);

/// The part of each patch that lies on any of `boxes` and on none of `hiding`, in fractions of the whole frame.
PatchCover coverOfBoxes(const std::vector<vision::Region>& boxes, const std::vector<vision::Region>& hiding,
                        const vision::Region& visible, int rows, int columns);

/// Share of a map's mass on patches that falls on a region, a patch's mass by the area of it that the region covers.
/// 0 for a map without mass. The values are not negative.
double shareOn(std::span<const float> values, const PatchCover& cover);

/// What is known of one frame; nothing where a finder cannot tell.
struct FrameRegions {
    std::optional<PatchCover> hands;
    std::optional<PatchCover> face; ///< without what a hand hides, where hands are known
};

enum class RegionOrigin {
    None,
    Truth,        ///< exact, from the synthetic signer that drew the clip
    FaceDetector, ///< a face by OpenCV's cascade; may be wrong
    OwnDetector,  ///< hands and face by a detector that a person supplies; may be wrong
};

/// Where hands and face are known from.
struct RegionSource {
    RegionOrigin origin = RegionOrigin::None;
    std::filesystem::path detector; ///< of OwnDetector: its ONNX file
    bool operator==(const RegionSource&) const = default;
};

/// Tells where hands and face are in a clip's frames. One thread at a time.
class RegionFinder {
public:
    virtual ~RegionFinder() = default;
    virtual bool findsHands() const = 0;
    virtual bool findsFace() const = 0;
    virtual Result<FrameRegions> find(const Frame& frame, const vision::Region& visible, int rows, int columns) = 0;
};

/// Truth of a clip of the synthetic signer: NAME.truth.json beside NAME.mp4 with the masks (livegloss-cli synth
/// --masks), or NAME.json with seed, signer and fps, from which they are drawn again. NotFound where neither lies
/// there, Unreadable where it is broken; find() gives InvalidArgument where it belongs to another clip.
Result<std::unique_ptr<RegionFinder>> openTruth(const std::filesystem::path& video);
/// Whether a file that openTruth() would read lies beside the video.
bool hasTruth(const std::filesystem::path& video);

/// What `source` names; null for None. `video`: of a truth, the clip that it is of. Errors of openTruth(),
/// vision::openFaceDetector() and vision::openPartDetector().
Result<std::unique_ptr<RegionFinder>> openRegionFinder(const RegionSource& source, const std::filesystem::path& video);

/// What an ONNX file of a person's own finds.
struct DetectorParts {
    bool hands = false;
    bool face = false;
};
/// Opens it and tries it out; takes as long as reading the file and one picture. Errors of vision::openPartDetector().
Result<DetectorParts> checkDetector(const std::filesystem::path& file);

/// The sources' names for files, in English: "hands and face found by detector.onnx, may be wrong".
std::string describe(const RegionSource& source);

} // namespace livegloss::attention
