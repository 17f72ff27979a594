#include "training/recipe.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numbers>
#include <set>
#include <sstream>

namespace livegloss::training {
namespace {

using Json = nlohmann::json;

/// One JSON object whose keys are taken one by one; what is left over at the end is an error.
class Section {
public:
    Section(const Json& json, std::string path) : json_(json), path_(std::move(path)) {
        if (!json_.is_object()) {
            throw std::invalid_argument("\"" + path_ + "\" is not an object");
        }
    }
    template <class T>
    void take(const char* key, T& value) {
        seen_.insert(key);
        if (const auto found = json_.find(key); found != json_.end()) {
            try {
                value = found->template get<T>();
            } catch (const Json::exception&) {
                throw std::invalid_argument("\"" + path_ + "." + key + "\" has a value of the wrong kind");
            }
        }
    }
    const Json* child(const char* key) {
        seen_.insert(key);
        const auto found = json_.find(key);
        return found == json_.end() ? nullptr : &*found;
    }
    std::string pathOf(const char* key) const { return path_ + "." + key; }
    void finish() const {
        for (const auto& [key, value] : json_.items()) {
            if (!seen_.contains(key)) {
                throw std::invalid_argument("\"" + path_ + "." + key + "\" is not a known key");
            }
        }
    }

private:
    const Json& json_;
    std::string path_;
    std::set<std::string> seen_;
};

void readRate(const Json* json, const std::string& path, RateSchedule& rate) {
    if (json == nullptr) {
        return;
    }
    Section section(*json, path);
    std::string shape = "cosine";
    section.take("shape", shape);
    if (shape != "cosine" && shape != "steps") {
        throw std::invalid_argument("\"" + path + ".shape\" is \"" + shape + "\", not \"cosine\" or \"steps\"");
    }
    rate.shape = shape == "cosine" ? RateSchedule::Shape::Cosine : RateSchedule::Shape::Steps;
    section.take("rate", rate.rate);
    section.take("final_fraction", rate.finalFraction);
    section.take("warmup_steps", rate.warmupSteps);
    section.take("drop_at", rate.dropAt);
    section.take("drop_factor", rate.dropFactor);
    section.finish();
}

void readModel(const Json* json, model::ModelConfig& config) {
    if (json == nullptr) {
        throw std::invalid_argument("\"recipe.model\" is missing");
    }
    Section section(*json, "recipe.model");
    section.take("width", config.width);
    section.take("layers", config.layers);
    section.take("patch", config.patch);
    section.take("resolution", config.resolution);
    section.take("resize", config.resize);
    section.take("embed_dim", config.embedDim);
    section.take("hidden", config.hidden);
    section.take("conv_type", config.convType);
    section.take("prefix", config.prefix);
    section.take("window", config.window);
    section.take("fps", config.fps);
    section.finish();
    config.heads = config.width / 64;
    if (config.resize == 0) {
        config.resize = config.resolution * 8 / 7;
    }
}

void readPretrain(const Json* json, PretrainRecipe& stage) {
    if (json == nullptr) {
        return;
    }
    Section section(*json, "recipe.pretrain");
    section.take("steps", stage.steps);
    section.take("groups", stage.groups);
    section.take("group_size", stage.groupSize);
    section.take("render_size", stage.renderSize);
    section.take("size_jitter", stage.sizeJitter);
    section.take("keep_groups", stage.keepGroups);
    section.take("uses", stage.uses);
    section.take("word_weight", stage.wordWeight);
    section.take("region_weight", stage.regionWeight);
    section.take("keep_patches", stage.keepPatches);
    section.take("all_patches_from", stage.allPatchesFrom);
    section.take("weight_decay", stage.weightDecay);
    section.take("clip_norm", stage.clipNorm);
    section.take("text_width", stage.textWidth);
    section.take("report_every", stage.reportEvery);
    readRate(section.child("rate"), section.pathOf("rate"), stage.rate);
    section.finish();
}

void readHead(const Json* json, HeadRecipe& stage) {
    if (json == nullptr) {
        return;
    }
    Section section(*json, "recipe.head");
    section.take("clips", stage.clips);
    section.take("steps", stage.steps);
    section.take("batch", stage.batch);
    readRate(section.child("rate"), section.pathOf("rate"), stage.rate);
    section.finish();
}

void readCurriculum(const Json* json, std::vector<Curriculum>& curriculum) {
    if (json == nullptr) {
        return;
    }
    for (const Json& entry : *json) {
        Section section(entry, "recipe.adapt.curriculum[]");
        Curriculum stage;
        section.take("until", stage.until);
        section.take("min_signs", stage.minSigns);
        section.take("max_signs", stage.maxSigns);
        section.finish();
        curriculum.push_back(stage);
    }
}

void readAdapt(const Json* json, AdaptRecipe& stage) {
    if (json == nullptr) {
        return;
    }
    Section section(*json, "recipe.adapt");
    section.take("steps", stage.steps);
    section.take("batch", stage.batch);
    section.take("render_size", stage.renderSize);
    section.take("size_jitter", stage.sizeJitter);
    section.take("keep_clips", stage.keepClips);
    section.take("uses", stage.uses);
    section.take("weight_decay", stage.weightDecay);
    section.take("clip_norm", stage.clipNorm);
    section.take("sequence_weight", stage.sequenceWeight);
    section.take("conv_weight", stage.convWeight);
    section.take("distill_weight", stage.distillWeight);
    section.take("distill_ramp_steps", stage.distillRampSteps);
    section.take("train_query", stage.trainQuery);
    section.take("flips", stage.flips);
    section.take("dev_every", stage.devEvery);
    section.take("dev_clips", stage.devClips);
    section.take("min_frames", stage.minFrames);
    section.take("max_frames", stage.maxFrames);
    readRate(section.child("rate"), section.pathOf("rate"), stage.rate);
    readCurriculum(section.child("curriculum"), stage.curriculum);
    section.finish();
}

void check(bool good, const char* message) {
    if (!good) {
        throw std::invalid_argument(message);
    }
}

void checkRecipe(const Recipe& recipe) {
    const model::ModelConfig& config = recipe.model;
    check(config.width >= 64 && config.width % 64 == 0, "\"recipe.model.width\" has to be a multiple of 64");
    check(config.layers >= 1, "\"recipe.model.layers\" has to be at least 1");
    check(config.patch >= 1 && config.resolution >= config.patch && config.resolution % config.patch == 0,
          "\"recipe.model.resolution\" has to be a multiple of \"patch\"");
    check(config.resize >= config.resolution, "\"recipe.model.resize\" has to be at least \"resolution\"");
    check(config.embedDim >= 1 && config.hidden >= 2 && config.hidden % 2 == 0,
          "\"recipe.model.embed_dim\" has to be positive and \"hidden\" even");
    check(recipe.pretrain.groups >= 1 && recipe.pretrain.groupSize >= 1 && recipe.pretrain.uses >= 1.0 &&
              recipe.pretrain.reportEvery >= 1,
          "\"recipe.pretrain\": groups, group_size, uses and report_every have to be at least 1");
    check(recipe.adapt.batch >= 1 && recipe.adapt.uses >= 1.0 && recipe.adapt.devEvery >= 1 &&
              recipe.adapt.keepClips >= recipe.adapt.batch,
          "\"recipe.adapt\": batch, uses and dev_every have to be at least 1, keep_clips at least batch");
    check(recipe.adapt.minFrames >= 20 && recipe.adapt.maxFrames >= recipe.adapt.minFrames,
          "\"recipe.adapt\": min_frames has to be at least 20 and at most max_frames");
    check(recipe.backbone.empty() || recipe.pretrain.steps == 0,
          "\"recipe.backbone\" replaces pre-training: set \"recipe.pretrain.steps\" to 0");
    check(recipe.head.clips == 0 || recipe.head.batch >= 1, "\"recipe.head.batch\" has to be at least 1");
}

} // namespace

double rateAt(const RateSchedule& schedule, int step, int steps) {
    if (step < schedule.warmupSteps) {
        return schedule.rate * (step + 1) / schedule.warmupSteps;
    }
    if (schedule.shape == RateSchedule::Shape::Steps) {
        const auto drops =
            std::count_if(schedule.dropAt.begin(), schedule.dropAt.end(), [step](int at) { return step >= at; });
        return schedule.rate * std::pow(schedule.dropFactor, static_cast<double>(drops));
    }
    const double span = std::max(1, steps - schedule.warmupSteps);
    const double done = std::min(1.0, (step - schedule.warmupSteps) / span);
    const double share = 0.5 * (1.0 + std::cos(std::numbers::pi * done));
    return schedule.rate * (schedule.finalFraction + (1.0 - schedule.finalFraction) * share);
}

Result<Recipe> parseRecipe(const std::string& json, const std::string& where) {
    try {
        const Json root = Json::parse(json);
        Recipe recipe;
        Section section(root, "recipe");
        section.take("name", recipe.name);
        section.take("card", recipe.card);
        section.take("licence", recipe.licence);
        section.take("sign_language", recipe.signLanguage);
        section.take("seed", recipe.seed);
        section.take("checkpoint_minutes", recipe.checkpointMinutes);
        std::string backbone;
        section.take("backbone", backbone);
        recipe.backbone = backbone;
        readModel(section.child("model"), recipe.model);
        readPretrain(section.child("pretrain"), recipe.pretrain);
        readHead(section.child("head"), recipe.head);
        readAdapt(section.child("adapt"), recipe.adapt);
        section.finish();
        checkRecipe(recipe);
        return recipe;
    } catch (const std::exception& error) {
        return failure(ErrorCode::Unreadable, "the recipe " + where + " cannot be used: " + error.what(),
                       "models/demo-recipe.json is an example with every key");
    }
}

Result<Recipe> readRecipe(const std::filesystem::path& path) {
    std::ifstream file(path);
    if (!file) {
        return failure(ErrorCode::NotFound, "cannot open the recipe " + path.string(), "check the path after --recipe");
    }
    std::ostringstream text;
    text << file.rdbuf();
    auto recipe = parseRecipe(text.str(), path.string());
    if (recipe && recipe->backbone.is_relative() && !recipe->backbone.empty()) {
        recipe->backbone = path.parent_path() / recipe->backbone;
    }
    return recipe;
}

} // namespace livegloss::training
