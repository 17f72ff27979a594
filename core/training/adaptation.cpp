#include "adam.h"
#include "augment.h"
#include "base/decimal.h"
#include "clip_supply.h"
#include "fast_encoder.h"
#include "training/losses.h"
#include "training/prefetcher.h"
#include "training/replay.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace livegloss::training {
namespace {

using torch::Tensor;
using Batch = std::vector<PreparedClip>;

class Adaptation {
public:
    explicit Adaptation(StageContext& context)
        : context_(context),
          stage_(context.recipe.adapt),
          supply_(context),
          optimiser_(applyFreezeRule(*context.network, stage_.trainQuery),
                     {.weightDecay = stage_.weightDecay, .decoupled = false}),
          clips_([this](std::int64_t number) { return supply_.render(number, progressOf(number)); }),
          plan_{mixSeed(context.recipe.seed, 6), stage_.batch, stage_.uses, stage_.keepClips} {
        for (const NamedParameter& parameter : optimiser_.parameters()) {
            (parameter.name.starts_with("conv2d.") ? encoderInputs_ : headInputs_).push_back(parameter.value);
        }
        // The head follows the encoder in the network, so gradients can be joined without sorting.
        encoderFirst_ = optimiser_.parameters().front().name.starts_with("conv2d.");
    }

    bool run() {
        if (!resume()) {
            return false;
        }
        Prefetcher<Batch> batches(step_, stage_.steps, 2, context_.options.loaders,
                                  [this](std::int64_t step) { return makeBatch(step); });
        while (step_ < stage_.steps) {
            if (context_.pacer.shouldStop()) {
                save();
                return false;
            }
            trainStep(batches.take());
            ++step_;
            if (step_ % stage_.devEvery == 0 || step_ == stage_.steps) {
                measure();
            }
            if (context_.pacer.checkpointDue()) {
                save();
            }
        }
        save();
        return true;
    }

private:
    /// How far training is when clip `number` comes into use, 0..1.
    double progressOf(std::int64_t number) const {
        const double step = static_cast<double>(number - 2L * stage_.batch) * stage_.uses / stage_.batch;
        return std::clamp(step / std::max(1, stage_.steps), 0.0, 1.0);
    }

    std::vector<NamedParameter> tensors() const {
        std::vector<NamedParameter> all = moduleTensors(*context_.network, "model.");
        const auto moments = optimiser_.state();
        all.insert(all.end(), moments.begin(), moments.end());
        return all;
    }

    /// False when asked to stop before the first step.
    bool resume() {
        const auto path = context_.file("adapt.safetensors");
        if (std::filesystem::exists(path)) {
            const CheckpointFacts facts = valueOrThrow(readCheckpoint(path, tensors()));
            step_ = std::stoll(facts.at("step"));
            seconds_ = numberFact(facts, "seconds");
            bestWer_ = numberFact(facts, "best_wer");
            skipped_ = numberFact(facts, "skipped");
            optimiser_.setSteps(std::stoll(facts.at("adam_steps")));
            context_.options.report("adaptation resumes at step " + std::to_string(step_) + " of " +
                                    std::to_string(stage_.steps));
            return true;
        }
        const auto pretrained = context_.file("pretrain.safetensors");
        if (context_.recipe.backbone.empty() && std::filesystem::exists(pretrained)) {
            valueOrThrow(readCheckpoint(pretrained, moduleTensors(*context_.network, "model.")));
        } else if (context_.recipe.pretrain.steps > 0) {
            throw StageFailure{
                {ErrorCode::NotFound, pretrained.string() + " is missing", "run --stage pretrain first"}};
        }
        if (!trainHead(context_)) {
            return false;
        }
        if (context_.recipe.head.clips > 0) {
            measure();
        }
        save();
        return true;
    }

    void save() {
        valueOrThrow(writeCheckpoint(context_.file("adapt.safetensors"), tensors(),
                                     {{"step", std::to_string(step_)},
                                      {"seconds", decimalText(seconds_ + context_.pacer.seconds())},
                                      {"best_wer", decimalText(bestWer_)},
                                      {"skipped", decimalText(skipped_)},
                                      {"adam_steps", std::to_string(optimiser_.steps())}}));
    }

    Batch makeBatch(std::int64_t step) {
        const int side = context_.recipe.model.resolution;
        const model::TemporalLayout layout = model::temporalLayout(context_.recipe.model.convType);
        std::mt19937_64 random(mixSeed(context_.recipe.seed, static_cast<std::uint64_t>(step), 8));
        Batch batch;
        for (const std::int64_t number : plan_.draw(step)) {
            const auto clip = clips_.get(number);
            const PictureChange change = randomChange(random, clip->size, side, stage_.flips);
            const std::vector<int> frames =
                padFrames(resampleFrames(random, clip->frames, stage_.minFrames, stage_.maxFrames), layout);
            batch.push_back(prepareClip(*clip, frames, change, side));
        }
        clips_.dropBefore(plan_.oldest(step));
        // Longest first: the threads that share the batch finish at about the same time.
        std::stable_sort(batch.begin(), batch.end(), [](const PreparedClip& a, const PreparedClip& b) {
            return a.images.size(0) > b.images.size(0);
        });
        return batch;
    }

    double distillWeight() const {
        if (stage_.distillRampSteps <= 0) {
            return stage_.distillWeight;
        }
        return stage_.distillWeight * std::min(1.0, static_cast<double>(step_) / stage_.distillRampSteps);
    }

