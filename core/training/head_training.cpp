#include "augment.h"
#include "clip_supply.h"
#include "fast_encoder.h"
#include "tensorfile/safetensors.h"
#include "training/losses.h"
#include "training/prefetcher.h"
#include "training_loop.h"

#include <array>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <optional>

namespace livegloss::training {
namespace {

using torch::Tensor;

constexpr const char* featuresName = "head-features.safetensors";

std::string clipTensor(std::size_t clip, const char* what) {
    return "clip." + std::to_string(clip) + "." + what;
}

/// Everything that the features follow from.
CheckpointFacts factsOf(const StageContext& context) {
    return {{"recipe", std::to_string(context.recipe.fingerprint)},
            {"glosses", std::to_string(vocabularyHash(context.network->config()))},
            {"colours", coloursOf(context.network->config())},
            {"data", context.source.identity()},
            {"data_clips", std::to_string(context.source.clipCount(SamplePart::Train))},
            {"encoder", checksum(moduleTensors(*context.network->visual, ""))}};
}

/// Features cost more than the training that follows: they are kept until the next stage has a checkpoint.
void keepFeatures(const StageContext& context, const std::vector<SharedClip>& clips) {
    if (!context.group->isFirst()) {
        return;
    }
    std::vector<NamedParameter> tensors;
    for (std::size_t clip = 0; clip < clips.size(); ++clip) {
        tensors.push_back({clipTensor(clip, "features"), clips[clip].features});
        tensors.push_back({clipTensor(clip, "labels"), torch::tensor(clips[clip].labels, torch::kInt64)});
    }
    valueOrThrow(writeCheckpoint(context.file(featuresName), tensors, factsOf(context)));
}

/// What kept features were made from that is another now, for a message; nothing where they still hold.
std::optional<std::string> whatChanged(const CheckpointFacts& kept, const CheckpointFacts& now) {
    static const std::array<std::pair<const char*, const char*>, 6> names{{{"recipe", "another recipe"},
                                                                           {"glosses", "other glosses"},
                                                                           {"colours", "other colours"},
                                                                           {"data", "other data"},
                                                                           {"data_clips", "other data"},
                                                                           {"encoder", "another backbone"}}};
    for (const auto& [key, name] : names) {
        const auto found = kept.find(key);
        if (found == kept.end()) {
            return "an older version of this program";
        }
        if (found->second != now.at(key)) {
            return name;
        }
    }
    return std::nullopt;
}

/// What an earlier run with the same material, recipe and encoder has kept; damaged features are made anew like others.
std::vector<SharedClip> keptFeatures(const StageContext& context) {
    if (!std::filesystem::exists(context.file(featuresName))) {
        return {};
    }
    std::vector<SharedClip> clips;
    try {
        const auto reader = valueOrThrow(tensorfile::SafetensorsReader::open(context.file(featuresName)));
        if (const auto changed = whatChanged(reader.metadata(), factsOf(context))) {
            context.report("head: the kept features are of " + *changed + " and are made anew");
            return {};
        }
        while (const auto* info = reader.find(clipTensor(clips.size(), "features"))) {
            auto values = valueOrThrow(reader.readFloats(info->name));
            SharedClip clip;
            clip.features =
                torch::from_blob(values.data(), {info->shape.at(0), info->shape.at(1)}, torch::kFloat32).clone();
            clip.labels = valueOrThrow(reader.readIntegers(clipTensor(clips.size(), "labels")));
            clips.push_back(std::move(clip));
        }
    } catch (const StageFailure& damaged) {
        context.report("head: the kept features are made anew: " + damaged.error.message);
        return {};
    }
    return clips;
}

/// The first process's kept features, on the device of this one.
std::vector<SharedClip> sharedFeatures(const StageContext& context) {
    std::vector<SharedClip> clips =
        shareClips(*context.group, context.group->isFirst() ? keptFeatures(context) : std::vector<SharedClip>());
    for (SharedClip& clip : clips) {
        clip.features = clip.features.to(context.device);
    }
    return clips;
}

/// Frame features of a sample of the supply's clips; empty when asked to stop, with those so far kept. All processes go
/// on from the first one's, by the same blocks, and stop after the same one.
std::vector<SharedClip> encodeSupply(StageContext& context, const ClipSupply& supply) {
    const HeadRecipe& stage = context.recipe.head;
    const auto block = static_cast<int>(shareNumber(*context.group, 2L * context.pool.threads()));
    const EncoderSettings settings = encoderSettings(context);
    std::vector<SharedClip> clips = sharedFeatures(context);
    const std::size_t kept = clips.size();
    Prefetcher<TrainingClip> rendered(static_cast<std::int64_t>(kept), stage.clips, 2 * block, context.options.loaders,
                                      [&](std::int64_t number) { return supply.headClip(number); });
    context.network->eval();
    while (static_cast<int>(clips.size()) < stage.clips) {
        if (context.group->any(context.pacer.shouldStop())) {
            keepFeatures(context, clips);
            context.group->any(false); // the first process has written
            return {};
        }
        const int count = std::min(block, stage.clips - static_cast<int>(clips.size()));
        std::vector<TrainingClip> sources;
        for (int index = 0; index < count; ++index) {
            sources.push_back(rendered.take());
        }
        std::vector<SharedClip> encoded(sources.size());
        const auto firstNumber = clips.size();
        context.pool.run(count, [&](int index) {
            const torch::NoGradGuard noGrad;
            const TrainingClip& clip = sources[static_cast<std::size_t>(index)];
            std::mt19937_64 random(mixSeed(context.recipe.seed, firstNumber + static_cast<std::size_t>(index), 11));
            std::vector<int> frames(static_cast<std::size_t>(clip.frames));
            std::iota(frames.begin(), frames.end(), 0);
            const int side = context.network->config().resolution;
            const AdaptRecipe& adapt = context.recipe.adapt;
            const PreparedClip prepared =
                prepareClip(clip, frames, randomChange(random, clip.size, side, adapt.flips, adapt.toneJitter), side);
            encoded[static_cast<std::size_t>(index)] = {encodeClip(*context.network->visual,
                                                                   prepared.images.to(context.device),
                                                                   prepared.imageOfFrame, settings),
                                                        prepared.labels};
        });
        for (SharedClip& clip : encoded) {
            clips.push_back(std::move(clip));
        }
        if (context.pacer.reportDue()) {
            context.report("head: encoded " + std::to_string(clips.size()) + " of " + std::to_string(stage.clips) +
                           " clips");
        }
    }
    if (clips.size() > kept) {
        keepFeatures(context, clips);
    }
    return clips;
}

class HeadTraining final : public StageWork {
public:
    explicit HeadTraining(StageContext& context)
        : context_(context),
          stage_(context.recipe.head),
          adapt_(context.recipe.adapt),
          layout_(model::temporalLayout(context.network->config().convType)),
          optimiser_(headParameters(context), {.weightDecay = adapt_.weightDecay, .decoupled = false}) {}

