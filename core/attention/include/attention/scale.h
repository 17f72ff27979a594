#pragma once

#include "attention/view.h"
#include "vision/heat_map.h"

#include <array>
#include <optional>

namespace livegloss::attention {

/// The values that the two ends of a colour map stand for. Signed layers have low = -high.
struct Scale {
    float low = 0.0F;
    float high = 0.0F;
};

/// Of normalisation Absolute: attention from 0 to 8 times the share that looking everywhere alike would give a patch;
/// differences from -4 to 4 times it; cross-frame weights from -0.5 to 0.5, which is all they can be.
Scale absoluteScale(LayerKind kind, int patches);

/// Follows the values of a clip, so that its frames are comparable. One thread at a time.
class ClipScales {
public:
    ClipScales() = default;
    explicit ClipScales(vision::RangeMemory memory);
    void add(const std::vector<Layer>& layers);
    /// Adapted and frozen attention have a range each.
    Scale scaleOf(const Layer& layer, Normalisation normalisation) const;
    void reset();

private:
    std::array<vision::ClipRange, 4> ranges_; ///< by kind; of signed ones the magnitudes
};

/// The colour map that a layer is drawn with: signed ones have their own.
vision::ColourMap colourMapOf(const Layer& layer, Colours colours);

/// The layer as a picture of `pixels` a patch. Transparent where there is no response.
vision::RgbaPicture drawLayer(const Layer& layer, const Scale& scale, Colours colours, int pixels);

} // namespace livegloss::attention
