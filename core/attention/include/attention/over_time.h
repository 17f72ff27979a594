#pragma once

#include "attention/clip_walk.h"
#include "attention/regions.h"
#include "attention/view.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace livegloss::attention {

/// A point of the video picture, in fractions of its width and height.
struct PicturePoint {
    double x = 0.0;
    double y = 0.0;
};

/// What one frame adds to the curves. Formulas: docs/attention.md, "Over time".
struct Moment {
    MediaTime time{0};
    std::int64_t frameIndex = 0; ///< of the video, or unknownFrame
    Layer layer;                 ///< the attention measured; no values where only weights across frames are known
    std::optional<float> hands;  ///< shares of the mass on patches, 0 to 1
    std::optional<float> face;
    bool partMissing = false;           ///< hands or face were looked for and not found
    std::optional<float> entropy;       ///< 0: all on one patch, 1: everywhere alike
    std::optional<float> motion;        ///< picture heights a second
    std::optional<PicturePoint> centre; ///< of the weights across frames over this frame
};

/// What is measured of a view: AdaptSign's spatial attention, or the frozen backbone's where the view shows that alone;
/// the view's source, and its block and head except across frames (last block, mean of heads).
View measuredView(const View& view);

/// Entropy of the values as shares of their sum, divided by its maximum, the logarithm of their number. Nothing without
/// mass.
std::optional<float> entropyOf(std::span<const float> values);

/// Centre of weight of the positive cross-frame weights over one frame. Nothing where no weight is positive.
std::optional<PicturePoint> centreOf(const Layer& layer, const vision::Region& visible);

/// How fast that centre moves through the neighbours that are frames of the clip: the length of its path from the
/// earliest to the latest over the time between, in picture heights a second. Nothing with fewer than two.
/// `aspect`: width over height of the picture; `fps`: the model's.
std::optional<float> motionOf(const std::vector<Layer>& neighbours, const vision::Region& visible, double aspect,
                              double fps);

/// What the layers of a picture on show tell, of whatever view they are.
Moment momentOf(const std::vector<Layer>& layers, const Frame& frame, const model::ModelConfig& config);

/// Adds what another view told of the same moment; false where that is nothing new.
bool addTo(Moment& known, const Moment& more);

struct OverTimeJob {
    std::filesystem::path input;
    engine::LoadedModelPtr model;
    View view; ///< as on show; see measuredView()
    RegionSource regions;
    WalkOptions options;
};

/// Sends a whole video through the network and measures every frame that it sees (each once, with the weights across
/// frames of the first time, where the video is slower than the model), shares of hands and face where
/// `regions` finds them. Any thread. Errors of source, network and regions, or Cancelled.
Result<std::vector<Moment>> measureClip(const OverTimeJob& job);

/// A gloss on the time axis.
struct GlossBand {
    MediaTime start{0};
    MediaTime end{0};
    std::string text;
};

/// Share of each moment's attention on a box that a person drew, in fractions of the whole frame.
std::vector<std::optional<float>> sharesOn(const std::vector<Moment>& moments, const vision::Region& box,
                                           const vision::Region& visible);

/// One line per moment: frame, time_s, hands, face, own_region, elsewhere, entropy, motion, centre_x, centre_y, gloss,
/// empty where unknown. `own` is empty or has one entry a moment. `settings` stand in comment lines above.
std::string overTimeCsv(const std::vector<Moment>& moments, const std::vector<std::optional<float>>& own,
                        const std::vector<GlossBand>& glosses, const std::map<std::string, std::string>& settings);

/// Outside hands and face where they are known, else outside the person's own region; nothing where neither is known,
/// or where only a part of what was looked for was found.
std::optional<float> elsewhereOf(const Moment& moment, const std::optional<float>& own);

} // namespace livegloss::attention
