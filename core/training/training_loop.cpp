#include "training_loop.h"

#include "base/decimal.h"
#include "tensorfile/safetensors.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace livegloss::training {
namespace {

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

} // namespace

TrainingLoop::TrainingLoop(StageContext& context, StageWork& work, LoopPlan plan)
    : context_(context), work_(work), plan_(std::move(plan)) {}

std::filesystem::path TrainingLoop::file() const {
    return context_.file((plan_.stage + ".safetensors").c_str());
}

std::vector<NamedParameter> TrainingLoop::tensors() const {
    std::vector<NamedParameter> all = work_.tensors();
    const auto moments = work_.optimiser().state();
    all.insert(all.end(), moments.begin(), moments.end());
    return all;
}

void TrainingLoop::checkAgreement() const {
    const auto demand = [this](std::uint64_t value, const char* what) {
        if (!context_.group->same(value)) {
            throw StageFailure{{ErrorCode::InvalidArgument,
                                std::string("the processes that train together have different ") + what,
                                "Start all of them with the same recipe and the same data."}};
        }
    };
    demand(context_.recipe.fingerprint, "recipes");
    demand(vocabularyHash(context_.network->config()), "glosses");
    demand(context_.recipe.sharedPrefixes ? 1 : 0, "models to start from");
    demand(static_cast<std::uint64_t>(plan_.steps), "numbers of steps: their data sets differ");
    demand(static_cast<std::uint64_t>(plan_.stepsPerEpoch), "numbers of clips");
}

/// Only the first process needs the checkpoint: the others get its values.
bool TrainingLoop::resume() {
    checkAgreement();
    const bool there = context_.group->isFirst() && std::filesystem::exists(file()) && mayGoOn();
    if (!context_.group->any(there)) {
        return false;
    }
    torch::Tensor values = torch::zeros({7}, torch::kFloat64);
    if (there) {
        const CheckpointFacts facts = valueOrThrow(readCheckpoint(file(), tensors()));
        checkSameTraining(facts);
        values =
            torch::tensor({numberFact(facts, "step"), numberFact(facts, "seconds"), numberFact(facts, "skipped", 0.0),
                           numberFact(facts, "best_wer", best_), numberFact(facts, "newest_wer", newest_),
                           numberFact(facts, "since_best", 0.0), numberFact(facts, "adam_steps")},
                          torch::kFloat64);
    }
    context_.group->shareFirst({values});
    const auto* fact = values.data_ptr<double>();
    step_ = static_cast<std::int64_t>(fact[0]);
    earlierSeconds_ = fact[1];
    skipped_ = static_cast<std::int64_t>(fact[2]);
    best_ = fact[3];
    newest_ = fact[4];
    sinceBest_ = static_cast<int>(fact[5]);
    work_.optimiser().setSteps(static_cast<std::int64_t>(fact[6]));
    context_.report(plan_.stage + " resumes at step " + std::to_string(step_) + " of " + std::to_string(plan_.steps));
    return true;
}

bool TrainingLoop::mayGoOn() {
    const auto reader = tensorfile::SafetensorsReader::open(file());
    if (!reader) {
        return true; // reading it says what is wrong
    }
    const auto found = reader->metadata().find("origin");
    const std::string began = found == reader->metadata().end() ? std::string() : found->second;
    const bool another = !began.empty() && !plan_.origin.empty() && began != plan_.origin;
    if (another && plan_.leavesOthersAside) {
        context_.report(plan_.stage + ": " + file().string() + " began with another encoder and is made anew");
        return false;
    }
    if (another) {
        context_.report(plan_.stage + ": the file that the recipe starts from is another than when the run began; " +
                        file().string() + " goes on from what it has learnt");
    }
    plan_.origin = began; // the run's, not the present file's
    return true;
}

namespace {

/// Of checkpoints that do not say it: those of the file that training began with.
std::string coloursBefore(const StageContext& context) {
    if (context.recipe.backbone.empty()) {
        return coloursOf(context.network->config());
    }
    const auto reader = valueOrThrow(tensorfile::SafetensorsReader::open(context.recipe.backbone));
    return coloursOf(valueOrThrow(model::readBackboneConfig(model::shapeTable(reader))));
}

} // namespace

