#pragma once

#include "base/result.h"

#include <CLI/App.hpp>
#include <utility>

namespace livegloss::cli {

/// Thrown by a command's callback; main prints it to standard error and turns it into an exit code.
struct CommandFailure {
    Error error;
};

/// The value of `result`, or a CommandFailure.
template <class T>
T valueOrFail(Result<T> result) {
    if (!result) {
        throw CommandFailure{std::move(result.error())};
    }
    if constexpr (!std::is_void_v<T>) {
        return std::move(*result);
    }
}

// One function per subcommand, each in command_<name>.cpp: it declares options and sets the callback that does the
// work.
void addBenchCommand(CLI::App& app);
void addForwardCommand(CLI::App& app);
void addImportCommand(CLI::App& app);
void addInspectCommand(CLI::App& app);
void addLmCommand(CLI::App& app);
void addScoreCommand(CLI::App& app);
void addTrainCommand(CLI::App& app);
#ifdef LIVEGLOSS_WITH_MEDIA
void addAttentionCommand(CLI::App& app);
void addAttentionCheckCommand(CLI::App& app);
void addQuantizeCommand(CLI::App& app);
void addRecognizeCommand(CLI::App& app);
void addLiveCommand(CLI::App& app);
void addEvaluateCommand(CLI::App& app);
void addSynthCommand(CLI::App& app);
void addDatasetCommand(CLI::App& app);
void addDevicesCommand(CLI::App& app);
void addReproduceCommand(CLI::App& app);
#endif

} // namespace livegloss::cli
