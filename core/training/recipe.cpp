#include "training/recipe.h"

#include "recipe_section.h"

#include <charconv>
#include <cmath>
#include <fstream>
#include <functional>
#include <numbers>
#include <set>
#include <sstream>

namespace livegloss::training {
namespace {

using Json = nlohmann::json;
constexpr int many = 1'000'000'000;

/// The model of the paper: CLIP's ViT-B/16.
model::ModelConfig paperModel() {
    model::ModelConfig config;
    config.width = 768;
    config.layers = 12;
    config.heads = 12;
    config.patch = 16;
    config.resolution = 224;
    config.embedDim = 512;
    config.hidden = 1024;
    config.fps = 0.0; // the data set's own
    return config;
}

void readRate(RecipeSection section, RateSchedule& rate) {
    std::string shape = rate.shape == RateSchedule::Shape::Cosine ? "cosine" : "steps";
    section.takeWord("shape", shape, {"cosine", "steps"});
    rate.shape = shape == "cosine" ? RateSchedule::Shape::Cosine : RateSchedule::Shape::Steps;
    section.take("rate", rate.rate, 0.0, 10.0);
    section.take("final_fraction", rate.finalFraction, 0.0, 1.0);
    section.take("warmup_steps", rate.warmupSteps, 0, many);
    section.take("drop_at", rate.dropAt, 0, many);
    rate.statesEpochs = section.has("drop_at_epochs");
    section.take("drop_at_epochs", rate.dropAtEpochs, 0, many);
    section.take("drop_factor", rate.dropFactor, 0.0, 1.0);
    section.finish();
}

void readModel(RecipeSection section, Recipe& recipe) {
    model::ModelConfig& config = recipe.model;
    const auto size = [&](const char* key, int& value, int least, int most) {
        section.take(key, value, least, most);
        if (section.has(key) && (value != 0 || std::string_view(key) != "resize")) { // 0 leaves that one open
            recipe.statedSizes.insert(key);
        }
    };
    size("width", config.width, 64, 8192);
    size("layers", config.layers, 1, 200);
    size("patch", config.patch, 1, 1024);
    size("resolution", config.resolution, 1, 16384);
    size("resize", config.resize, 0, 16384);
    size("embed_dim", config.embedDim, 1, 16384);
    size("hidden", config.hidden, 2, 16384);
    size("conv_type", config.convType, 0, 9);
    section.take("fps", config.fps, 0.0, 1000.0);
    section.takeWord("normalisation", recipe.normalisation, {"auto", "plain", "clip"});
    section.finish();
}

/// Modules are on for AdaptSign and off for the methods that it is compared with, unless the recipe names them.
void readModules(RecipeSection section, Recipe& recipe) {
    model::ModelConfig& config = recipe.model;
    bool adapters = recipe.method.kind == Method::Kind::AdaptSign;
    bool prefixes = adapters;
    bool aggregation = adapters;
    bool crossFrame = adapters;
    section.take("adapters", adapters);
    section.take("adapter_ratio", recipe.adapterRatio, 1.0 / 1024.0, 8.0);
    section.take("prefixes", prefixes);
    section.take("prefix_length", config.prefix, 1, 1024);
    section.take("shared_prefixes", recipe.sharedPrefixes);
    section.take("aggregation", aggregation);
    section.take("cross_frame", crossFrame);
    section.take("window", config.window, 1, 999);
    std::string direction = "both";
    section.takeWord("direction", direction, {"both", "past"});
    for (const char* key : {"adapter_ratio", "prefix_length", "shared_prefixes", "window", "direction"}) {
        if (section.has(key)) {
            recipe.statedSizes.insert(key);
        }
    }
    section.finish();
    if (config.window % 2 == 0) {
        throw std::invalid_argument("\"" + section.pathOf("window") +
                                    "\" has to be odd: the frame itself and as many on either side");
    }
    config.adapters = adapters;
    config.prefix = prefixes ? config.prefix : 0;
    config.aggregation = aggregation;
    config.window = crossFrame ? config.window : 0;
    config.pastOnly = direction == "past";
}

void readPretrain(RecipeSection section, PretrainRecipe& stage) {
    section.take("steps", stage.steps, 0, many);
    section.take("groups", stage.groups, 1, 1'000'000);
    section.take("group_size", stage.groupSize, 1, 1'000'000);
    section.take("render_size", stage.renderSize, 0, 16384);
    section.take("size_jitter", stage.sizeJitter, 0.0, 0.9);
    section.take("keep_groups", stage.keepGroups, 1, many);
    section.take("uses", stage.uses, 1.0, 1e9);
    section.take("word_weight", stage.wordWeight, 0.0, 1e6);
    section.take("region_weight", stage.regionWeight, 0.0, 1e6);
    section.take("keep_patches", stage.keepPatches, std::int64_t{0}, std::int64_t{1'000'000});
    section.take("all_patches_from", stage.allPatchesFrom, 0.0, 1.0);
    section.take("weight_decay", stage.weightDecay, 0.0, 10.0);
    section.take("clip_norm", stage.clipNorm, 0.0, 1e9);
    section.take("text_width", stage.textWidth, 1, 65536);
    section.take("report_every", stage.reportEvery, 1, many);
    readRate(section.child("rate"), stage.rate);
    section.finish();
}

void readHead(RecipeSection section, HeadRecipe& stage) {
    section.take("clips", stage.clips, 0, many);
    section.take("steps", stage.steps, 0, many);
    section.take("batch", stage.batch, 1, 100'000);
    readRate(section.child("rate"), stage.rate);
    section.finish();
}

void readCurriculum(RecipeSection& adapt, std::vector<Curriculum>& curriculum) {
    Json list = Json::array();
    adapt.take("curriculum", list);
    if (!list.is_array()) {
        throw std::invalid_argument("\"" + adapt.pathOf("curriculum") + "\" is not a list");
    }
    for (std::size_t place = 0; place < list.size(); ++place) {
        RecipeSection section(list[place], adapt.pathOf("curriculum[" + std::to_string(place) + "]"));
        Curriculum stage;
        section.take("until", stage.until, 0.0, 1.0);
        section.take("min_signs", stage.minSigns, 1, 1000);
        section.take("max_signs", stage.maxSigns, stage.minSigns, 1000);
        section.finish();
        curriculum.push_back(stage);
    }
}

void readAdapt(RecipeSection section, AdaptRecipe& stage) {
    section.take("epochs", stage.epochs, 1, many);
    section.take("steps", stage.steps, 0, many);
    section.take("clips", stage.clips, 0, many);
    section.take("batch", stage.batch, 1, 100'000);
    section.take("accumulate", stage.accumulate, 1, 100'000);
    readRate(section.child("rate"), stage.rate);
    section.take("weight_decay", stage.weightDecay, 0.0, 10.0);
    section.take("clip_norm", stage.clipNorm, 0.0, 1e9);
    section.take("sequence_weight", stage.sequenceWeight, 0.0, 1e6);
    section.take("conv_weight", stage.convWeight, 0.0, 1e6);
    section.take("distill_weight", stage.distillWeight, 0.0, 1e6);
    section.take("distill_ramp_steps", stage.distillRampSteps, 0, many);
    section.take("train_query", stage.trainQuery);
    section.take("norm_momentum", stage.normMomentum, 1e-4, 1.0);
    section.take("freeze_norms", stage.freezeNorms);
    section.take("average_decay", stage.averageDecay, 0.0, 0.99999);
    section.take("flips", stage.flips, 0.0, 1.0);
    section.take("tone_jitter", stage.toneJitter, 0.0, 4.0);
    section.take("min_frames", stage.minFrames, 20, 100'000);
    section.take("max_frames", stage.maxFrames, stage.minFrames, 100'000);
    section.take("dev_every", stage.devEvery, 0, many);
    section.take("dev_clips", stage.devClips, 0, many);
    section.take("early_stop", stage.earlyStop, 0, many);
    section.take("cache_megabytes", stage.cacheMegabytes, 0, 100'000'000);
    section.take("render_size", stage.renderSize, 0, 16384);
    section.take("size_jitter", stage.sizeJitter, 0.0, 0.9);
    section.take("keep_clips", stage.keepClips, 1, many);
    section.take("uses", stage.uses, 1.0, 1e9);
    readCurriculum(section, stage.curriculum);
    section.finish();
}

void readMethod(RecipeSection& section, Recipe& recipe) {
    std::string method = "adaptsign";
    section.take("method", method);
    const auto found = methodOf(method);
    if (!found) {
        throw std::invalid_argument("\"method\" is \"" + method.substr(0, 40) +
                                    "\", not adaptsign, freezing, fine-tuning or partial-N (such as partial-2)");
    }
    recipe.method = *found;
}

Recipe readAll(const Json& root, std::vector<RecipeKey>* known) {
    Recipe recipe;
    recipe.model = paperModel();
    RecipeSection section(root, "", known);
    section.take("name", recipe.name);
    section.take("card", recipe.card);
    section.take("licence", recipe.licence);
    section.take("sign_language", recipe.signLanguage);
    section.take("seed", recipe.seed);
    std::string backbone;
    section.take("backbone", backbone);
    recipe.backbone = backbone;
    std::string start;
    section.take("start", start);
    recipe.start = start;
    readMethod(section, recipe);
    std::string precision = "f32";
    section.takeWord("precision", precision, {"f32", "bf16", "fp16"});
    recipe.precision = precision == "f32" ? Precision::F32 : precision == "bf16" ? Precision::Bf16 : Precision::F16;
    section.take("device", recipe.device);
    section.take("gradient_checkpointing", recipe.gradientCheckpointing);
    section.take("checkpoint_minutes", recipe.checkpointMinutes, 0.0, 1e6);
    readModel(section.child("model"), recipe);
    readModules(section.child("modules"), recipe);
    readAdapt(section.child("adapt"), recipe.adapt);
    readPretrain(section.child("pretrain"), recipe.pretrain);
    readHead(section.child("head"), recipe.head);
    section.finish();
    recipe.fingerprint = std::hash<std::string>{}(root.dump());
    recipe.model.heads = recipe.model.width / 64;
    if (recipe.model.resize == 0) {
        recipe.model.resize = recipe.model.resolution * 8 / 7;
    }
    checkRecipe(recipe);
    return recipe;
}

/// JSON without a key that stands twice in one object, of which only one would count.
Json parsedOnce(const std::string& text) {
    std::vector<std::set<std::string>> open;
    const auto watch = [&open](int, Json::parse_event_t event, Json& value) {
        if (event == Json::parse_event_t::object_start) {
            open.emplace_back();
        } else if (event == Json::parse_event_t::object_end) {
            open.pop_back();
        } else if (event == Json::parse_event_t::key && !open.back().insert(value.get<std::string>()).second) {
            throw std::invalid_argument("\"" + value.get<std::string>().substr(0, 40) + "\" is there twice");
        }
        return true;
    };
    return Json::parse(text, watch);
}

void check(bool good, const char* message) {
    if (!good) {
        throw std::invalid_argument(message);
    }
}

} // namespace

void checkRecipe(const Recipe& recipe) {
    const model::ModelConfig& config = recipe.model;
    const bool known = recipe.device == "auto" || recipe.device == "cpu" || recipe.device == "cuda";
    check(known || recipe.device.starts_with(otherDevicePrefix),
          "\"device\" has to be auto, cpu, cuda, or torch: and the name of another device of LibTorch");
    check(config.width % 64 == 0, "\"model.width\" has to be a multiple of 64");
    check(config.resolution >= config.patch && config.resolution % config.patch == 0,
          "\"model.resolution\" has to be a multiple of \"patch\"");
    check(config.fps == 0.0 || config.fps >= 0.1, "\"model.fps\" has to be at least 0.1, or 0 for the data set's own");
    check(!recipe.head.rate.statesEpochs && !recipe.pretrain.rate.statesEpochs,
          "\"drop_at_epochs\" is for \"adapt.rate\": the other stages count no epochs, so use \"drop_at\"");
    const bool sizesKnown = recipe.backbone.empty() && recipe.start.empty(); // otherwise when the file is read
    check(config.resize >= config.resolution || !sizesKnown, "\"model.resize\" has to be at least \"resolution\"");
    check(config.hidden % 2 == 0, "\"model.hidden\" has to be even");
    check(recipe.adapt.keepClips >= recipe.adapt.batch, "\"adapt.keep_clips\" has to be at least \"batch\"");
    check(recipe.backbone.empty() || recipe.pretrain.steps == 0,
          "\"backbone\" replaces pre-training: set \"pretrain.steps\" to 0");
    check(
        recipe.start.empty() || (recipe.backbone.empty() && recipe.pretrain.steps == 0),
        "\"start\" names a whole model, image tower included: leave out \"backbone\" and set \"pretrain.steps\" to 0");
    check(recipe.method.kind != Method::Kind::Partial || recipe.method.blocks <= config.layers || !sizesKnown,
          "\"method\" trains more blocks than \"model.layers\"");
    check(!recipe.sharedPrefixes || config.prefix > 0, "\"modules.shared_prefixes\" needs \"modules.prefixes\"");
    check(recipe.precision == Precision::F32 || recipe.device != "cpu",
          "\"precision\" bf16 and fp16 are for graphics cards, and \"device\" is cpu: on the processor training runs "
          "in f32");
}

std::optional<Method> methodOf(const std::string& name) {
    if (name == "adaptsign") {
        return Method{};
    }
    if (name == "freezing") {
        return Method{Method::Kind::Freezing, 0};
    }
    if (name == "fine-tuning") {
        return Method{Method::Kind::FineTuning, 0};
    }
    constexpr std::string_view partial = "partial-";
    int blocks = 0;
    const char* end = name.data() + name.size();
    if (name.starts_with(partial)) {
        const auto [stopped, problem] = std::from_chars(name.data() + partial.size(), end, blocks);
        if (problem == std::errc{} && stopped == end && blocks >= 1 && blocks <= 200) {
            return Method{Method::Kind::Partial, blocks};
        }
    }
    return std::nullopt;
}

int adapterWidth(const Recipe& recipe, int width) {
    return std::max(1, static_cast<int>(std::lround(recipe.adapterRatio * width)));
}

RateSchedule paperRates() {
    RateSchedule rate;
    rate.shape = RateSchedule::Shape::Steps;
    rate.dropAtEpochs = {20, 30};
    return rate;
}

RateSchedule inSteps(RateSchedule schedule, std::int64_t stepsPerEpoch) {
    for (const int epoch : schedule.dropAtEpochs) {
        schedule.dropAt.push_back(static_cast<int>(std::min<std::int64_t>(many, epoch * stepsPerEpoch)));
    }
    schedule.dropAtEpochs.clear();
    return schedule;
}

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

std::vector<RecipeKey> recipeKeys() {
    std::vector<RecipeKey> keys;
    readAll(Json::object(), &keys);
    return keys;
}

Result<Recipe> parseRecipe(const std::string& json, const std::string& where) {
    try {
        return readAll(parsedOnce(json), nullptr);
    } catch (const std::exception& error) {
        return failure(ErrorCode::Unreadable, "the recipe " + where + " cannot be used: " + error.what(),
                       "docs/training.md lists every key");
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
    for (std::filesystem::path Recipe::*named : {&Recipe::backbone, &Recipe::start}) {
        if (recipe && ((*recipe).*named).is_relative() && !((*recipe).*named).empty()) {
            (*recipe).*named = path.parent_path() / (*recipe).*named;
        }
    }
    return recipe;
}

} // namespace livegloss::training
