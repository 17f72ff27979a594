#include "training/trainer.h"

#include "model/model_layout.h"
#include "stage.h"
#include "tensorfile/safetensors.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace livegloss::training {
namespace {

/// Of modules that the recipe has and the model to start from as well, what the recipe leaves open is the model's.
void adoptModules(model::ModelConfig& config, const Recipe& recipe, const model::ModelConfig& found) {
    const auto open = [&](const char* key) { return !recipe.statedSizes.contains(key); };
    if (config.prefix > 0 && found.prefix > 0 && open("prefix_length")) {
        config.prefix = found.prefix;
    }
    if (config.window > 0 && found.window > 0) {
        config.window = open("window") ? found.window : config.window;
        config.pastOnly = open("direction") ? found.pastOnly : config.pastOnly;
    }
}

/// Inner width of the adapters: the recipe's share of the width, or that of the model to start from.
int adapterWidthFor(const Recipe& recipe, const model::ModelConfig& config) {
    if (!recipe.start.empty() && config.adapters && !recipe.statedSizes.contains("adapter_ratio")) {
        const auto reader = valueOrThrow(tensorfile::SafetensorsReader::open(recipe.start));
        if (const int found = model::adapterWidthOf(model::shapeTable(reader)); found > 0) {
            return found;
        }
    }
    return adapterWidth(recipe, config.width);
}

/// What a model lacks that is trained on begins anew, and the aggregation from nothing rather than with half a feature.
void startFromModel(StageContext& context) {
    const auto lacking = valueOrThrow(model::loadWhatFits(context.network, context.recipe.start));
    if (lacking.empty()) {
        return;
    }
    context.report("of " + context.recipe.start.string() + " the modules that it lacks begin anew (" +
                   std::to_string(lacking.size()) + " tensors)");
    model::VisualEncoder& visual = context.network->visual;
    if (std::ranges::find(lacking, "conv2d.visual.ada_weight") != lacking.end()) {
        const torch::NoGradGuard noGrad;
        visual->adaWeight.copy_(torch::tensor({1.0F, 0.0F}));
    }
}

/// A trained model keeps its colours. AdaptSign's released code trains CLIP's backbones with plain ones.
void adoptNormalisation(model::ModelConfig& config, const Recipe& recipe, const model::ModelConfig& found) {
    const bool stated = recipe.normalisation != "auto";
    const model::InputNormalisation wanted =
        recipe.normalisation == "clip" ? model::clipNormalisation : model::plainNormalisation;
    if (!recipe.start.empty() && stated && wanted != found.normalisation) {
        throw StageFailure{{ErrorCode::Unsupported,
                            "the recipe wants other colours (\"model.normalisation\") than the model to start from '" +
                                recipe.start.string() + "' was trained with",
                            "Leave that key out of the recipe."}};
    }
    const bool clips = recipe.start.empty() && found.normalisation == model::clipNormalisation;
    config.normalisation = stated || clips ? wanted : found.normalisation;
}

/// Sizes that the recipe states have to be those of the file that it starts from, others follow it, as do activation
/// and colours. A whole model has those of the temporal head as well, and its frame rate.
void adoptSizes(model::ModelConfig& config, const Recipe& recipe) {
    const bool whole = !recipe.start.empty();
    const std::filesystem::path& path = whole ? recipe.start : recipe.backbone;
    const auto reader = valueOrThrow(tensorfile::SafetensorsReader::open(path));
    const model::ModelConfig found =
        valueOrThrow(whole ? model::readModelConfig(reader) : model::readBackboneConfig(model::shapeTable(reader)));
    const auto adopt = [&](const char* what, int& wanted, int present) {
        if (recipe.statedSizes.contains(what) && wanted != present) {
            throw StageFailure{{ErrorCode::Unsupported,
                                "the recipe wants " + std::string(what) + " " + std::to_string(wanted) +
                                    (whole ? ", but the model to start from '" : ", but the backbone '") +
                                    path.string() + "' has " + std::to_string(present),
                                "write the file's sizes into \"model\", or none"}};
        }
        wanted = present;
    };
    adopt("width", config.width, found.width);
    adopt("layers", config.layers, found.layers);
    adopt("patch", config.patch, found.patch);
    adopt("resolution", config.resolution, found.resolution);
    adopt("embed_dim", config.embedDim, found.embedDim);
    if (whole) {
        adopt("hidden", config.hidden, found.hidden);
        adopt("conv_type", config.convType, found.convType);
        config.fps = recipe.model.fps == 0.0 ? found.fps : config.fps;
        config.card = recipe.card.empty() ? found.card : recipe.card;
        config.licence = recipe.licence.empty() ? found.licence : recipe.licence;
        config.signLanguage = recipe.signLanguage.empty() ? found.signLanguage : recipe.signLanguage;
        adoptModules(config, recipe, found);
    }
    config.heads = found.heads;
    if (!recipe.statedSizes.contains("resize")) {
        config.resize = found.resize;
    }
    config.activation = found.activation;
    adoptNormalisation(config, recipe, found);
}

model::ModelConfig configOf(const Recipe& recipe, const SampleSource& source) {
    model::ModelConfig config = recipe.model;
    config.name = recipe.name;
    config.card = recipe.card;
    config.licence = recipe.licence;
    config.signLanguage = recipe.signLanguage;
    config.vocabulary = {""};
    config.vocabulary.insert(config.vocabulary.end(), source.glosses().begin(), source.glosses().end());
    config.classes = static_cast<int>(config.vocabulary.size());
    if (config.fps == 0.0) {
        config.fps = source.fps();
    }
    if (!recipe.backbone.empty() || !recipe.start.empty()) {
        adoptSizes(config, recipe);
    } else if (recipe.normalisation == "clip") {
        config.normalisation = model::clipNormalisation;
    }
    if (recipe.method.kind == Method::Kind::Partial && recipe.method.blocks > config.layers) {
        throw StageFailure{{ErrorCode::Unsupported,
                            "the recipe trains the last " + std::to_string(recipe.method.blocks) +
                                " blocks, but the model has " + std::to_string(config.layers),
                            "choose another \"method\""}};
    }
    valueOrThrow(model::checkModelConfig(config));
    return config;
}

torch::Device otherDevice(const std::string& name) {
    try {
        const torch::Device device(name.substr(otherDevicePrefix.size()));
        torch::zeros({1}).to(device);
        return device;
    } catch (const std::exception&) {
        throw StageFailure{{ErrorCode::Unsupported, "there is no device '" + name + "' for LibTorch",
                            "Set \"device\" in the recipe to auto, cpu or cuda."}};
    }
}

/// The recipe's device, where it is there; several processes of one machine take one card each.
torch::Device deviceOf(const Recipe& recipe) {
    const bool there = torch::cuda::is_available();
    if (recipe.device == "cuda" && !there) {
        throw StageFailure{{ErrorCode::Unsupported,
                            "the recipe asks for \"device\" cuda, but LibTorch finds no graphics card",
                            "Set \"device\" to auto or cpu, or use a LibTorch that was built for CUDA."}};
    }
    const bool other = recipe.device.starts_with(otherDevicePrefix);
    if (recipe.device == "cpu" || other || !there) {
        if (recipe.precision != Precision::F32) {
            throw StageFailure{
                {ErrorCode::Unsupported,
                 "\"precision\" bf16 and fp16 are for graphics cards by CUDA; elsewhere training runs in f32",
                 "Set \"precision\" to f32 in the recipe."}};
        }
        return other ? otherDevice(recipe.device) : torch::kCPU;
    }
    const char* local = std::getenv("LOCAL_RANK");
    const int card = local == nullptr ? 0 : std::atoi(local);
    return {torch::kCUDA, static_cast<c10::DeviceIndex>(card % static_cast<int>(torch::cuda::device_count()))};
}

/// Refuses a recipe whose model to begin with is not there, before anything is written.
void demandFirstModel(const Recipe& recipe) {
    const bool whole = !recipe.start.empty();
    const std::filesystem::path& file = whole ? recipe.start : recipe.backbone;
    std::error_code problem;
    if (!file.empty() && !std::filesystem::exists(file, problem)) {
        throw StageFailure{{ErrorCode::NotFound,
                            (whole ? "the recipe's \"start\" is " : "the recipe's \"backbone\" is ") + file.string() +
                                ", and there is no such file",
                            whole ? "Train that model first, or name another one in the recipe."
                                  : "Import it (livegloss-cli import), pre-train one (--stage pretrain), or name "
                                    "another one in the recipe."}};
    }
}

TrainOutcome runStages(const Recipe& wanted, const SampleSource& source, const TrainOptions& options) {
    std::unique_ptr<WorkerGroup> group = valueOrThrow(joinWorkers());
    demandFirstModel(wanted);
    valueOrThrow(decideAtFirst(*group, options.enter));
    std::filesystem::create_directories(options.workFolder);
    const bool first = group->isFirst();
    const Recipe recipe = followStart(wanted);
    StageContext context = makeContext(recipe, source, options, std::move(group));
    const std::string talk = valueOrThrow(context.group->talkBetween(context.device, options.exchange));
    if (first && !talk.empty()) {
        options.report(talk);
    }
    loadNetwork(context);
    if (options.stage != Stage::Pretrain) {
        checkAdaptation(context);
    }
    if (options.stage == Stage::Pretrain && recipe.pretrain.steps == 0) {
        throw StageFailure{{ErrorCode::Unsupported, "the recipe has no pre-training: \"pretrain.steps\" is 0",
                            "Set it in the recipe, or train without --stage pretrain."}};
    }
    TrainOutcome& outcome = context.outcome;
    outcome.first = first;
    if (options.stage != Stage::Adapt && recipe.pretrain.steps > 0 && !runPretraining(context)) {
        outcome.summary = "stopped while pre-training; run the same command to go on";
        return outcome;
    }
    if (options.stage != Stage::Pretrain && !runAdaptation(context)) {
        outcome.summary = "stopped while adapting; run the same command to go on";
        return outcome;
    }
    if (options.stage == Stage::Pretrain && first) {
        valueOrThrow(model::saveBackbone(context.network, context.file("backbone.safetensors")));
    }
    outcome.finished = true;
    outcome.summary = options.stage == Stage::Pretrain
                          ? "pre-training is done: " + context.file("backbone.safetensors").string()
                          : "training is done: " + context.file("model.safetensors").string();
    return outcome;
}

} // namespace

