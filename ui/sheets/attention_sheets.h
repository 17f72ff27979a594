#pragma once

#include "attention/scale.h"
#include "attention/view.h"
#include "base/frame.h"
#include "ui/sheets/sheet.h"

#include <optional>
#include <vector>

namespace livegloss::ui {

/// Which frame an attention is of.
struct AttendedMoment {
    std::int64_t index = unknownFrame;
    MediaTime time{0};
};

/// A frame of a sheet with the layers of the sheet's view.
struct SheetFrame {
    FramePtr frame;
    std::vector<attention::Layer> layers;
    std::optional<AttendedMoment> earlier; ///< what the layers are of, where that is not `frame` but one before it
    /// Across frames: the pictures under the layers; null outside the clip.
    std::vector<QImage> neighbours;
    bool neighboursAreInputs = false; ///< they are what the network saw of the frames, not the frames themselves
    float temporalWeight = 0.0F;
};

/// What a sheet is made from.
struct SheetMaterial {
    QString clip; ///< the video's name
    model::ModelConfig model;
    attention::View view; ///< shown decides the kind of sheet
    std::vector<SheetFrame> frames;
    attention::ClipScales scales; ///< of the clip, for normalisation Clip
    bool scalesSoFar = false;     ///< they know the clip as far as it was seen, not the whole
};

/// Figure 3 of the paper: the frames as they are in the first row, below them a row for each layer (frozen, AdaptSign,
/// their difference), one column a frame.
Sheet spatialSheet(const SheetMaterial& material);
/// Figure 4: one row a frame, from two frames before it to two after it, with the cross-frame weights over them, and
/// their mean over the frame itself.
Sheet crossFrameSheet(const SheetMaterial& material);

/// A frame with a layer over it; a layer without response says so below.
SheetCell layerCell(const QImage& picture, const attention::Layer& layer, const attention::ClipScales& scales,
                    const attention::View& view, const model::ModelConfig& config);
/// What a layer's colours stand for.
SheetLegend layerLegend(const attention::Layer& layer, const attention::ClipScales& scales,
                        const attention::View& view);

/// A copy of the frame's pixels.
QImage pictureOf(const Frame& frame);

/// One of the two, as the view asks.
Sheet attentionSheet(const SheetMaterial& material);

} // namespace livegloss::ui
