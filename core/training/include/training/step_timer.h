#pragma once

#include "base/result.h"
#include "training/recipe.h"
#include "training/sample_source.h"

#include <memory>

namespace livegloss::training {

/// Steps of adaptation one at a time, to measure them: the network starts as the recipe and its backbone say, without
/// pre-training and head stage, and nothing is written. One thread at a time.
class StepTimer {
public:
    /// `source` has to stay. Unsupported, InvalidArgument or Unreadable as train() refuses a recipe.
    static Result<StepTimer> make(const Recipe& recipe, const SampleSource& source, int threads);
    /// Makes the next step's batch, then does the step; the seconds of the step alone: forward, backward, optimiser.
    Result<double> step();

    StepTimer(StepTimer&&) noexcept;
    StepTimer& operator=(StepTimer&&) noexcept;
    ~StepTimer();

private:
    struct State;
    explicit StepTimer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace livegloss::training