Recipe followStart(Recipe recipe) {
    if (recipe.start.empty() || recipe.model.prefix == 0 || recipe.statedSizes.contains("shared_prefixes")) {
        return recipe;
    }
    const auto reader = valueOrThrow(tensorfile::SafetensorsReader::open(recipe.start));
    const auto shared = reader.metadata().find("shared_prefixes");
    recipe.sharedPrefixes = shared != reader.metadata().end() && shared->second == "true";
    return recipe;
}

StageContext makeContext(const Recipe& recipe, const SampleSource& source, const TrainOptions& options,
                         std::unique_ptr<WorkerGroup> group) {
    computeAlone();
    const torch::Device device = deviceOf(recipe);
    torch::manual_seed(recipe.seed);
    const model::ModelConfig config = configOf(recipe, source);
    const bool logs = group->isFirst() && !options.workFolder.empty();
    return {recipe,
            source,
            options,
            model::AdaptSign(config, adapterWidthFor(recipe, config)),
            ComputePool(device.is_cpu() ? options.threads : 1),
            Pacer(options, recipe.checkpointMinutes),
            RunLog(logs ? options.workFolder / "log.jsonl" : std::filesystem::path()),
            std::move(group),
            device,
            {}};
}

/// The backbone's file is what people look into; training may say something else.
void tellOtherColours(StageContext& context) {
    const auto reader = valueOrThrow(tensorfile::SafetensorsReader::open(context.recipe.backbone));
    const auto found = valueOrThrow(model::readBackboneConfig(model::shapeTable(reader)));
    const std::string now = coloursOf(context.network->config());
    if (found.normalisation != context.network->config().normalisation) {
        context.report(
            "colours are \"" + now + "\", not \"" + coloursOf(found) + "\" as in " + context.recipe.backbone.string() +
            (context.recipe.normalisation == "auto" ? ": so AdaptSign's released code trains; \"normalisation\" in "
                                                      "\"model\" of the recipe decides otherwise"
                                                    : ", since the recipe says so"));
    }
}

