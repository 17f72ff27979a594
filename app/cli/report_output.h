#pragma once

#include "evaluation/word_error.h"

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace livegloss::cli {

/// {"wer_percent", "errors", "substitutions", "deletions", "insertions", "correct", "reference_words",
/// "hypothesis_words"}
nlohmann::ordered_json errorJson(const evaluation::ErrorCounts& counts);
/// JSON text; names from elsewhere that are no UTF-8 are replaced where they must be.
std::string jsonText(const nlohmann::ordered_json& json);

} // namespace livegloss::cli
