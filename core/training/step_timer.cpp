#include "training/step_timer.h"

#include "adaptation.h"

#include <utility>

namespace livegloss::training {

namespace {

TrainOptions optionsWith(int threads) {
    TrainOptions options;
    options.threads = threads;
    return options;
}

} // namespace

struct StepTimer::State {
    State(const Recipe& wanted, const SampleSource& source, int threads)
        : recipe(followStart(wanted)),
          options(optionsWith(threads)),
          context(makeContext(recipe, source, options, std::make_unique<WorkerGroup>())),
          supply(context),
          work((loadNetwork(context), makeAdaptation(context, supply))),
          loop(context, *work, adaptationPlan(context, supply)) {}

    Recipe recipe;
    TrainOptions options;
    StageContext context;
    ClipSupply supply;
    std::unique_ptr<StageWork> work;
    TrainingLoop loop;
};

StepTimer::StepTimer(std::unique_ptr<State> state) : state_(std::move(state)) {}
StepTimer::StepTimer(StepTimer&&) noexcept = default;
StepTimer& StepTimer::operator=(StepTimer&&) noexcept = default;
StepTimer::~StepTimer() = default;

Result<StepTimer> StepTimer::make(const Recipe& recipe, const SampleSource& source, int threads) {
    try {
        return StepTimer(std::make_unique<State>(recipe, source, threads));
    } catch (const StageFailure&) {
        return tl::unexpected(currentFailure());
    } catch (const std::exception&) {
        return tl::unexpected(currentFailure());
    }
}

Result<double> StepTimer::step() {
    try {
        return state_->loop.timeStep();
    } catch (const StageFailure&) {
        return tl::unexpected(currentFailure());
    } catch (const std::exception&) {
        return tl::unexpected(currentFailure());
    }
}

} // namespace livegloss::training
