#pragma once

#include "base/result.h"
#include "model/model_config.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace livegloss::training {

/// How the learning rate goes over a stage.
struct RateSchedule {
    enum class Shape { Cosine, Steps };
    Shape shape = Shape::Cosine;
    double rate = 1e-4;
    double finalFraction = 0.02; ///< Cosine: share of `rate` left at the end
    int warmupSteps = 0;         ///< linear from 0
    std::vector<int> dropAt;     ///< Steps: the rate is multiplied by `dropFactor` at each of these steps
    double dropFactor = 0.2;
};
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

/// Training of the AdaptSign modules and the head on clips, the backbone frozen.
struct AdaptRecipe {
    int steps = 0;
    int batch = 2;
    int renderSize = 0;      ///< side of a rendered frame; 0: the model's `resize`
    double sizeJitter = 0.0; ///< as in pre-training
    int keepClips = 300;
    double uses = 3.0;
    RateSchedule rate;
    double weightDecay = 1e-4; ///< added to the gradient, as the released configuration has it
    double clipNorm = 0.0;     ///< 0: no limit
    double sequenceWeight = 1.0;
    double convWeight = 1.0;
    double distillWeight = 25.0;
    int distillRampSteps = 0; ///< the distillation weight grows linearly from 0 over these steps
    bool trainQuery = false;
    double flips = 0.5; ///< share of clips that are mirrored
    int devEvery = 250;
    int devClips = 24;
    int minFrames = 32;
    int maxFrames = 230;
    std::vector<Curriculum> curriculum;
};

struct Recipe {
    std::string name = "model";
    std::string card;
    std::string licence;
    std::string signLanguage;
    std::uint64_t seed = 1;
    model::ModelConfig model; ///< sizes; classes and vocabulary come from the sample source
    std::filesystem::path backbone; ///< image tower to start from instead of pre-training; empty: none
    PretrainRecipe pretrain;
    HeadRecipe head;
    AdaptRecipe adapt;
    double checkpointMinutes = 3.0;
};

/// Reads a recipe. Errors name the file and the key. Unknown keys are refused, so that a typing error does not pass.
Result<Recipe> readRecipe(const std::filesystem::path& path);
Result<Recipe> parseRecipe(const std::string& json, const std::string& where);

} // namespace livegloss::training
