#include "adaptation.h"

#include "augment.h"
#include "clip_supply.h"
#include "fast_encoder.h"
#include "training/losses.h"
#include "training/prefetcher.h"
#include "weight_average.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <span>

namespace livegloss::training {
namespace {

using torch::Tensor;
using Batch = std::vector<PreparedClip>;

/// Training of the network on clips by whatever method the recipe names.
class Adaptation final : public StageWork {
public:
    Adaptation(StageContext& context, ClipSupply& supply)
        : context_(context),
          stage_(context.recipe.adapt),
          supply_(supply),
          settings_(encoderSettings(context)),
          optimiser_(applyMethod(*context.network, context.recipe),
                     {.weightDecay = stage_.weightDecay, .decoupled = false}),
          average_(averagedWeights(), stage_.averageDecay) {
        for (const NamedParameter& parameter : optimiser_.parameters()) {
            (parameter.name.starts_with("conv2d.") ? encoderInputs_ : headInputs_).push_back(parameter.value);
        }
        // The head follows the encoder in the network, so gradients can be joined without sorting.
        encoderFirst_ = optimiser_.parameters().front().name.starts_with("conv2d.");
        if (context_.recipe.precision == Precision::F16) {
            lossScale_.fill_(65536.0F);
        }
    }

    Adam& optimiser() override { return optimiser_; }
    std::vector<NamedParameter> tensors() const override {
        std::vector<NamedParameter> all = moduleTensors(*context_.network, "model.");
        if (context_.recipe.precision == Precision::F16) {
            all.push_back({"loss_scale", lossScale_});
        }
        const std::vector<NamedParameter> averages = average_.tensors();
        all.insert(all.end(), averages.begin(), averages.end());
        return all;
    }

    void begin(std::int64_t first) override {
        batches_ = std::make_unique<Prefetcher<Batch>>(
            first, supply_.steps(), std::max(2, context_.options.loaders + 1), context_.options.loaders,
            [this](std::int64_t step) { return makeBatch(step); });
    }
    void fetch() override { batch_ = batches_ ? batches_->take() : makeBatch(unprepared_++); }

    StepResult compute(std::int64_t step) override {
        startTraining();
        torch::manual_seed(mixSeed(context_.recipe.seed, static_cast<std::uint64_t>(step), 9));
        StepResult result;
        const auto size = static_cast<std::size_t>(stage_.batch);
        int used = 0;
        for (std::size_t part = 0; part < static_cast<std::size_t>(stage_.accumulate); ++part) {
            used += addBatch(std::span(batch_).subspan(part * size, size), step, result) ? 1 : 0;
        }
        batch_.clear();
        result.skippedBatches = stage_.accumulate - used;
        meanOver(used, result);
        adjustLossScale(result.gradients);
        return result;
    }

    void loaded() override { copySharedPrefixes(); }
    void applied() override {
        copySharedPrefixes();
        average_.update();
    }

    std::optional<double> measure(std::int64_t step) override {
        const Averaged averaged(*this);
        const DevResult result = evaluateDev(context_, supply_);
        const double wer = result.werPercent();
        char line[160];
        std::snprintf(line, sizeof line, "adapt step %lld: word error rate %.1f%% on %d clips of %s",
                      static_cast<long long>(step), wer, supply_.devCount(), context_.source.devPart().c_str());
        context_.report(line);
        context_.log.write("adapt-dev", step, {{"wer_percent", wer}, {"seconds", context_.pacer.seconds()}});
        return wer;
    }

    void keep(std::int64_t step) override {
        const Averaged averaged(*this);
        tensorfile::Metadata extra{{"training_step", std::to_string(step)}};
        if (settings_.sharedPrefixes) {
            extra["shared_prefixes"] = "true";
        }
        valueOrThrow(model::saveAdaptSign(context_.network, context_.file("model.safetensors"),
                                          tensorfile::DataType::F32, extra));
    }

private:
    /// The network has the averaged weights, where there are some, as long as this lives.
    class Averaged {
    public:
        explicit Averaged(Adaptation& work) : work_(work) { exchange(); }
        ~Averaged() { exchange(); }
        Averaged(const Averaged&) = delete;
        Averaged& operator=(const Averaged&) = delete;

    private:
        void exchange() {
            work_.average_.exchange();
            work_.copySharedPrefixes();
        }
        Adaptation& work_;
    };

    void startTraining() {
        context_.network->train();
        if (stage_.freezeNorms) {
            for (const auto& module : context_.network->conv1d->modules()) {
                if (auto* norm = module->as<torch::nn::BatchNorm1d>()) {
                    norm->eval();
                }
            }
        }
    }

