#pragma once

#include "adam.h"
#include "stage.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace livegloss::training {

/// What a step came to.
struct StepResult {
    std::vector<torch::Tensor>
        gradients; ///< in the order of the optimiser's parameters; empty where no batch's loss was finite
    std::vector<std::pair<std::string, double>> figures; ///< for the log and the progress line; losses first
    int skippedBatches = 0; ///< accumulated batches left out of a step that the others make
};

/// The part of a stage that is its own; TrainingLoop does the rest.
class StageWork {
public:
    virtual ~StageWork() = default;
    virtual Adam& optimiser() = 0;
    /// Called once before the first step of this run, `first`.
    virtual void begin(std::int64_t first) = 0;
    /// Waits for the material of the next step.
    virtual void fetch() = 0;
    /// Losses and gradients of `step` on what fetch() brought.
    virtual StepResult compute(std::int64_t step) = 0;
    /// After weights were read from elsewhere than a checkpoint of this stage.
    virtual void loaded() {}
    /// After the optimiser changed the parameters.
    virtual void applied() {}
    /// Measures on unseen people; where it gives a figure, less is better and decides which model is kept.
    virtual std::optional<double> measure(std::int64_t) { return std::nullopt; }
    /// Keeps the model as the best so far.
    virtual void keep(std::int64_t) {}
    /// Tensors of a checkpoint besides the optimiser's. Aliases.
    virtual std::vector<NamedParameter> tensors() const = 0;
};

struct LoopPlan {
    std::string stage; ///< "adapt": in messages, in the log and in the checkpoint's name
    std::int64_t steps = 0;
    std::int64_t stepsPerEpoch = 0; ///< 0: epochs are not counted
    RateSchedule rate;
    double clipNorm = 0.0;
    std::int64_t measureEvery = 0; ///< steps; 0: never
    int logEvery = 5;
    int batchesPerStep = 1; ///< that are accumulated
    int earlyStop = 0;      ///< measurements without a better one; 0: never
    /// What the stage begins with, as a checksum; empty where nothing tells. A checkpoint of another one is gone on
    /// with, which is said, or left aside where the stage costs little.
    std::string origin;
    bool leavesOthersAside = false;
};

/// The loop of every stage: schedule, optimiser step, batches that are skipped, log, progress, measurements, the best
/// model, checkpoints and stopping. All processes of a group run it in step; the first one writes.
class TrainingLoop {
public:
    TrainingLoop(StageContext& context, StageWork& work, LoopPlan plan);

    /// Reads the checkpoint where there is one; false where there is none.
    bool resume();
    /// Measures before the first step and writes the first checkpoint.
    void measureFirst();
    void save();
    /// False: stopped before the end, with a checkpoint.
    bool run();
    /// One step and nothing of what run() does around it; its seconds without waiting for material.
    double timeStep();

private:
    std::filesystem::path file() const;
    std::vector<NamedParameter> tensors() const;
    bool atEnd() const;
    /// Throws StageFailure where the processes were started with different recipes or data.
    void checkAgreement() const;
    /// Whether the stage's checkpoint is to be gone on with; says where it began with something else than this run.
    bool mayGoOn();
    /// Throws StageFailure where a checkpoint is of another vocabulary or number of processes.
    void checkSameTraining(const CheckpointFacts& facts) const;
    void shareTensors();
    void step();
    void countSkipped(int batches);
    void measure();
    void tellOutcome();
    /// Seconds of one step.
    struct StepTimes {
        double waited;    ///< for data
        double gradients; ///< forward and backward
        double step;      ///< these and the optimiser
    };
    void log(const StepResult& result, double norm, double rate, const StepTimes& times);
    void showProgress(const StepResult& result, double rate);
    double seconds() const { return earlierSeconds_ + context_.pacer.seconds(); }

    StageContext& context_;
    StageWork& work_;
    LoopPlan plan_;
    std::int64_t step_ = 0;
    std::int64_t skipped_ = 0;
    double earlierSeconds_ = 0.0; ///< spent in earlier runs
    double best_ = 1e9;
    double newest_ = -1.0;
    int sinceBest_ = 0;
    std::vector<double> stepSeconds_; ///< of this run
    double waited_ = 0.0;
    double startedAt_ = 0.0;
    std::int64_t firstStep_ = 0;
};

} // namespace livegloss::training
