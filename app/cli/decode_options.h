#pragma once

#include <CLI/App.hpp>

namespace livegloss::cli {

/// How the log probabilities of a whole clip become glosses.
struct DecodeChoice {
    int beam = 10;
    bool mergeRepeats = false; ///< offline only: live recognition sees repetitions in different windows
};
/// Declares --beam and --merge-repeats.
void addDecodeOptions(CLI::App& command, DecodeChoice& choice);

} // namespace livegloss::cli
