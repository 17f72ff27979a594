#include "training/trainer.h"

#include "stage.h"

namespace livegloss::training {
namespace {

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
    valueOrThrow(model::checkModelConfig(config));
    torch::manual_seed(recipe.seed);
    StageContext context{recipe,
                         source,
                         options,
                         model::AdaptSign(config),
                         ComputePool(options.threads),
                         Pacer(options, recipe.checkpointMinutes),
                         RunLog(options.workFolder / "log.jsonl")};
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
