#pragma once

#include "base/result.h"
#include "training/recipe.h"
#include "training/sample_source.h"

#include <filesystem>
#include <functional>
#include <string>

namespace livegloss::training {

enum class Stage { Pretrain, Adapt, All };

struct TrainOptions {
    std::filesystem::path workFolder; ///< checkpoints, log.jsonl and model.safetensors; made if missing
    Stage stage = Stage::All;
    int threads = 2; ///< that compute; rendering has `loaders` of its own
    int loaders = 1;
    double maxMinutes = 0; ///< stop after this time with a checkpoint; 0: no limit. Does not change the schedule.
    std::function<bool()> stopRequested = [] { return false; };          ///< polled at every step
    std::function<void(const std::string&)> report = [](const auto&) {}; ///< lines for a person, about one in 15 s
};

struct TrainOutcome {
    bool finished = false; ///< every asked stage is done; false: stopped early, a checkpoint holds the state
    std::string summary;
};

/// Trains as the recipe says and resumes from the work folder's checkpoints. Every random choice follows from the
/// recipe's seed and the step, so a run that was interrupted ends as one that was not. Blocks; uses the calling thread.
Result<TrainOutcome> train(const Recipe& recipe, const SampleSource& source, const TrainOptions& options);

} // namespace livegloss::training
