#pragma once

#include "engine/attention.h"
#include "model/model_config.h"
#include "vision/heat_map.h"

#include <string>
#include <vector>

namespace livegloss::attention {

enum class Shown {
    Adapted,    ///< AdaptSign's own attention
    Frozen,     ///< that of the backbone alone
    SideBySide, ///< frozen and adapted, in step (the paper's figure 3)
    Difference, ///< adapted minus frozen
    CrossFrame, ///< weights over the frames around this one (figure 4)
};

/// What the brightest colour stands for.
enum class Normalisation {
    Clip,     ///< the 2nd to 98th percentile of the clip, as far as it was seen
    Absolute, ///< the same for every clip and model, see absoluteScale()
    Frame,    ///< the least to the greatest of each frame: every frame looks equally sure
};

enum class Colours { Inferno, Cividis, Viridis, Grey, Contours, Jet };

/// Everything a person chooses about an attention picture.
struct View {
    Shown shown = Shown::Adapted;
    engine::AttentionSource source = engine::AttentionSource::ClassToken;
    int block = engine::lastBlock;
    int head = engine::meanOfHeads;
    int patch = 0; ///< for AttentionSource::Patch, row-major
    Normalisation normalisation = Normalisation::Clip;
    Colours colours = Colours::Inferno;
    bool operator==(const View&) const = default;
};

/// The view with what this model does not have replaced by what it does: a block or head past the last, a patch outside
/// the grid, weights across frames, the aggregation query; also that of the frozen backbone or across frames.
View fitted(View view, const model::ModelConfig& config);

/// What has to be computed for it.
engine::AttentionRequest requestFor(const View& view);

enum class LayerKind { Adapted, Frozen, Difference, CrossFrame };

/// One picture's worth of values over the patches of a frame.
struct Layer {
    LayerKind kind = LayerKind::Adapted;
    int offset = 0; ///< CrossFrame: the frame that the values lie over, counted from the one that asks
    engine::Neighbour neighbour = engine::Neighbour::Frame;
    int rows = 0;
    int columns = 0;
    std::vector<float> values;
    float classShare = 0.0F; ///< spatial layers only; of a Difference, the difference
    float prefixShare = 0.0F;

    bool isSigned() const { return kind == LayerKind::Difference || kind == LayerKind::CrossFrame; }
};

/// The pictures of a view: one, frozen and adapted side by side, or one per neighbour. Empty where `result` does not
/// hold what the view needs.
std::vector<Layer> layersOf(const View& view, const engine::AttentionResult& result);

/// The mean over a frame's neighbours that are frames of the clip, to lie over the asking frame as one picture.
Layer crossFrameOverlay(const std::vector<Layer>& neighbours);

/// Names for files and messages in English: "adapted", "frozen", ...
std::string layerName(const Layer& layer);
/// "last block, mean of 12 heads, class token"; patches as "patch (row, column)". For `shown` CrossFrame the source
/// only.
std::string describe(const View& view, const model::ModelConfig& config);

} // namespace livegloss::attention
