#pragma once

#include <CLI/App.hpp>

namespace livegloss::cli {

/// --engine, --precision and --device, which become engine::defaultCompute(), and --threads.
void addComputeOptions(CLI::App& command);

} // namespace livegloss::cli
