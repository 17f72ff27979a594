#include "adam.h"
#include "augment.h"
#include "clip_supply.h"
#include "fast_encoder.h"
#include "stage.h"
#include "training/losses.h"
#include "training/prefetcher.h"
#include "training/replay.h"

#include <cmath>
#include <cstdio>
#include <numeric>

namespace livegloss::training {
namespace {

using torch::Tensor;

struct FeatureClip {
    Tensor features; ///< [T, E]
    std::vector<std::int64_t> labels;
};

/// Frame features of the first clips of the supply; empty when asked to stop.
std::vector<FeatureClip> encodeSupply(StageContext& context, const ClipSupply& supply) {
    const HeadRecipe& stage = context.recipe.head;
    const int block = 2 * context.options.threads;
    std::vector<FeatureClip> clips;
    Prefetcher<TrainingClip> rendered(0, stage.clips, 2 * block, context.options.loaders,
                                      [&](std::int64_t number) { return supply.render(number, 0.5); });
    context.network->eval();
    while (static_cast<int>(clips.size()) < stage.clips) {
        if (context.pacer.shouldStop()) {
            return {};
        }
        const int count = std::min(block, stage.clips - static_cast<int>(clips.size()));
        std::vector<TrainingClip> sources;
        for (int index = 0; index < count; ++index) {
            sources.push_back(rendered.take());
        }
        std::vector<FeatureClip> encoded(sources.size());
        const auto firstNumber = clips.size();
        context.pool.run(count, [&](int index) {
            const torch::NoGradGuard noGrad;
            const TrainingClip& clip = sources[static_cast<std::size_t>(index)];
            std::mt19937_64 random(mixSeed(context.recipe.seed, firstNumber + static_cast<std::size_t>(index), 11));
            std::vector<int> frames(static_cast<std::size_t>(clip.frames));
            std::iota(frames.begin(), frames.end(), 0);
            const int side = context.recipe.model.resolution;
            const PreparedClip prepared =
                prepareClip(clip, frames, randomChange(random, clip.size, side, context.recipe.adapt.flips), side);
            encoded[static_cast<std::size_t>(index)] = {
                encodeClip(*context.network->visual, prepared.images, prepared.imageOfFrame), prepared.labels};
        });
        for (FeatureClip& clip : encoded) {
            clips.push_back(std::move(clip));
        }
        if (context.pacer.reportDue()) {
            context.options.report("head: encoded " + std::to_string(clips.size()) + " of " +
                                   std::to_string(stage.clips) + " clips");
        }
    }
    return clips;
}

} // namespace

bool trainHead(StageContext& context) {
    const HeadRecipe& stage = context.recipe.head;
    const AdaptRecipe& adapt = context.recipe.adapt;
    const std::vector<FeatureClip> clips = encodeSupply(context, ClipSupply(context));
    if (clips.empty()) {
        return stage.clips == 0;
    }
    std::vector<NamedParameter> parameters;
    for (const NamedParameter& parameter : applyFreezeRule(*context.network, adapt.trainQuery)) {
        if (!parameter.name.starts_with("conv2d.")) {
            parameters.push_back(parameter);
        }
    }
    Adam optimiser(parameters, {.weightDecay = adapt.weightDecay, .decoupled = false});
    std::vector<Tensor> inputs;
    for (const NamedParameter& parameter : parameters) {
        inputs.push_back(parameter.value);
    }
    const model::TemporalLayout layout = model::temporalLayout(context.recipe.model.convType);
    context.network->train();
    double average = 0.0;
    for (int step = 0; step < stage.steps; ++step) {
        if (context.pacer.shouldStop()) {
            return false;
        }
        std::mt19937_64 random(mixSeed(context.recipe.seed, static_cast<std::uint64_t>(step), 12));
        std::vector<Tensor> features;
        std::vector<std::vector<std::int64_t>> labels;
        for (int index = 0; index < stage.batch; ++index) {
            const FeatureClip& clip = clips[random() % clips.size()];
            const std::vector<int> frames = padFrames(
                resampleFrames(random, static_cast<int>(clip.features.size(0)), adapt.minFrames, adapt.maxFrames),
                layout);
            const std::vector<std::int64_t> rows(frames.begin(), frames.end());
            features.push_back(clip.features.index_select(0, torch::tensor(rows, torch::kInt64)));
            labels.push_back(clip.labels);
        }
        torch::manual_seed(mixSeed(context.recipe.seed, static_cast<std::uint64_t>(step), 13));
        const ClipBatch batch = joinClips(features, labels);
        const auto output = context.network->recognise(batch.features, batch.lengths);
        const LossTerms terms =
            alignmentLosses(output.sequenceLogits, output.convLogits, output.featureLengths, batch.labels,
                            batch.labelLengths, {adapt.sequenceWeight, adapt.convWeight, 0.0});
        const double loss = terms.total.item<double>();
        if (!std::isfinite(loss)) {
            continue;
        }
        std::vector<Tensor> gradients = torch::autograd::grad({terms.total}, inputs, {}, false, false, true);
        clipGradients(gradients, adapt.clipNorm);
        optimiser.step(gradients, rateAt(stage.rate, step, stage.steps));
        average = step == 0 ? loss : 0.95 * average + 0.05 * loss;
        if (step % 20 == 0) {
            context.log.write("head", step, {{"loss", loss}, {"seconds", context.pacer.seconds()}});
        }
        if (context.pacer.reportDue()) {
            char line[120];
            std::snprintf(line, sizeof line, "head %d/%d  loss %.3f", step, stage.steps, average);
            context.options.report(line);
        }
    }
    return true;
}

} // namespace livegloss::training
