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

} // namespace livegloss::cli