void loadNetwork(StageContext& context) {
    if (!context.recipe.backbone.empty()) {
        valueOrThrow(model::loadBackbone(context.network, context.recipe.backbone));
        tellOtherColours(context);
    }
    if (!context.recipe.start.empty()) {
        startFromModel(context);
    }
    for (const auto& module : context.network->conv1d->modules()) {
        if (auto* norm = module->as<torch::nn::BatchNorm1d>()) {
            norm->options.momentum(context.recipe.adapt.normMomentum);
        }
    }
    context.network->to(context.device);
    model::VisualEncoder& visual = context.network->visual;
    visual->inputGain = visual->inputGain.to(context.device);
    visual->inputOffset = visual->inputOffset.to(context.device);
}

namespace {

std::string firstLine(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

} // namespace

Error currentFailure() {
    try {
        throw;
    } catch (const StageFailure& stopped) {
        return stopped.error;
    } catch (const SampleFailure& unreadable) {
        return {ErrorCode::Unreadable, unreadable.what(),
                "livegloss-cli dataset check lists everything that cannot be used"};
    } catch (const std::bad_alloc&) {
        return {ErrorCode::OutOfMemory, "training needs more memory than there is",
                "lower cache_megabytes, keep_clips or batch in the recipe, or set gradient_checkpointing"};
    } catch (const c10::OutOfMemoryError& full) {
        return {
            ErrorCode::OutOfMemory,
            "training needs more memory than the graphics card has: " + firstLine(full.what_without_backtrace()),
            "set gradient_checkpointing, \"precision\": \"fp16\", or a smaller batch with accumulate in the recipe"};
    } catch (const std::filesystem::filesystem_error& error) {
        return {ErrorCode::WriteFailed, error.what(), "choose a --work folder that can be written"};
    } catch (const std::exception& error) {
        return {ErrorCode::Internal, std::string("training failed: ") + error.what(), {}};
    }
}

Result<TrainOutcome> train(const Recipe& recipe, const SampleSource& source, const TrainOptions& options) {
    try {
        return runStages(recipe, source, options);
    } catch (const StageFailure&) {
        return tl::unexpected(currentFailure());
    } catch (const std::exception&) {
        return tl::unexpected(currentFailure());
    }
}

} // namespace livegloss::training
