#include "adam.h"
#include "augment.h"
#include "backbone_init.h"
#include "caption_tower.h"
#include "fast_encoder.h"
#include "stage.h"
#include "still_batch.h"
#include "training/losses.h"
#include "training/prefetcher.h"
#include "training/replay.h"
#include "training_loop.h"

#include <cmath>
#include <cstdio>

namespace livegloss::training {
namespace {

using torch::Tensor;

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

Tensor normalisedRows(const Tensor& rows) {
    return torch::nn::functional::normalize(rows, torch::nn::functional::NormalizeFuncOptions().dim(-1));
}

/// Stills per piece of work.
constexpr std::int64_t chunkStills = 16;

class Pretraining final : public StageWork {
public:
    explicit Pretraining(StageContext& context)
        : context_(context),
          stage_(context.recipe.pretrain),
          captions_(context.source.captionSlots(), stage_.textWidth, context.recipe.model.embedDim),
          regions_(context.source.captionRegions()),
          optimiser_(allParameters(), {.weightDecay = stage_.weightDecay, .decoupled = true, .beta2 = 0.98}),
          stills_([this](std::int64_t number) { return makeGroup(number, SamplePart::Train); }) {
        imageCount_ = optimiser_.parameters().size() - captions_->parameters().size();
    }

    Adam& optimiser() override { return optimiser_; }
    std::vector<NamedParameter> tensors() const override {
        std::vector<NamedParameter> all = moduleTensors(*context_.network, "model.");
        const auto captions = moduleTensors(*captions_, "captions.");
        all.insert(all.end(), captions.begin(), captions.end());
        return all;
    }
    void begin(std::int64_t first) override {
        const ReplayPlan plan{mixSeed(context_.recipe.seed, 1), stage_.groups, stage_.uses, stage_.keepGroups};
        batches_ =
            std::make_unique<Prefetcher<StillBatch>>(first, stage_.steps, 4, context_.options.loaders,
                                                     [this, plan](std::int64_t step) { return makeBatch(plan, step); });
    }
    void fetch() override { batch_ = batches_->take().to(context_.device); }
    StepResult compute(std::int64_t) override { return trainStep(batch_); }
    std::optional<double> measure(std::int64_t step) override {
        describe(step);
        return std::nullopt;
    }

private:
    std::vector<NamedParameter> allParameters() {
        captions_->to(context_.device);
        std::vector<NamedParameter> parameters = backboneParameters(*context_.network);
        for (const auto& entry : captions_->named_parameters()) {
            parameters.push_back({"captions." + entry.key(), entry.value()});
        }
        return parameters;
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
        std::vector<StillGroup> groups;
        for (const std::int64_t number : plan.draw(step)) {
            groups.push_back(stills_.get(number));
        }
        stills_.dropBefore(plan.oldest(step));
        std::mt19937_64 random(mixSeed(context_.recipe.seed, static_cast<std::uint64_t>(step), 4));
        return assembleStills(groups, context_.recipe.model, regionCount(), patchesAt(step), &random);
    }

    std::int64_t patchesAt(std::int64_t step) const {
        const bool all = stage_.keepPatches <= 0 || static_cast<double>(step) >= stage_.allPatchesFrom * stage_.steps;
        return all ? context_.recipe.model.patches() : stage_.keepPatches;
    }

    struct Heads {
        Tensor loss;
        double contrast = 0.0;
        double words = 0.0;
        double regions = 0.0;
    };

    int regionCount() const { return regions_.empty() ? 0 : *std::max_element(regions_.begin(), regions_.end()); }

    struct WordScores {
        Tensor byClass;   ///< [N, words] of the class token
        Tensor byPatches; ///< [N, words] mean over the patches of the slot's region; undefined where it has none
        Tensor visible;   ///< [N] bool: enough of the region is in the picture
    };

