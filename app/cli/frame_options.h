#pragma once

#include "session/frame_pattern.h"

#include <CLI/App.hpp>

namespace livegloss::cli {

/// Which frames the network computes.
struct FrameOptions {
    int pattern = session::automaticPattern;
    float skipSimilar = 0.0F;
};
/// --frame-pattern and --skip-similar.
void addFrameOptions(CLI::App& command, FrameOptions& options);

/// "auto", "1", "2", "3".
const char* patternName(int pattern);

} // namespace livegloss::cli
