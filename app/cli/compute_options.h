#pragma once

#include <CLI/App.hpp>

namespace livegloss::cli {

/// --engine and --precision, which become engine::defaultCompute(), and --threads.
void addComputeOptions(CLI::App& command);

} // namespace livegloss::cli