    /// What is averaged: what is trained, and the running statistics of the head's batch norms.
    std::vector<NamedParameter> averagedWeights() const {
        std::vector<NamedParameter> weights = optimiser_.parameters();
        for (const auto& entry : context_.network->named_buffers()) {
            if (entry.key().ends_with("running_mean") || entry.key().ends_with("running_var")) {
                weights.push_back({entry.key(), entry.value()});
            }
        }
        return weights;
    }

    /// Blocks that share the first one's prefixes hold copies, which is what files and engines know.
    void copySharedPrefixes() {
        if (!settings_.sharedPrefixes) {
            return;
        }
        const torch::NoGradGuard noGrad;
        auto& blocks = context_.network->visual->transformer->blocks;
        for (std::size_t block = 1; block < blocks.size(); ++block) {
            blocks[block]->prefixKey.copy_(blocks[0]->prefixKey);
            blocks[block]->prefixValue.copy_(blocks[0]->prefixValue);
        }
    }

    /// This process's clips of a step, accumulated batch after batch. The random numbers of a clip depend on its place
    /// in the step of all processes, so that their number changes nothing.
    Batch makeBatch(std::int64_t step) {
        const model::ModelConfig& config = context_.network->config();
        const int side = config.resolution;
        const model::TemporalLayout layout = model::temporalLayout(config.convType);
        const std::vector<std::int64_t> numbers = supply_.draw(step);
        const std::uint64_t seed = mixSeed(context_.recipe.seed, static_cast<std::uint64_t>(step), 8);
        const int workers = context_.group->size();
        Batch batch;
        for (int part = 0; part < stage_.accumulate; ++part) {
            for (int index = 0; index < stage_.batch; ++index) {
                const auto place =
                    static_cast<std::size_t>((part * workers + context_.group->rank()) * stage_.batch + index);
                std::mt19937_64 random(mixSeed(seed, place));
                const auto clip = supply_.get(numbers[place % numbers.size()]);
                const PictureChange change = randomChange(random, clip->size, side, stage_.flips, stage_.toneJitter);
                const std::vector<int> frames =
                    padFrames(resampleFrames(random, clip->frames, stage_.minFrames, stage_.maxFrames), layout);
                batch.push_back(prepareClip(*clip, frames, change, side));
            }
        }
        supply_.passed(step);
        return batch;
    }

    double distillWeight(std::int64_t step) const {
        if (stage_.distillRampSteps <= 0) {
            return stage_.distillWeight;
        }
        return stage_.distillWeight * std::min(1.0, static_cast<double>(step) / stage_.distillRampSteps);
    }

    /// Longest first: the threads that share the clips finish at about the same time.
    std::vector<std::size_t> byLength(std::span<const PreparedClip> clips) const {
        std::vector<std::size_t> order(clips.size());
        std::iota(order.begin(), order.end(), 0);
        std::ranges::stable_sort(
            order, [&](std::size_t a, std::size_t b) { return clips[a].images.size(0) > clips[b].images.size(0); });
        return order;
    }

    /// Adds the gradients of one batch; false where its loss is not finite. Each process encodes its own clips; the
    /// head sees those of all, with the same random numbers everywhere, so that batch norm and losses are those of the
    /// whole batch.
    bool addBatch(std::span<const PreparedClip> batch, std::int64_t step, StepResult& result) {
        const int count = static_cast<int>(batch.size());
        const std::vector<std::size_t> order = byLength(batch);
        std::vector<std::optional<EncodedClip>> encoded(batch.size());
        context_.pool.run(count, [&](int index) {
            const std::size_t at = order[static_cast<std::size_t>(index)];
            encoded[at].emplace(*context_.network->visual, settings_, batch[at].images.to(context_.device),
                                batch[at].imageOfFrame);
        });
        std::vector<SharedClip> own;
        bool finite = true;
        for (std::size_t index = 0; index < batch.size(); ++index) {
            own.push_back({encoded[index]->features().detach().requires_grad_(true), batch[index].labels});
            finite = finite && torch::isfinite(own.back().features.detach()).all().item<bool>();
        }
        // Before the head sees them: its batch norms would keep what overflowed.
        if (context_.group->any(!finite)) {
            return false;
        }
        std::vector<Tensor> leaves;
        std::vector<std::vector<std::int64_t>> labels;
        for (const SharedClip& clip : gatherClips(*context_.group, own)) {
            leaves.push_back(clip.features);
            labels.push_back(clip.labels);
        }
        const ClipBatch joined = joinClips(leaves, labels);
        const auto output = context_.network->recognise(joined.features, joined.lengths);
        const LossTerms terms =
            alignmentLosses(output.sequenceLogits, output.convLogits, output.featureLengths, joined.labels,
                            joined.labelLengths, {stage_.sequenceWeight, stage_.convWeight, distillWeight(step)});
        if (context_.group->any(!std::isfinite(terms.total.item<double>()))) {
            return false;
        }
        std::vector<Tensor> inputs = headInputs_;
        for (const SharedClip& clip : own) {
            inputs.push_back(clip.features);
        }
        std::vector<Tensor> head = torch::autograd::grad({terms.total}, inputs, {}, false, false, true);
        std::vector<Tensor> gradients = encoderGradients(encoded, order, std::span(head).subspan(headInputs_.size()));
        head.resize(headInputs_.size());
        shareOfAll(head);
        gradients.insert(encoderFirst_ ? gradients.end() : gradients.begin(), head.begin(), head.end());
        context_.group->sum(gradients);
        addGradients(result.gradients, gradients);
        addFigures(result, {{"sequence_ctc", terms.sequenceCtc.mean().item<double>()},
                            {"conv_ctc", terms.convCtc.mean().item<double>()},
                            {"distillation", terms.distillation.item<double>()}});
        return true;
    }

