#pragma once

#include "attention/view.h"
#include "vision/preprocess.h"

#include <cstdint>
#include <span>

namespace livegloss::attention {

/// Where hands and face are in one frame, exactly: `size` x `size`, 0 elsewhere.
struct RegionMasks {
    int size = 0;
    std::span<const std::uint8_t> hands;
    std::span<const std::uint8_t> face;
};

/// What one map has to do with hands and face, all of the mass on the patches (class token and prefixes left out).
struct RegionScore {
    double hands = 0.0;    ///< share of the map's mass on hands
    double face = 0.0;     ///< on the face where no hand covers it
    double area = 0.0;     ///< share of the visible picture that hands and face cover: what looking everywhere gives
    bool pointing = false; ///< the middle of the strongest patch lies on a hand or the face
    double pointingArea = 0.0;  ///< share of patches whose middle does: what pointing anywhere gives
    bool pointingPatch = false; ///< the strongest patch touches a hand or the face at all
};

/// `visible`: the part of the frame that the network sees. A patch's mass counts in proportion to the area of it that
/// lies on the region. The layer is not signed and its values are not negative.
RegionScore scoreLayer(const Layer& layer, const RegionMasks& masks, const vision::Region& visible);

} // namespace livegloss::attention