    /// Before the first step.
    void setClips(std::vector<SharedClip> clips) { clips_ = std::move(clips); }
    Adam& optimiser() override { return optimiser_; }
    std::vector<NamedParameter> tensors() const override {
        std::vector<NamedParameter> head;
        for (NamedParameter& tensor : moduleTensors(*context_.network, "")) {
            if (!tensor.name.starts_with("conv2d.")) {
                tensor.name.insert(0, "model.");
                head.push_back(std::move(tensor));
            }
        }
        return head;
    }
    void begin(std::int64_t) override { context_.network->train(); }
    void fetch() override {}

    StepResult compute(std::int64_t step) override {
        std::mt19937_64 random(mixSeed(context_.recipe.seed, static_cast<std::uint64_t>(step), 12));
        std::vector<Tensor> features;
        std::vector<std::vector<std::int64_t>> labels;
        for (int index = 0; index < stage_.batch; ++index) {
            const SharedClip& clip = clips_[random() % clips_.size()];
            const std::vector<int> frames = padFrames(
                resampleFrames(random, static_cast<int>(clip.features.size(0)), adapt_.minFrames, adapt_.maxFrames),
                layout_);
            const std::vector<std::int64_t> rows(frames.begin(), frames.end());
            features.push_back(clip.features.index_select(0, torch::tensor(rows, torch::kInt64).to(context_.device)));
            labels.push_back(clip.labels);
        }
        torch::manual_seed(mixSeed(context_.recipe.seed, static_cast<std::uint64_t>(step), 13));
        const ClipBatch batch = joinClips(features, labels);
        const auto output = context_.network->recognise(batch.features, batch.lengths);
        const LossTerms terms =
            alignmentLosses(output.sequenceLogits, output.convLogits, output.featureLengths, batch.labels,
                            batch.labelLengths, {adapt_.sequenceWeight, adapt_.convWeight, 0.0});
        StepResult result;
        result.figures = {{"loss", terms.total.item<double>()}};
        if (std::isfinite(result.figures.front().second)) {
            std::vector<Tensor> inputs;
            for (const NamedParameter& parameter : optimiser_.parameters()) {
                inputs.push_back(parameter.value);
            }
            result.gradients = torch::autograd::grad({terms.total}, inputs, {}, false, false, true);
        }
        return result;
    }

private:
    static std::vector<NamedParameter> headParameters(StageContext& context) {
        std::vector<NamedParameter> parameters;
        for (const NamedParameter& parameter : applyMethod(*context.network, context.recipe)) {
            if (!parameter.name.starts_with("conv2d.")) {
                parameters.push_back(parameter);
            }
        }
        return parameters;
    }

    StageContext& context_;
    const HeadRecipe& stage_;
    const AdaptRecipe& adapt_;
    std::vector<SharedClip> clips_;
    model::TemporalLayout layout_;
    Adam optimiser_;
};

} // namespace

bool trainHead(StageContext& context, const ClipSupply& supply) {
    if (context.recipe.head.clips == 0) {
        return true;
    }
    HeadTraining work(context);
    LoopPlan plan;
    plan.stage = "head";
    plan.steps = context.recipe.head.steps;
    plan.rate = context.recipe.head.rate;
    plan.clipNorm = context.recipe.adapt.clipNorm;
    plan.logEvery = 20;
    plan.origin = checksum(moduleTensors(*context.network->visual, ""));
    plan.leavesOthersAside = true;
    TrainingLoop loop(context, work, plan);
    loop.resume();
    context.begun();
    std::vector<SharedClip> clips = encodeSupply(context, supply);
    if (clips.empty()) {
        return false;
    }
    work.setClips(std::move(clips));
    return loop.run();
}

void forgetHeadStage(const StageContext& context) {
    if (context.group->isFirst()) {
        std::error_code ignored;
        std::filesystem::remove(context.file(featuresName), ignored);
        std::filesystem::remove(context.file("head.safetensors"), ignored);
    }
}

} // namespace livegloss::training