void TrainingLoop::checkSameTraining(const CheckpointFacts& facts) const {
    const auto differs = [&](const char* key, double now) { return numberFact(facts, key, now) != now; };
    if (differs("glosses", static_cast<double>(vocabularyHash(context_.network->config())))) {
        throw StageFailure{{ErrorCode::InvalidArgument, file().string() + " was trained on other glosses",
                            "Train on the same data set, or begin in an empty --work folder."}};
    }
    const auto stated = facts.find("colours");
    const std::string then = stated == facts.end() ? coloursBefore(context_) : stated->second;
    if (const std::string now = coloursOf(context_.network->config()); then != now) {
        throw StageFailure{
            {ErrorCode::InvalidArgument,
             file().string() + " was trained with \"" + then + "\" colours, and the recipe now means \"" + now + "\"",
             "Set \"normalisation\" in \"model\" of the recipe, or begin in an empty --work folder."}};
    }
    if (differs("workers", context_.group->size())) {
        throw StageFailure{{ErrorCode::InvalidArgument,
                            file().string() + " was trained by " + facts.at("workers") +
                                " processes and there are now " + std::to_string(context_.group->size()) +
                                ": a step would take another number of clips",
                            "Start as many processes as before, or begin in an empty --work folder."}};
    }
}

void TrainingLoop::save() {
    if (!context_.group->isFirst()) {
        return;
    }
    valueOrThrow(writeCheckpoint(file(), tensors(),
                                 {{"step", std::to_string(step_)},
                                  {"seconds", decimalText(seconds())},
                                  {"skipped", std::to_string(skipped_)},
                                  {"best_wer", decimalText(best_)},
                                  {"newest_wer", decimalText(newest_)},
                                  {"since_best", std::to_string(sinceBest_)},
                                  {"glosses", std::to_string(vocabularyHash(context_.network->config()))},
                                  {"colours", coloursOf(context_.network->config())},
                                  {"workers", std::to_string(context_.group->size())},
                                  {"origin", plan_.origin},
                                  {"adam_steps", std::to_string(work_.optimiser().steps())}}));
}

/// Processors differ in their last digits: all go on from the first one's numbers.
void TrainingLoop::shareTensors() {
    std::vector<torch::Tensor> values;
    for (const NamedParameter& tensor : tensors()) {
        values.push_back(tensor.value);
    }
    context_.group->shareFirst(values);
}

void TrainingLoop::measureFirst() {
    measure();
    save();
}

bool TrainingLoop::atEnd() const {
    return step_ >= plan_.steps || (plan_.earlyStop > 0 && sinceBest_ >= plan_.earlyStop);
}

bool TrainingLoop::run() {
    shareTensors();
    if (!atEnd()) {
        work_.begin(step_);
    }
    startedAt_ = now();
    firstStep_ = step_;
    while (!atEnd()) {
        if (context_.group->any(context_.pacer.shouldStop())) {
            save();
            context_.group->any(false); // the first process has written
            tellOutcome();
            return false;
        }
        step();
        const bool epochEnds = plan_.stepsPerEpoch > 0 && step_ % plan_.stepsPerEpoch == 0;
        if (plan_.measureEvery > 0 && (step_ % plan_.measureEvery == 0 || step_ == plan_.steps)) {
            measure();
        }
        if (context_.pacer.checkpointDue() || epochEnds) {
            save();
        }
    }
    if (step_ < plan_.steps) {
        context_.report(plan_.stage + " ends at step " + std::to_string(step_) + ": " + std::to_string(sinceBest_) +
                        " measurements brought nothing better");
    }
    save();
    context_.group->any(false); // the first process has written: the others may leave
    tellOutcome();
    return true;
}

void TrainingLoop::tellOutcome() {
    if (!stepSeconds_.empty()) {
        auto middle = stepSeconds_.begin() + static_cast<std::ptrdiff_t>(stepSeconds_.size() / 2);
        std::nth_element(stepSeconds_.begin(), middle, stepSeconds_.end());
        context_.outcome.stepSeconds = *middle;
    }
    context_.outcome.steps = step_;
    context_.outcome.skipped += skipped_;
    context_.outcome.waitedSeconds = waited_;
    context_.outcome.bestWer = best_ < 1e9 ? best_ : -1.0;
}

double TrainingLoop::timeStep() {
    step();
    return stepSeconds_.back();
}

void TrainingLoop::countSkipped(int batches) {
    skipped_ += batches;
    context_.log.write(plan_.stage + "-skipped", step_, {{"skipped", static_cast<double>(skipped_)}});
}

