#include "adaptation.h"

#include "base/sha256.h"
#include "clip_supply.h"
#include "fast_encoder.h"

namespace livegloss::training {
namespace {

using torch::Tensor;
constexpr std::int64_t many = 1'000'000'000;

/// Without epochs the paper's drops after epoch 20 and 30 do not apply; a recipe cannot ask for others.
RateSchedule ratesOf(const AdaptRecipe& stage, const ClipSupply& supply) {
    if (supply.stepsPerEpoch() > 0) {
        return inSteps(stage.rate, supply.stepsPerEpoch());
    }
    if (stage.rate.statesEpochs && !stage.rate.dropAtEpochs.empty()) {
        throw StageFailure{{ErrorCode::InvalidArgument,
                            "\"adapt.rate.drop_at_epochs\" counts epochs, but there is no end of clips to train on",
                            "Set \"adapt.clips\" (clips of an epoch), or use \"drop_at\" with steps."}};
    }
    return inSteps(stage.rate, many);
}

} // namespace

LoopPlan adaptationPlan(const StageContext& context, const ClipSupply& supply) {
    const AdaptRecipe& stage = context.recipe.adapt;
    LoopPlan plan;
    plan.stage = "adapt";
    plan.steps = supply.steps();
    plan.stepsPerEpoch = supply.stepsPerEpoch();
    plan.rate = ratesOf(stage, supply);
    plan.clipNorm = stage.clipNorm;
    plan.batchesPerStep = stage.accumulate;
    constexpr int oftenEnough = 250;
    plan.measureEvery = stage.devEvery > 0           ? stage.devEvery
                        : supply.stepsPerEpoch() > 0 ? supply.stepsPerEpoch()
                                                     : oftenEnough;
    plan.earlyStop = stage.earlyStop;
    return plan;
}

namespace {

/// What the backbone starts from, where no checkpoint of this stage says it.
void startFromPretraining(StageContext& context) {
    const auto pretrained = context.file("pretrain.safetensors");
    const bool fromNothing = context.recipe.backbone.empty() && context.recipe.start.empty();
    if (fromNothing && std::filesystem::exists(pretrained)) {
        const auto facts = valueOrThrow(readCheckpoint(pretrained, moduleTensors(*context.network, "model.")));
        if (const double done = numberFact(facts, "step"); done < context.recipe.pretrain.steps) {
            throw StageFailure{{ErrorCode::Unsupported,
                                pretrained.string() + " has done " + std::to_string(static_cast<int>(done)) +
                                    " of the recipe's " + std::to_string(context.recipe.pretrain.steps) + " steps",
                                "run --stage pretrain to its end first, or lower \"pretrain.steps\""}};
        }
    } else if (context.recipe.pretrain.steps > 0) {
        throw StageFailure{{ErrorCode::NotFound, pretrained.string() + " is missing", "run --stage pretrain first"}};
    } else if (fromNothing) {
        context.report("the image tower starts from random weights: the recipe names no backbone");
    }
}

/// What only the first process may have read.
void shareNetwork(StageContext& context) {
    std::vector<Tensor> values;
    for (const NamedParameter& tensor : moduleTensors(*context.network, "")) {
        values.push_back(tensor.value);
    }
    context.group->shareFirst(values);
}

} // namespace

EncoderSettings encoderSettings(const StageContext& context) {
    const model::ModelConfig& config = context.network->config();
    EncoderSettings settings;
    settings.adapters = config.adapters;
    settings.prefixes = config.prefix > 0;
    settings.sharedPrefixes = context.recipe.sharedPrefixes;
    settings.aggregation = config.aggregation;
    settings.crossFrame = config.window > 0;
    settings.forget = context.recipe.gradientCheckpointing;
    if (context.recipe.precision != Precision::F32) {
        settings.autocast = context.recipe.precision == Precision::Bf16 ? at::kBFloat16 : at::kHalf;
    }
    return settings;
}

void checkAdaptation(const StageContext& context) {
    const ClipSupply supply(context);
    adaptationPlan(context, supply);
}

bool runAdaptation(StageContext& context) {
    ClipSupply supply(context);
    const std::unique_ptr<StageWork> work = makeAdaptation(context, supply);
    LoopPlan plan = adaptationPlan(context, supply);
    const auto& file = context.recipe.start.empty() ? context.recipe.backbone : context.recipe.start;
    if (context.group->isFirst() && !file.empty()) {
        plan.origin = valueOrThrow(fileSha256(file));
    }
    TrainingLoop loop(context, *work, std::move(plan));
    if (!loop.resume()) {
        if (context.group->isFirst()) {
            startFromPretraining(context);
        }
        shareNetwork(context);
        work->loaded();
        if (!trainHead(context, supply)) {
            return false;
        }
        context.begun();
        if (context.recipe.head.clips > 0 || !context.recipe.start.empty()) {
            loop.measureFirst();
        }
        loop.save();
        forgetHeadStage(context);
    }
    context.begun();
    if (const std::string part = context.source.devPart(); part != "dev") {
        context.report("the data set has no part dev: its part " + part +
                       " chooses the best model, and figures on it "
                       "are no longer those of unseen clips");
    }
    return loop.run();
}

} // namespace livegloss::training
