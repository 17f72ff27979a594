#pragma once

#include "decode/label_scorer.h"
#include "model/model_config.h"

#include <CLI/App.hpp>
#include <string>

namespace livegloss::cli {

/// A language model for the beam search, as named on the command line.
struct LanguageOptions {
    std::string file; ///< ARPA; empty: none
    double weight = 0.5;
    double bonus = 0.0;
};
/// Declares --lm, --lm-weight and --lm-bonus.
void addLanguageOptions(CLI::App& command, LanguageOptions& options);
/// Reads the file and binds it to the model's vocabulary. Throws CommandFailure.
decode::LanguageFusion openLanguage(const LanguageOptions& options, const model::ModelConfig& config);

} // namespace livegloss::cli