void TrainingLoop::step() {
    const double begin = now();
    work_.fetch();
    const double fetched = now();
    StepResult result = work_.compute(step_);
    const double computed = now();
    const double rate = rateAt(plan_.rate, static_cast<int>(step_), static_cast<int>(plan_.steps));
    double norm = NAN;
    if (!result.gradients.empty()) {
        norm = clipGradients(result.gradients, plan_.clipNorm);
    }
    if (context_.group->any(!std::isfinite(norm))) {
        norm = NAN;
    }
    const bool lost = !std::isfinite(norm);
    if (const int batches = lost ? plan_.batchesPerStep : result.skippedBatches; batches > 0) {
        countSkipped(batches);
    }
    if (!lost) {
        work_.optimiser().step(result.gradients, rate);
        work_.applied();
    }
    const double done = now();
    waited_ += fetched - begin;
    stepSeconds_.push_back(done - fetched);
    if (std::isfinite(norm) && step_ % plan_.logEvery == 0) {
        log(result, norm, rate, {fetched - begin, computed - fetched, done - fetched});
    }
    ++step_;
    showProgress(result, rate);
}

void TrainingLoop::log(const StepResult& result, double norm, double rate, const StepTimes& times) {
    auto figures = result.figures;
    figures.insert(figures.end(), {{"gradient_norm", norm},
                                   {"rate", rate},
                                   {"skipped", static_cast<double>(skipped_)},
                                   {"gradient_seconds", times.gradients},
                                   {"step_seconds", times.step},
                                   {"wait_seconds", times.waited},
                                   {"seconds", seconds()}});
    if (plan_.stepsPerEpoch > 0) {
        figures.insert(figures.begin(),
                       {"epoch", static_cast<double>(step_) / static_cast<double>(plan_.stepsPerEpoch)});
    }
    context_.log.write(plan_.stage, step_, figures);
}

void TrainingLoop::showProgress(const StepResult& result, double rate) {
    TrainProgress progress;
    progress.stage = plan_.stage;
    progress.step = step_;
    progress.steps = plan_.steps;
    if (plan_.stepsPerEpoch > 0) {
        progress.epoch = static_cast<double>(step_) / static_cast<double>(plan_.stepsPerEpoch);
        progress.epochs = static_cast<double>(plan_.steps) / static_cast<double>(plan_.stepsPerEpoch);
    }
    progress.losses = result.figures;
    progress.rate = rate;
    progress.skipped = skipped_;
    progress.werPercent = newest_;
    progress.bestWerPercent = best_ < 1e9 ? best_ : -1.0;
    const double perStep = (now() - startedAt_) / static_cast<double>(std::max<std::int64_t>(1, step_ - firstStep_));
    progress.secondsLeft = perStep * static_cast<double>(plan_.steps - step_);
    if (context_.group->isFirst()) {
        context_.options.progress(progress);
    }
    if (context_.pacer.reportDue()) {
        context_.report(progressText(progress));
    }
}

void TrainingLoop::measure() {
    const auto value = work_.measure(step_);
    if (!value) {
        return;
    }
    newest_ = *value;
    // Of equal ones the first is kept, as in the released code, once anything is recognised.
    constexpr double nothingRecognised = 100.0;
    if (newest_ < best_ || (newest_ == best_ && newest_ >= nothingRecognised)) {
        sinceBest_ = newest_ < best_ ? 0 : sinceBest_ + 1;
        best_ = newest_;
        if (context_.group->isFirst()) {
            work_.keep(step_);
        }
    } else {
        ++sinceBest_;
    }
    context_.measured();
}

std::string progressText(const TrainProgress& progress) {
    char text[160];
    std::snprintf(text, sizeof text, "%s %lld/%lld", progress.stage.c_str(), static_cast<long long>(progress.step),
                  static_cast<long long>(progress.steps));
    std::string line = text;
    if (progress.epochs > 0.0) {
        std::snprintf(text, sizeof text, "  epoch %.1f/%.0f", progress.epoch, progress.epochs);
        line += text;
    }
    for (const auto& [name, value] : progress.losses) {
        std::snprintf(text, sizeof text, "  %s %.3g", name.c_str(), value);
        line += text;
    }
    std::snprintf(text, sizeof text, "  rate %.2g", progress.rate);
    line += text;
    if (progress.werPercent >= 0.0) {
        std::snprintf(text, sizeof text, "  dev WER %.1f%% (best %.1f%%)", progress.werPercent,
                      progress.bestWerPercent);
        line += text;
    }
    if (progress.skipped > 0) {
        line += "  skipped " + std::to_string(progress.skipped);
    }
    const auto left = static_cast<long long>(progress.secondsLeft);
    std::snprintf(text, sizeof text, "  %lld:%02lld:%02lld left", left / 3600, left / 60 % 60, left % 60);
    return line + text;
}

} // namespace livegloss::training
