#include "adam.h"
#include "augment.h"
#include "caption_tower.h"
#include "fast_encoder.h"
#include "stage.h"
#include "training/losses.h"
#include "training/prefetcher.h"
#include "training/replay.h"

#include <cmath>
#include <cstdio>

namespace livegloss::training {
namespace {

using torch::Tensor;

struct StillBatch {
    Tensor images; ///< [N, 3, R, R]
    Tensor words;  ///< [N, slots]
};

/// Image parameters of the plain tower; the modules that AdaptSign adds are left out.
std::vector<NamedParameter> backboneParameters(model::AdaptSignImpl& network) {
    std::vector<NamedParameter> parameters;
    for (auto& entry : network.named_parameters()) {
        const std::string& name = entry.key();
        const bool plainTower =
            name.starts_with("conv2d.visual.") && (name.ends_with("visual.proj") || !isTrained(name, true) ||
                                                   name.find("visual.ln_post.") != std::string::npos);
        entry.value().set_requires_grad(plainTower);
        if (plainTower) {
            parameters.push_back({name, entry.value()});
        }
    }
    return parameters;
}

/// Stills per piece of work.
constexpr std::int64_t chunkStills = 8;

class Pretraining {
public:
    explicit Pretraining(StageContext& context)
        : context_(context),
          stage_(context.recipe.pretrain),
          captions_(context.source.captionSlots(), stage_.textWidth, context.recipe.model.embedDim),
          optimiser_(allParameters(), {.weightDecay = stage_.weightDecay, .decoupled = true}),
          stills_([this](std::int64_t number) { return makeGroup(number, SamplePart::Train); }) {
        imageCount_ = optimiser_.parameters().size() - captions_->parameters().size();
    }