    static void addFigures(StepResult& result, const std::vector<std::pair<std::string, double>>& figures) {
        result.figures.resize(figures.size());
        for (std::size_t index = 0; index < figures.size(); ++index) {
            result.figures[index].first = figures[index].first;
            result.figures[index].second += figures[index].second;
        }
    }

    /// From sums to means over the accumulated batches whose losses were finite.
    static void meanOver(int batches, StepResult& result) {
        if (batches < 2) {
            return;
        }
        for (Tensor& gradient : result.gradients) {
            gradient = gradient.defined() ? gradient / batches : gradient;
        }
        for (auto& [name, figure] : result.figures) {
            figure /= batches;
        }
    }

    std::vector<Tensor> encoderGradients(std::vector<std::optional<EncodedClip>>& encoded,
                                         const std::vector<std::size_t>& order, std::span<const Tensor> towards) {
        const double scale = lossScale_.item<double>();
        std::vector<std::vector<Tensor>> parts(encoded.size());
        context_.pool.run(static_cast<int>(encoded.size()), [&](int index) {
            const std::size_t at = order[static_cast<std::size_t>(index)];
            parts[at] = encoded[at]->gradients(encoderInputs_, scale == 1.0 ? towards[at] : towards[at] * scale);
            encoded[at].reset();
        });
        std::vector<Tensor> gradients(encoderInputs_.size());
        for (const auto& part : parts) {
            addGradients(gradients, part);
        }
        if (scale != 1.0) {
            for (Tensor& gradient : gradients) {
                gradient = gradient.defined() ? gradient / scale : gradient;
            }
        }
        return gradients;
    }

    /// The head's gradients are those of the whole batch in every process, but for rounding: their mean is taken, so
    /// that the heads stay the same everywhere.
    void shareOfAll(std::vector<Tensor>& head) const {
        if (context_.group->size() == 1) {
            return;
        }
        for (Tensor& gradient : head) {
            gradient = gradient.defined() ? gradient / context_.group->size() : gradient;
        }
    }

    /// In fp16 small gradients would vanish: they are scaled up, further while that goes well, less after an overflow.
    void adjustLossScale(const std::vector<Tensor>& gradients) {
        if (context_.recipe.precision != Precision::F16 || gradients.empty()) {
            return;
        }
        const bool finite = std::ranges::all_of(gradients, [](const Tensor& gradient) {
            return !gradient.defined() || torch::isfinite(gradient).all().item<bool>();
        });
        const torch::NoGradGuard noGrad;
        lossScale_.mul_(finite ? 1.0005 : 0.5);
    }

    StageContext& context_;
    const AdaptRecipe& stage_;
    ClipSupply& supply_;
    EncoderSettings settings_;
    Adam optimiser_;
    std::vector<Tensor> encoderInputs_;
    std::vector<Tensor> headInputs_;
    bool encoderFirst_ = true;
    Tensor lossScale_ = torch::full({1}, 1.0F);
    WeightAverage average_;
    Batch batch_;
    std::unique_ptr<Prefetcher<Batch>> batches_;
    std::int64_t unprepared_ = 0; ///< next step whose batch is made when it is fetched: before begin()
};

} // namespace

std::unique_ptr<StageWork> makeAdaptation(StageContext& context, ClipSupply& supply) {
    auto work = std::make_unique<Adaptation>(context, supply);
    work->loaded();
    return work;
}

} // namespace livegloss::training
