#pragma once

#include "base/result.h"
#include "tensorfile/safetensors.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace livegloss::model {

/// Activation of the image backbone's blocks. CLIP as OpenAI trained it uses QuickGELU, most of open_clip's models
/// GELU. Adapters and aggregation blocks use QuickGELU whatever the backbone does.
enum class Activation { QuickGelu, Gelu };
std::string_view activationName(Activation activation); ///< as in metadata: "quick_gelu", "gelu"

/// What the first layer wants of a channel's value v in [0, 1]: (v - mean) / deviation.
struct InputNormalisation {
    std::array<double, 3> mean{0.5, 0.5, 0.5};
    std::array<double, 3> deviation{0.5, 0.5, 0.5};
    bool operator==(const InputNormalisation&) const = default;
};
/// As AdaptSign's released code has it, x / 127.5 - 1 (the default).
inline constexpr InputNormalisation plainNormalisation{};
/// As CLIP was trained.
inline constexpr InputNormalisation clipNormalisation{{0.48145466, 0.4578275, 0.40821073},
                                                      {0.26862954, 0.26130258, 0.27577711}};

/// Sizes and facts of one AdaptSign model. Sizes come from the weights' shapes; the rest from the file's metadata, with
/// the defaults below where it says nothing.
struct ModelConfig {
    int width = 0;      ///< D, token width
    int layers = 0;     ///< transformer blocks
    int heads = 0;      ///< D / 64
    int patch = 0;      ///< p, side of a patch in pixels
    int resolution = 0; ///< R, side of the network's input in pixels
    int resize = 0;     ///< side of the square that a frame is resized to before the R x R centre crop
    int embedDim = 0;   ///< E, width of a frame feature
    int hidden = 0;     ///< H, width of the temporal head
    int classes = 0;    ///< V, glosses + blank at 0
    int convType = 2;   ///< layout of the temporal convolutions, see temporalStride()
    int prefix = 8;     ///< learnt prefix rows per block; 0: none
    int window = 5;     ///< frames of the cross-frame attention (t-2..t+2); 0: there is none
    /// The cross-frame attention looks at earlier frames only (t-2..t); later ones count as frames outside the clip.
    bool pastOnly = false;
    bool adapters = true;    ///< the blocks have adapters
    bool aggregation = true; ///< a query token gathers from the blocks; else features come from the class token alone
    Activation activation = Activation::QuickGelu;
    InputNormalisation normalisation;
    double fps = 25.0; ///< frame rate that the model was trained at
    std::string name;
    std::string signLanguage;
    std::string licence;
    std::string card;                    ///< Markdown: data, figures, limits
    std::vector<std::string> vocabulary; ///< `classes` entries; [0] is the blank and empty

    int gridSide() const { return resolution / patch; }
    int patches() const { return gridSide() * gridSide(); }
    int tokens() const { return patches() + 1; }
    /// Later frames that a frame's feature depends on.
    int framesAhead() const { return pastOnly ? 0 : window / 2; }
};

/// Modules of AdaptSign that the model has, as metadata lists them: "adapters prefixes aggregation cross-frame".
std::string moduleList(const ModelConfig& config);
/// Switches off what the list leaves out; an error names an unknown module.
Result<void> applyModuleList(ModelConfig& config, std::string_view list);

/// How the temporal convolutions of `convType` map frames to steps.
struct TemporalLayout {
    int stride = 4;          ///< frames per step
    int receptiveField = 16; ///< frames that one step sees
    int leftPad = 6;         ///< copies of the first frame before a clip at test time (and of the last one after it)

    /// Frames of a clip with its copies at test time: whole steps, and at least one. The released loader's padding
    /// leaves a clip of a few frames without a step where a head pools first; there the last frame is repeated further.
    std::int64_t paddedFrames(std::int64_t frames) const;
};
TemporalLayout temporalLayout(int convType);
/// Steps that `frames` frames give; 0 when there are too few.
int temporalSteps(int convType, int frames);
/// One layer of the temporal convolutions.
struct TemporalLayer {
    bool pool = false; ///< max pool of `size`; else convolution over `size` frames + batch norm + ReLU
    int size = 0;
};
/// Layers of `convType` 0..9 in order; empty for any other value.
std::vector<TemporalLayer> temporalLayers(int convType);

/// What a file of any format says about a model, without its values.
struct ShapeTable {
    std::filesystem::path path; ///< for messages
    std::map<std::string, tensorfile::Shape, std::less<>> shapes;
    tensorfile::Metadata metadata;
};
ShapeTable shapeTable(const tensorfile::SafetensorsReader& reader);
/// As readModelConfig() for a file, from a table under the released names.
Result<ModelConfig> readModelConfig(const ShapeTable& table);

/// Whether the file says of itself that it holds only an image tower.
bool isBackboneFile(const ShapeTable& table);
/// As readModelConfig(), for a file of which only CLIP's image tower counts: hidden and classes stay 0.
Result<ModelConfig> readBackboneConfig(const ShapeTable& table);

/// Configuration of a model file: sizes from the shapes, the rest from metadata. Errors name the tensor or the key;
/// where metadata contradicts a shape the message has both.
Result<ModelConfig> readModelConfig(const tensorfile::SafetensorsReader& reader);
/// The metadata that readModelConfig() reads back (format "livegloss-1").
tensorfile::Metadata modelMetadata(const ModelConfig& config);
/// The same for a file that holds only an image tower (kind "backbone").
tensorfile::Metadata backboneMetadata(const ModelConfig& config);
/// Checks sizes that a network is to be built with (heads = width / 64, patch divides resolution, known convType, ...)
/// and that none is larger than any real network's.
Result<void> checkModelConfig(const ModelConfig& config);
/// The same for the image tower and the frames that it takes, whatever the sizes of the temporal head.
Result<void> checkTowerConfig(const ModelConfig& config);
/// Text of one class for people: the gloss, or its number where the model has no vocabulary.
std::string glossText(const ModelConfig& config, int label);

} // namespace livegloss::model