    bool run() {
        resume();
        const ReplayPlan plan{mixSeed(context_.recipe.seed, 1), stage_.groups, stage_.uses, stage_.keepGroups};
        Prefetcher<StillBatch> batches(step_, stage_.steps, 4, context_.options.loaders,
                                       [&](std::int64_t step) { return makeBatch(plan, step); });
        while (step_ < stage_.steps) {
            if (context_.pacer.shouldStop()) {
                save();
                return false;
            }
            trainStep(batches.take());
            ++step_;
            if (step_ % stage_.reportEvery == 0 || step_ == stage_.steps) {
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
    std::vector<NamedParameter> allParameters() {
        std::vector<NamedParameter> parameters = backboneParameters(*context_.network);
        for (const auto& entry : captions_->named_parameters()) {
            parameters.push_back({"captions." + entry.key(), entry.value()});
        }
        return parameters;
    }

    std::vector<NamedParameter> tensors() const {
        std::vector<NamedParameter> all = moduleTensors(*context_.network, "model.");
        const auto captions = moduleTensors(*captions_, "captions.");
        const auto moments = optimiser_.state();
        all.insert(all.end(), captions.begin(), captions.end());
        all.insert(all.end(), moments.begin(), moments.end());
        return all;
    }

    void resume() {
        const auto path = context_.file("pretrain.safetensors");
        if (!std::filesystem::exists(path)) {
            return;
        }
        const CheckpointFacts facts = valueOrThrow(readCheckpoint(path, tensors()));
        step_ = std::stoll(facts.at("step"));
        seconds_ = std::stod(facts.at("seconds"));
        optimiser_.setSteps(std::stoll(facts.at("adam_steps")));
        context_.options.report("pre-training resumes at step " + std::to_string(step_) + " of " +
                                std::to_string(stage_.steps));
    }

    void save() {
        valueOrThrow(writeCheckpoint(context_.file("pretrain.safetensors"), tensors(),
                                     {{"step", std::to_string(step_)},
                                      {"seconds", std::to_string(seconds_ + context_.pacer.seconds())},
                                      {"adam_steps", std::to_string(optimiser_.steps())}}));
    }

    std::vector<TrainingStill> makeGroup(std::int64_t number, SamplePart part) const {
        const std::uint64_t seed =
            mixSeed(context_.recipe.seed, static_cast<std::uint64_t>(number), part == SamplePart::Train ? 2 : 3);
        const int base = stage_.renderSize > 0 ? stage_.renderSize : context_.recipe.model.resize;
        const double jitter = part == SamplePart::Train ? stage_.sizeJitter : 0.0;
        const int size = renderedSize(seed, base, jitter, context_.recipe.model.resolution);
        return context_.source.stillGroup(seed, part, size, stage_.groupSize);
    }

    StillBatch makeBatch(const ReplayPlan& plan, std::int64_t step) {
        std::vector<SampleCache<std::vector<TrainingStill>>::Pointer> groups;
        for (const std::int64_t number : plan.draw(step)) {
            groups.push_back(stills_.get(number));
        }
        stills_.dropBefore(plan.oldest(step));
        std::mt19937_64 random(mixSeed(context_.recipe.seed, static_cast<std::uint64_t>(step), 4));
        return assemble(groups, &random);
    }

    /// `random` null: centre crops, nothing changed.
    StillBatch assemble(const std::vector<SampleCache<std::vector<TrainingStill>>::Pointer>& groups,
                        std::mt19937_64* random) const {
        const int side = context_.recipe.model.resolution;
        std::int64_t count = 0;
        for (const auto& group : groups) {
            count += static_cast<std::int64_t>(group->size());
        }
        StillBatch batch;
        batch.images = torch::empty({count, 3, side, side});
        std::vector<std::int64_t> words;
        float* out = batch.images.data_ptr<float>();
        for (const auto& group : groups) {
            for (const TrainingStill& still : *group) {
                const PictureChange change =
                    random != nullptr ? randomChange(*random, still.size, side, false) : plainChange(still.size, side);
                applyChange(change, still.rgb.data(), still.size, side, out);
                out += batch.images.stride(0);
                words.insert(words.end(), still.words.begin(), still.words.end());
            }
        }
        batch.words = torch::tensor(words, torch::kInt64).view({count, captions_->slots()});
        return batch;
    }

    struct Heads {
        Tensor loss;
        double contrast = 0.0;
        double words = 0.0;
    };

    Heads losses(const Tensor& features, const Tensor& words) {
        const Tensor images =
            torch::nn::functional::normalize(features, torch::nn::functional::NormalizeFuncOptions().dim(-1));
        const Tensor same = (words.unsqueeze(0) == words.unsqueeze(1)).all(-1);
        const Tensor contrast = contrastiveLoss(images, captions_->forward(words),
                                                captions_->captionScale.clamp_max(std::log(100.0)).exp(), same);
        const Tensor wordScale = captions_->wordScale.clamp_max(std::log(100.0)).exp();
        Tensor wordLoss = torch::zeros({});
        int used = 0;
        for (int slot = 0; slot < captions_->slots(); ++slot) {
            const Tensor target = words.select(1, slot);
            if ((target < 0).all().item<bool>()) {
                continue;
            }
            const Tensor logits = wordScale * torch::mm(images, captions_->singleWords(slot).t());
            wordLoss =
                wordLoss + torch::nn::functional::cross_entropy(
                               logits, target, torch::nn::functional::CrossEntropyFuncOptions().ignore_index(-1));
            ++used;
        }
        wordLoss = wordLoss / std::max(1, used);
        Heads heads;
        heads.loss = contrast + stage_.wordWeight * wordLoss;
        heads.contrast = contrast.item<double>();
        heads.words = wordLoss.item<double>();
        return heads;
    }

    void trainStep(const StillBatch& batch) {
        const auto count = batch.images.size(0);
        const int pieces = static_cast<int>((count + chunkStills - 1) / chunkStills);
        std::vector<Tensor> features(static_cast<std::size_t>(pieces));
        context_.pool.run(pieces, [&](int piece) {
            const std::int64_t first = piece * chunkStills;
            features[static_cast<std::size_t>(piece)] = encodeStills(
                *context_.network->visual, batch.images.slice(0, first, std::min(first + chunkStills, count)));
        });
        Tensor joined = torch::cat(features, 0).detach().requires_grad_(true);
        const Heads heads = losses(joined, batch.words);
        if (!std::isfinite(heads.loss.item<double>())) {
            ++skipped_;
            return;
        }
        std::vector<Tensor> inputs = captions_->parameters();
        inputs.push_back(joined);
        std::vector<Tensor> captionGradients =
            torch::autograd::grad({heads.loss}, inputs, {}, false, false, /*allow_unused=*/true);
        const Tensor towards = captionGradients.back();
        captionGradients.pop_back();

        std::vector<Tensor> imageParameters;
        for (std::size_t index = 0; index < imageCount_; ++index) {
            imageParameters.push_back(optimiser_.parameters()[index].value);
        }
        std::vector<std::vector<Tensor>> parts(static_cast<std::size_t>(pieces));
        context_.pool.run(pieces, [&](int piece) {
            const auto at = static_cast<std::size_t>(piece);
            const std::int64_t first = piece * chunkStills;
            parts[at] = torch::autograd::grad({features[at]}, imageParameters,
                                              {towards.slice(0, first, std::min(first + chunkStills, count))}, false,
                                              false, true);
            features[at] = Tensor();
        });
        std::vector<Tensor> gradients;
        for (const auto& part : parts) {
            addGradients(gradients, part);
        }
        gradients.insert(gradients.end(), captionGradients.begin(), captionGradients.end());
        const double norm = clipGradients(gradients, stage_.clipNorm);
        const double rate = rateAt(stage_.rate, static_cast<int>(step_), stage_.steps);
        optimiser_.step(gradients, rate);
        reportStep(heads, norm, rate);
    }

    void reportStep(const Heads& heads, double norm, double rate) {
        if (step_ % 10 == 0) {
            context_.log.write("pretrain", step_,
                               {{"contrast", heads.contrast},
                                {"words", heads.words},
                                {"gradient_norm", norm},
                                {"rate", rate},
                                {"skipped", skipped_},
                                {"seconds", seconds_ + context_.pacer.seconds()}});
        }
        if (context_.pacer.reportDue()) {
            char line[200];
            std::snprintf(line, sizeof line, "pretrain %lld/%d  contrast %.3f  words %.3f  rate %.2e  %.0f s",
                          static_cast<long long>(step_), stage_.steps, heads.contrast, heads.words, rate,
                          seconds_ + context_.pacer.seconds());
            context_.options.report(line);
        }
    }

    /// Share of words told from a picture of an unseen person by choosing the best single-word caption of each slot,
    /// and share of pictures whose whole caption wins among those of its group.
    void measure() {
        const torch::NoGradGuard noGrad;
        constexpr int groups = 24;
        if (devStills_.empty()) {
            devStills_.resize(groups);
            context_.pool.run(groups, [&](int group) {
                devStills_[static_cast<std::size_t>(group)] =
                    std::make_shared<const std::vector<TrainingStill>>(makeGroup(group, SamplePart::Dev));
            });
        }
        std::vector<Tensor> features(groups);
        const StillBatch batch = assemble(devStills_, nullptr);
        const std::int64_t size = stage_.groupSize;
        context_.pool.run(groups, [&](int group) {
            const torch::NoGradGuard noGradHere;
            features[static_cast<std::size_t>(group)] = torch::nn::functional::normalize(
                encodeStills(*context_.network->visual, batch.images.slice(0, group * size, (group + 1) * size)),
                torch::nn::functional::NormalizeFuncOptions().dim(-1));
        });
        const Tensor images = torch::cat(features, 0);
        std::vector<std::pair<std::string, double>> figures;
        std::string line = "pretrain step " + std::to_string(step_) + " on unseen people:";
        char text[64];
        for (int slot = 0; slot < captions_->slots(); ++slot) {
            const Tensor target = batch.words.select(1, slot);
            const Tensor known = target >= 0;
            const Tensor best = torch::mm(images, captions_->singleWords(slot).t()).argmax(1);
            const double share =
                ((best == target) & known).sum().item<double>() / std::max(1.0, known.sum().item<double>());
            figures.emplace_back("slot_" + std::to_string(slot), share);
            std::snprintf(text, sizeof text, " %s %.0f%%", slotName(slot).c_str(), 100.0 * share);
            line += text;
        }
        const Tensor logits = torch::bmm(images.view({groups, size, -1}),
                                         captions_->forward(batch.words).view({groups, size, -1}).transpose(1, 2));
        const Tensor right = logits.argmax(2);
        const Tensor words = batch.words.view({groups, size, -1});
        const Tensor chosen = words.gather(1, right.unsqueeze(-1).expand({groups, size, words.size(2)}));
        const double inGroup = (chosen == words).all(-1).to(torch::kFloat32).mean().item<double>();
        figures.emplace_back("in_group", inGroup);
        std::snprintf(text, sizeof text, "; within group %.0f%%", 100.0 * inGroup);
        context_.log.write("pretrain-dev", step_, figures);
        context_.options.report(line + text);
    }

    std::string slotName(int slot) const {
        return context_.source.captionSlots()[static_cast<std::size_t>(slot)].front() + "..";
    }

    StageContext& context_;
    const PretrainRecipe& stage_;
    CaptionTower captions_;
    Adam optimiser_;
    std::size_t imageCount_ = 0;
    SampleCache<std::vector<TrainingStill>> stills_;
    std::vector<SampleCache<std::vector<TrainingStill>>::Pointer> devStills_;
    std::int64_t step_ = 0;
    double seconds_ = 0.0; ///< spent in earlier runs
    double skipped_ = 0.0;
};

} // namespace

bool runPretraining(StageContext& context) {
    context.network->eval();
    return Pretraining(context).run();
}

} // namespace livegloss::training
