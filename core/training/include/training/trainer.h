#pragma once

#include "base/result.h"
#include "training/recipe.h"
#include "training/sample_source.h"

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace livegloss::training {

enum class Stage { Pretrain, Adapt, All };

/// How processes that train together send each other what lies on graphics cards: Nccl from card to card, Gloo through
/// the processors' memory, Auto by nccl where every process has a card of its own and LibTorch has nccl.
enum class Exchange { Auto, Gloo, Nccl };

/// Where training stands, for a line or a window.
struct TrainProgress {
    std::string stage; ///< "pretrain", "head" or "adapt"
    std::int64_t step = 0;
    std::int64_t steps = 0;
    double epoch = 0.0;
    double epochs = 0.0; ///< 0: the stage counts no epochs
    std::vector<std::pair<std::string, double>> losses;
    double rate = 0.0;
    double werPercent = -1.0; ///< newest on dev; below 0: not measured yet
    double bestWerPercent = -1.0;
    std::int64_t skipped = 0; ///< batches whose loss or gradient was not finite
    double secondsLeft = 0.0;
};
/// All of it in one line for a person.
std::string progressText(const TrainProgress& progress);

struct TrainOptions {
    std::filesystem::path workFolder; ///< checkpoints, log.jsonl and model.safetensors; made if missing
    Stage stage = Stage::All;
    int threads = 2; ///< that compute; rendering has `loaders` of its own
    int loaders = 1;
    Exchange exchange = Exchange::Auto; ///< the same in all processes
    double maxMinutes = 0; ///< stop after this time with a checkpoint; 0: no limit. Does not change the schedule.
    std::function<bool()> stopRequested = [] { return false; };              ///< polled at every step
    std::function<void(const std::string&)> report = [](const auto&) {};     ///< lines for a person, about one in 15 s
    std::function<void(const TrainProgress&)> progress = [](const auto&) {}; ///< after every step
    std::function<void()> measured = [] {};                                  ///< log.jsonl has a new measurement
    /// Asked in the first process, once all have met and before anything is read or written: whether the work folder
    /// may be trained in. An error ends all processes with it.
    std::function<Result<void>()> enter = [] { return Result<void>(); };
    /// Called once in the first process when data, recipe and checkpoint were accepted, before the first work.
    std::function<Result<void>()> begun = [] { return Result<void>(); };
};

struct TrainOutcome {
    bool finished = false; ///< every asked stage is done; false: stopped early, a checkpoint holds the state
    bool first = true;     ///< this process is the one that writes, of those that train together
    std::string summary;
    std::int64_t steps = 0;     ///< of the last stage
    std::int64_t skipped = 0;   ///< batches
    double stepSeconds = 0.0;   ///< median of this run's steps, without waiting for data
    double waitedSeconds = 0.0; ///< for data, in all steps of this run
    double bestWer = -1.0;      ///< percent on dev; below 0: not measured
};

/// Whether a folder holds a checkpoint to go on from.
bool hasCheckpoint(const std::filesystem::path& workFolder);

/// Trains as the recipe says and resumes from the work folder's checkpoints. Every random choice follows from the
/// recipe's seed and the step, so a run that was interrupted ends as one that was not. Blocks; uses the calling thread.
Result<TrainOutcome> train(const Recipe& recipe, const SampleSource& source, const TrainOptions& options);

} // namespace livegloss::training
