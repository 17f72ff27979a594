#pragma once

#include "base/result.h"
#include "training/trainer.h"

#include <filesystem>

namespace livegloss::cli {

/// Draws the newest figures of a run's log.jsonl as curves.svg beside it, and as curves.png where this build can.
Result<void> drawTrainingCurves(const std::filesystem::path& workFolder);

/// Options that show a run to a person: a line that is redrawn on a terminal, lines now and then elsewhere, and curves
/// after every measurement.
void showTraining(training::TrainOptions& options);
/// Options that tell a run to a program, as events on standard output; curves as above.
void tellTraining(training::TrainOptions& options);
/// The last event of a run that was not interrupted.
void tellEnd(const training::TrainOutcome& outcome, const std::filesystem::path& workFolder);

} // namespace livegloss::cli
