#pragma once

#include "base/frame.h"
#include "checkpoint.h"
#include "compute_pool.h"
#include "evaluation/word_error.h"
#include "model/adapt_sign.h"
#include "training/trainer.h"
#include "worker_group.h"

#include <chrono>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace livegloss::training {

/// Decides when to stop, save and report. One per run of the trainer.
class Pacer {
public:
    Pacer(const TrainOptions& options, double checkpointMinutes);
    bool shouldStop() const;
    bool checkpointDue();
    bool reportDue();
    /// Since the trainer was started.
    double seconds() const;

private:
    using Instant = std::chrono::steady_clock::time_point;
    const TrainOptions& options_;
    double checkpointSeconds_;
    Instant start_;
    double lastCheckpoint_ = 0.0;
    double lastReport_ = 0.0;
};

/// Appends one JSON object a line to log.jsonl; with an empty path to nothing.
class RunLog {
public:
    explicit RunLog(std::filesystem::path path) : path_(std::move(path)) {}
    void write(const std::string& stage, std::int64_t step, const std::vector<std::pair<std::string, double>>& figures);

private:
    std::filesystem::path path_;
    std::ofstream file_; ///< opened by the first line: a run that is refused leaves no log
};

/// What every stage works with.
struct StageContext {
    const Recipe& recipe;
    const SampleSource& source;
    const TrainOptions& options;
    model::AdaptSign network;
    ComputePool pool;
    Pacer pacer;
    RunLog log;
    std::unique_ptr<WorkerGroup> group;
    torch::Device device{torch::kCPU};
    TrainOutcome outcome;
    bool hasBegun = false;

    /// A line for a person, from the first process only.
    void report(const std::string& line) const {
        if (group->isFirst()) {
            options.report(line);
        }
    }
    void measured() const {
        if (group->isFirst()) {
            options.measured();
        }
    }
    /// Data, recipe and checkpoint were accepted: the first process tells it, once. Throws StageFailure.
    void begun();
    std::filesystem::path file(const char* name) const { return options.workFolder / name; }
};

/// Carries an error through code that throws; turned into a Result at the folder's border.
struct StageFailure {
    Error error;
};
template <class T>
T valueOrThrow(Result<T> result) {
    if (!result) {
        throw StageFailure{std::move(result.error())};
    }
    if constexpr (!std::is_void_v<T>) {
        return std::move(*result);
    }
}

/// The error that the exception being handled stands for.
Error currentFailure();

/// The recipe with what it leaves open and a model to start from settles: prefixes that all blocks share stay shared.
/// Throws StageFailure.
Recipe followStart(Recipe recipe);
/// A network as the recipe and its backbone have it, on the recipe's device, and all that stages share. The context
/// refers to the arguments; without a work folder nothing is logged. Throws StageFailure.
StageContext makeContext(const Recipe& recipe, const SampleSource& source, const TrainOptions& options,
                         std::unique_ptr<WorkerGroup> group);
void loadNetwork(StageContext& context);

/// Of the glosses in their order; exact as a decimal number of a checkpoint.
std::uint64_t vocabularyHash(const model::ModelConfig& config);

/// A number among a checkpoint's facts, or StageFailure; where it is missing, `otherwise` if that is given.
double numberFact(const CheckpointFacts& facts, const std::string& key, std::optional<double> otherwise = std::nullopt);

/// Adds up gradients computed apart: sums[i] += parts[i]; undefined counts as zero.
void addGradients(std::vector<torch::Tensor>& sums, const std::vector<torch::Tensor>& parts);

/// Each stage resumes from its checkpoint and returns whether it came to its end.
bool runPretraining(StageContext& context);
bool runAdaptation(StageContext& context);
/// Throws StageFailure where recipe and material do not suit adaptation, before anything else takes hours.
void checkAdaptation(const StageContext& context);

/// Result of recognising unseen people.
struct DevResult {
    int errors = 0;
    int words = 0;
    double werPercent() const { return words == 0 ? 0.0 : 100.0 * errors / words; }
};
class ClipSupply;
/// Recognises the supply's clips of unseen people by beam search, as published work does, spread over the processes.
DevResult evaluateDev(StageContext& context, ClipSupply& supply);
/// How the model takes colours, as a checkpoint says it: "plain", "clip" or "other".
std::string coloursOf(const model::ModelConfig& config);

/// What counts as recognised in log probabilities [steps, V]: beam search of width 10, then merged and cleaned as
/// `scoring` says. `glosses`: of label i + 1.
evaluation::Words devWords(const Matrix& logProbs, const std::vector<std::string>& glosses, const Scoring& scoring);

/// Trains only the head, on features of the frozen encoder that are computed once per clip.
bool trainHead(StageContext& context, const ClipSupply& supply);
/// Removes the head stage's checkpoints, which the next stage's has replaced.
void forgetHeadStage(const StageContext& context);

/// Freezes what the recipe's method and modules do not train and returns the rest, in the network's order: the released
/// rule, plus the whole backbone for fine-tuning or its last blocks for partial-N.
std::vector<NamedParameter> applyMethod(model::AdaptSignImpl& network, const Recipe& recipe);
struct EncoderSettings;
EncoderSettings encoderSettings(const StageContext& context);

} // namespace livegloss::training