    WordScores wordScores(const Tensor& tokens, const Tensor& shares, int slot) {
        const Tensor words = captions_->singleWords(slot).t();
        const Tensor scale = captions_->wordScale.clamp_max(std::log(100.0)).exp();
        WordScores scores;
        scores.byClass = scale * torch::mm(tokens.select(1, 0), words);
        const int region = regions_[static_cast<std::size_t>(slot)];
        if (region > 0) {
            const Tensor share = shares.select(1, region - 1);
            const Tensor total = share.sum(1);
            scores.visible = total > 0.5;
            const Tensor weights = share / total.clamp_min(1e-6).unsqueeze(1);
            const Tensor mean = torch::bmm(weights.unsqueeze(1), tokens.slice(1, 1)).squeeze(1);
            scores.byPatches = scale * torch::mm(mean, words);
        }
        return scores;
    }

    /// Class and patch tokens [N, L, E]. Three contrasts: pictures with whole captions (CLIP), pictures with single
    /// words, and the part of a picture that shows a hand or the face with the words about it.
    Heads losses(const Tensor& features, const StillBatch& batch) {
        const Tensor& words = batch.words;
        const Tensor tokens = normalisedRows(features);
        const Tensor same = (words.unsqueeze(0) == words.unsqueeze(1)).all(-1);
        const Tensor contrast = contrastiveLoss(tokens.select(1, 0), captions_->forward(words),
                                                captions_->captionScale.clamp_max(std::log(100.0)).exp(), same);
        const auto ignoring = torch::nn::functional::CrossEntropyFuncOptions().ignore_index(-1);
        Tensor wordLoss = torch::zeros({});
        Tensor regionLoss = torch::zeros({});
        int used = 0;
        for (int slot = 0; slot < captions_->slots(); ++slot) {
            const Tensor target = words.select(1, slot);
            if ((target < 0).all().item<bool>()) {
                continue;
            }
            ++used;
            const WordScores scores = wordScores(tokens, batch.shares, slot);
            wordLoss = wordLoss + torch::nn::functional::cross_entropy(scores.byClass, target, ignoring);
            if (scores.byPatches.defined()) {
                const Tensor seen = torch::where(scores.visible, target, torch::full_like(target, -1));
                if ((seen >= 0).any().item<bool>()) {
                    regionLoss = regionLoss + torch::nn::functional::cross_entropy(scores.byPatches, seen, ignoring);
                }
            }
        }
        wordLoss = wordLoss / std::max(1, used);
        regionLoss = regionLoss / std::max(1, used);
        Heads heads;
        heads.loss = contrast + stage_.wordWeight * wordLoss + stage_.regionWeight * regionLoss;
        heads.contrast = contrast.item<double>();
        heads.words = wordLoss.item<double>();
        heads.regions = regionLoss.item<double>();
        return heads;
    }

    Tensor encodePiece(const StillBatch& batch, int piece) const {
        const std::int64_t first = piece * chunkStills;
        const StillBatch part = batch.slice(first, std::min(first + chunkStills, batch.size()));
        return encodeStills(*context_.network->visual, part.patches, part.positions, true);
    }

