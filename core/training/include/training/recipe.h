#pragma once

#include "base/result.h"
#include "model/model_config.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace livegloss::training {

/// How the learning rate goes over a stage.
struct RateSchedule {
    enum class Shape { Cosine, Steps };
    Shape shape = Shape::Cosine;
    double rate = 1e-4;
    double finalFraction = 0.02;   ///< Cosine: share of `rate` left at the end
    int warmupSteps = 0;           ///< linear from 0
    std::vector<int> dropAt;       ///< Steps: the rate is multiplied by `dropFactor` at each of these steps
    std::vector<int> dropAtEpochs; ///< the same in epochs, where a stage counts these
    bool statesEpochs = false;     ///< the recipe itself names `dropAtEpochs`
    double dropFactor = 0.2;
};
/// The paper's: 1e-4, a fifth of it after epoch 20 and again after epoch 30.
RateSchedule paperRates();
/// `schedule` with its epochs as steps.
RateSchedule inSteps(RateSchedule schedule, std::int64_t stepsPerEpoch);
/// Rate of step `step` (from 0) of `steps`.
double rateAt(const RateSchedule& schedule, int step, int steps);

/// Contrastive pre-training of the plain image tower on captioned stills.
struct PretrainRecipe {
    int steps = 0;
    int groups = 8;               ///< groups of stills in a batch
    int groupSize = 8;            ///< stills in a group, alike but for one word
    int renderSize = 0;           ///< side of a rendered still; 0: the model's `resize`
    double sizeJitter = 0.0;      ///< the side varies by up to this share, so that people appear larger and smaller
    int keepGroups = 256;         ///< groups held in memory
    double uses = 2.0;            ///< how often a group is used on average
    double wordWeight = 1.0;      ///< weight of the contrast against single words
    double regionWeight = 1.0;    ///< weight of the contrast of regions (hands, face) against words
    std::int64_t keepPatches = 0; ///< patches of a still that are encoded; 0: all
    double allPatchesFrom = 1.0;  ///< share of the steps after which all are, to end as the network will be used
    RateSchedule rate;
    double weightDecay = 0.0; ///< decoupled
    double clipNorm = 1.0;
    int textWidth = 128;
    int reportEvery = 100; ///< steps between measurements on unseen people
};

/// Training of the temporal head on features of the frozen encoder, computed once per clip.
struct HeadRecipe {
    int clips = 0; ///< 0: no such stage
    int steps = 0;
    int batch = 16;
    RateSchedule rate;
};

struct Curriculum {
    double until = 1.0; ///< share of the stage's steps
    int minSigns = 2;
    int maxSigns = 7;
};

/// Training of the AdaptSign modules, of the head and of as much of the backbone as the method says, on clips.
struct AdaptRecipe {
    int steps = 0;             ///< on an endless supply of clips; 0: `epochs` count
    int epochs = 40;           ///< over all clips of the part train
    int clips = 0;             ///< clips of an epoch where the supply is endless
    int batch = 2;             ///< clips that go through the head together
    int accumulate = 1;        ///< batches whose gradients are averaged before a step
    int renderSize = 0;        ///< side of a rendered frame; 0: the model's `resize`
    double sizeJitter = 0.0;   ///< as in pre-training
    int keepClips = 300;       ///< of an endless supply, held in memory
    double uses = 3.0;         ///< of a clip of an endless supply
    int cacheMegabytes = 2048; ///< decoded clips of a data set that are kept
    RateSchedule rate = paperRates();
    double weightDecay = 1e-3; ///< added to the gradient; the released configuration has 1e-4
    double clipNorm = 0.0;     ///< 0: no limit
    double sequenceWeight = 1.0;
    double convWeight = 1.0;
    double distillWeight = 25.0;
    int distillRampSteps = 0; ///< the distillation weight grows linearly from 0 over these steps
    bool trainQuery = false;
    double normMomentum = 0.1; ///< share of a step in the running statistics of the head's batch norms
    bool freezeNorms = false;  ///< the head's batch norms keep their statistics and normalise by them in training too
    double averageDecay = 0.0; ///< share that an average of the weights keeps in a step, which is measured; 0: none
    double flips = 0.5;        ///< share of clips that are mirrored
    double toneJitter = 0;     ///< how far brightness and colours vary; 1: by up to a fifth
    int devEvery = 0;          ///< steps between measurements on dev; 0: at the end of each epoch
    int devClips = 0;          ///< clips of dev that are measured; 0: all
    int earlyStop = 0;         ///< measurements without a better one after which training ends; 0: never
    int minFrames = 32;
    int maxFrames = 230;
    std::vector<Curriculum> curriculum;
};

/// What of the backbone is trained besides the modules, the last norm and the projection (paper's table 1).
struct Method {
    enum class Kind { Freezing, FineTuning, Partial, AdaptSign };
    Kind kind = Kind::AdaptSign;
    int blocks = 0; ///< Partial: so many of the last blocks
};
/// "freezing", "fine-tuning", "partial-2" or "adaptsign"; nothing for other words.
std::optional<Method> methodOf(const std::string& name);

enum class Precision { F32, Bf16, F16 };
constexpr std::string_view otherDevicePrefix = "torch:";

struct Recipe {
    std::string name = "model";
    std::string card;
    std::string licence;
    std::string signLanguage;
    std::uint64_t seed = 1;
    /// Sizes and modules, ViT-B/16's where the recipe says nothing; classes and vocabulary come from the sample source.
    model::ModelConfig model;
    /// Keys of "model" and "modules" that the recipe holds; others follow what it starts from.
    std::set<std::string> statedSizes;
    /// "plain" (x / 127.5 - 1), "clip", or "auto": as a model to start from has it, and else as the released code,
    /// plain whatever the backbone was made with.
    std::string normalisation = "auto";
    double adapterRatio = 0.25;  ///< inner width of the adapters over the width
    bool sharedPrefixes = false; ///< one set of prefixes for all blocks
    Method method;
    std::filesystem::path backbone; ///< image tower to start from instead of pre-training; empty: none
    std::filesystem::path start;    ///< trained model to go on from, head included; empty: none
    Precision precision = Precision::F32;
    std::string device = "auto"; ///< "auto", "cpu", "cuda", or "torch:" and the name of another device of LibTorch
    bool gradientCheckpointing = false; ///< forget the encoder's intermediate results and compute them again
    PretrainRecipe pretrain;
    HeadRecipe head;
    AdaptRecipe adapt;
    double checkpointMinutes = 3.0;
    std::uint64_t fingerprint = 0; ///< of its text: processes that train together need the same
};

/// Reads a recipe. Errors name the file and the key. Unknown keys are refused, so that a typing error does not pass.
Result<Recipe> readRecipe(const std::filesystem::path& path);
Result<Recipe> parseRecipe(const std::string& json, const std::string& where);

/// A key that a recipe may hold, with its default as JSON ("" where it has none).
struct RecipeKey {
    std::string path; ///< "adapt.batch"
    std::string standard;
};
/// Every key, in the order in which docs/training.md lists them.
std::vector<RecipeKey> recipeKeys();

/// Inner width of the adapters in blocks of `width`, which is the backbone's where the recipe does not state it.
int adapterWidth(const Recipe& recipe, int width);

} // namespace livegloss::training