    void trainStep(const Batch& batch) {
        context_.network->train();
        const int count = static_cast<int>(batch.size());
        std::vector<Tensor> features(batch.size());
        context_.pool.run(count, [&](int index) {
            const PreparedClip& clip = batch[static_cast<std::size_t>(index)];
            features[static_cast<std::size_t>(index)] =
                encodeClip(*context_.network->visual, clip.images, clip.imageOfFrame);
        });
        std::vector<Tensor> leaves;
        std::vector<std::vector<std::int64_t>> labels;
        for (std::size_t index = 0; index < batch.size(); ++index) {
            leaves.push_back(features[index].detach().requires_grad_(true));
            labels.push_back(batch[index].labels);
        }
        torch::manual_seed(mixSeed(context_.recipe.seed, static_cast<std::uint64_t>(step_), 9));
        const ClipBatch joined = joinClips(leaves, labels);
        const auto output = context_.network->recognise(joined.features, joined.lengths);
        const LossTerms terms =
            alignmentLosses(output.sequenceLogits, output.convLogits, output.featureLengths, joined.labels,
                            joined.labelLengths, {stage_.sequenceWeight, stage_.convWeight, distillWeight()});
        if (!std::isfinite(terms.total.item<double>())) {
            ++skipped_;
            return;
        }
        std::vector<Tensor> inputs = headInputs_;
        inputs.insert(inputs.end(), leaves.begin(), leaves.end());
        std::vector<Tensor> head = torch::autograd::grad({terms.total}, inputs, {}, false, false, true);
        std::vector<std::vector<Tensor>> parts(batch.size());
        context_.pool.run(count, [&](int index) {
            const auto at = static_cast<std::size_t>(index);
            parts[at] = torch::autograd::grad({features[at]}, encoderInputs_, {head[headInputs_.size() + at]}, false,
                                              false, true);
            features[at] = Tensor();
        });
        head.resize(headInputs_.size());
        std::vector<Tensor> gradients;
        for (const auto& part : parts) {
            addGradients(gradients, part);
        }
        gradients.insert(encoderFirst_ ? gradients.end() : gradients.begin(), head.begin(), head.end());
        const double norm = clipGradients(gradients, stage_.clipNorm);
        if (!std::isfinite(norm)) {
            ++skipped_;
            return;
        }
        const double rate = rateAt(stage_.rate, static_cast<int>(step_), stage_.steps);
        optimiser_.step(gradients, rate);
        reportStep(terms, norm, rate);
    }

    void reportStep(const LossTerms& terms, double norm, double rate) {
        const double sequence = terms.sequenceCtc.mean().item<double>();
        const double conv = terms.convCtc.mean().item<double>();
        const double distill = terms.distillation.item<double>();
        smoothed_ = smoothed_ < 0.0 ? sequence : 0.95 * smoothed_ + 0.05 * sequence;
        if (step_ % 5 == 0) {
            context_.log.write("adapt", step_,
                               {{"sequence_ctc", sequence},
                                {"conv_ctc", conv},
                                {"distillation", distill},
                                {"distill_weight", distillWeight()},
                                {"gradient_norm", norm},
                                {"rate", rate},
                                {"skipped", skipped_},
                                {"seconds", seconds_ + context_.pacer.seconds()}});
        }
        if (context_.pacer.reportDue()) {
            char line[240];
            std::snprintf(line, sizeof line,
                          "adapt %lld/%d  sequence %.3f (mean %.3f)  conv %.3f  distillation %.4f  rate %.2e  %.0f s",
                          static_cast<long long>(step_), stage_.steps, sequence, smoothed_, conv, distill, rate,
                          seconds_ + context_.pacer.seconds());
            context_.options.report(line);
        }
    }

    void measure() {
        if (devClips_.empty()) {
            devClips_ = devClips(context_, stage_.devClips);
        }
        const double wer = evaluateDev(context_, devClips_).werPercent();
        char line[160];
        std::snprintf(line, sizeof line, "adapt step %lld: word error rate %.1f%% on %d sentences of unseen people",
                      static_cast<long long>(step_), wer, stage_.devClips);
        context_.options.report(line);
        context_.log.write("adapt-dev", step_,
                           {{"wer_percent", wer}, {"seconds", seconds_ + context_.pacer.seconds()}});
        if (wer <= bestWer_) {
            bestWer_ = wer;
            valueOrThrow(model::saveAdaptSign(context_.network, context_.file("model.safetensors"),
                                              tensorfile::DataType::F32, {{"training_step", std::to_string(step_)}}));
        }
    }

    StageContext& context_;
    const AdaptRecipe& stage_;
    ClipSupply supply_;
    Adam optimiser_;
    SampleCache<TrainingClip> clips_;
    ReplayPlan plan_;
    std::vector<Tensor> encoderInputs_;
    std::vector<Tensor> headInputs_;
    bool encoderFirst_ = true;
    std::vector<TrainingClip> devClips_;
    std::int64_t step_ = 0;
    double seconds_ = 0.0; ///< spent in earlier runs
    double bestWer_ = 1e9;
    double skipped_ = 0.0;
    double smoothed_ = -1.0;
};

} // namespace

bool runAdaptation(StageContext& context) {
    return Adaptation(context).run();
}

} // namespace livegloss::training