    StepResult trainStep(const StillBatch& batch) {
        const auto count = batch.size();
        const int pieces = static_cast<int>((count + chunkStills - 1) / chunkStills);
        std::vector<Tensor> features(static_cast<std::size_t>(pieces));
        context_.pool.run(pieces,
                          [&](int piece) { features[static_cast<std::size_t>(piece)] = encodePiece(batch, piece); });
        Tensor joined = torch::cat(features, 0).detach().requires_grad_(true);
        const Heads heads = losses(joined, batch);
        StepResult result;
        result.figures = {{"contrast", heads.contrast}, {"words", heads.words}, {"regions", heads.regions}};
        if (!std::isfinite(heads.loss.item<double>())) {
            return result;
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
        for (const auto& part : parts) {
            addGradients(result.gradients, part);
        }
        result.gradients.insert(result.gradients.end(), captionGradients.begin(), captionGradients.end());
        return result;
    }

    Tensor devTokens(const StillBatch& batch) {
        const auto count = batch.size();
        const int pieces = static_cast<int>((count + chunkStills - 1) / chunkStills);
        std::vector<Tensor> features(static_cast<std::size_t>(pieces));
        context_.pool.run(pieces, [&](int piece) {
            const torch::NoGradGuard noGrad;
            features[static_cast<std::size_t>(piece)] = normalisedRows(encodePiece(batch, piece));
        });
        return torch::cat(features, 0);
    }

    /// On unseen people: share of words that are told right by choosing the best single-word caption of each slot
    /// (class token / its region), and share of pictures whose whole caption wins among those of its group.
    void describe(std::int64_t step) {
        const torch::NoGradGuard noGrad;
        const int groups = std::max(1, 128 / stage_.groupSize);
        if (devStills_.empty()) {
            devStills_.resize(static_cast<std::size_t>(groups));
            context_.pool.run(groups, [&](int group) {
                devStills_[static_cast<std::size_t>(group)] =
                    std::make_shared<const std::vector<TrainingStill>>(makeGroup(group, SamplePart::Dev));
            });
        }
        const StillBatch batch =
            assembleStills(devStills_, context_.recipe.model, regionCount(), 0, nullptr).to(context_.device);
        const Tensor tokens = devTokens(batch);
        std::vector<std::pair<std::string, double>> figures;
        std::string line = "pretrain step " + std::to_string(step) + " on unseen people:";
        char text[96];
        for (int slot = 0; slot < captions_->slots(); ++slot) {
            const Tensor target = batch.words.select(1, slot);
            const auto share = [&](const Tensor& scores) {
                return (scores.argmax(1) == target).to(torch::kFloat32).mean().item<double>();
            };
            const WordScores scores = wordScores(tokens, batch.shares, slot);
            figures.emplace_back("class_slot_" + std::to_string(slot), share(scores.byClass));
            std::snprintf(text, sizeof text, " %s %.0f", slotName(slot).c_str(), 100.0 * share(scores.byClass));
            line += text;
            if (scores.byPatches.defined()) {
                const double seen = std::max(1.0, scores.visible.sum().item<double>());
                const double right =
                    ((scores.byPatches.argmax(1) == target) & scores.visible).sum().item<double>() / seen;
                figures.emplace_back("region_slot_" + std::to_string(slot), right);
                std::snprintf(text, sizeof text, "/%.0f", 100.0 * right);
                line += text;
            }
            line += "%";
        }
        const std::int64_t size = stage_.groupSize;
        const Tensor logits = torch::bmm(tokens.select(1, 0).reshape({groups, size, -1}),
                                         captions_->forward(batch.words).view({groups, size, -1}).transpose(1, 2));
        const Tensor words = batch.words.view({groups, size, -1});
        const Tensor chosen = words.gather(1, logits.argmax(2).unsqueeze(-1).expand({groups, size, words.size(2)}));
        const double inGroup = (chosen == words).all(-1).to(torch::kFloat32).mean().item<double>();
        figures.emplace_back("in_group", inGroup);
        std::snprintf(text, sizeof text, "; within group %.0f%%", 100.0 * inGroup);
        context_.log.write("pretrain-dev", step, figures);
        context_.report(line + text);
    }

    std::string slotName(int slot) const {
        return context_.source.captionSlots()[static_cast<std::size_t>(slot)].front() + "..";
    }

    StageContext& context_;
    const PretrainRecipe& stage_;
    CaptionTower captions_;
    std::vector<int> regions_; ///< of each slot
    Adam optimiser_;
    std::size_t imageCount_ = 0;
    SampleCache<std::vector<TrainingStill>> stills_;
    std::vector<StillGroup> devStills_;
    StillBatch batch_;
    std::unique_ptr<Prefetcher<StillBatch>> batches_;
};

} // namespace

bool runPretraining(StageContext& context) {
    if (context.group->size() > 1) {
        throw StageFailure{{ErrorCode::Unsupported, "pre-training runs in one process",
                            "Run --stage pretrain alone, then --stage adapt in as many processes as there are."}};
    }
    context.network->eval();
    Pretraining work(context);
    LoopPlan plan;
    plan.stage = "pretrain";
    plan.steps = context.recipe.pretrain.steps;
    plan.rate = context.recipe.pretrain.rate;
    plan.clipNorm = context.recipe.pretrain.clipNorm;
    plan.measureEvery = context.recipe.pretrain.reportEvery;
    plan.logEvery = 10;
    TrainingLoop loop(context, work, plan);
    if (!loop.resume()) {
        initialiseBackbone(*context.network->visual, context.recipe.model);
    }
    context.begun();
    return loop.run();
}

} // namespace livegloss::training
