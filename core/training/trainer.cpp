#include "training/trainer.h"

#include "stage.h"
#include "tensorfile/safetensors.h"

namespace livegloss::training {
namespace {

/// The recipe's backbone has to be of the recipe's sizes; what it says of activation and colours holds.
void adoptBackbone(model::ModelConfig& config, const std::filesystem::path& path) {
    const auto reader = valueOrThrow(tensorfile::SafetensorsReader::open(path));
    const model::ModelConfig found = valueOrThrow(model::readBackboneConfig(model::shapeTable(reader)));
    const auto compare = [&path](const char* what, int wanted, int present) {
        if (wanted != present) {
            throw StageFailure{{ErrorCode::Unsupported,
                                "the recipe wants " + std::string(what) + " " + std::to_string(wanted) +
                                    ", but the backbone '" + path.string() + "' has " + std::to_string(present),
                                "write the backbone's sizes into \"recipe.model\""}};
        }
    };
    compare("width", config.width, found.width);
    compare("layers", config.layers, found.layers);
    compare("patch", config.patch, found.patch);
    compare("resolution", config.resolution, found.resolution);
    compare("embed_dim", config.embedDim, found.embedDim);
    config.activation = found.activation;
    config.normalisation = found.normalisation;
}

TrainOutcome runStages(const Recipe& recipe, const SampleSource& source, const TrainOptions& options) {
    std::filesystem::create_directories(options.workFolder);
    computeAlone();
    model::ModelConfig config = recipe.model;
    config.name = recipe.name;
    config.card = recipe.card;
    config.licence = recipe.licence;
    config.signLanguage = recipe.signLanguage;
    config.vocabulary = {""};
    config.vocabulary.insert(config.vocabulary.end(), source.glosses().begin(), source.glosses().end());
    config.classes = static_cast<int>(config.vocabulary.size());
    if (!recipe.backbone.empty()) {
        adoptBackbone(config, recipe.backbone);
    }
    valueOrThrow(model::checkModelConfig(config));
    torch::manual_seed(recipe.seed);
    StageContext context{recipe,
                         source,
                         options,
                         model::AdaptSign(config),
                         ComputePool(options.threads),
                         Pacer(options, recipe.checkpointMinutes),
                         RunLog(options.workFolder / "log.jsonl")};
    if (!recipe.backbone.empty()) {
        valueOrThrow(model::loadBackbone(context.network, recipe.backbone));
    }
    if (options.stage != Stage::Adapt && recipe.pretrain.steps > 0 && !runPretraining(context)) {
        return {false, "stopped while pre-training; run the same command to go on"};
    }
    if (options.stage != Stage::Pretrain && !runAdaptation(context)) {
        return {false, "stopped while adapting; run the same command to go on"};
    }
    return {true, options.stage == Stage::Pretrain
                      ? "pre-training is done: " + context.file("pretrain.safetensors").string()
                      : "training is done: " + context.file("model.safetensors").string()};
}

} // namespace

Result<TrainOutcome> train(const Recipe& recipe, const SampleSource& source, const TrainOptions& options) {
    try {
        return runStages(recipe, source, options);
    } catch (const StageFailure& stopped) {
        return tl::unexpected(stopped.error);
    } catch (const std::bad_alloc&) {
        return failure(ErrorCode::OutOfMemory, "training needs more memory than there is",
                       "lower keep_clips or batch in the recipe");
    } catch (const std::filesystem::filesystem_error& error) {
        return failure(ErrorCode::WriteFailed, error.what(), "choose a --work folder that can be written");
    } catch (const std::exception& error) {
        return failure(ErrorCode::Internal, std::string("training failed: ") + error.what());
    }
}

} // namespace livegloss::training
