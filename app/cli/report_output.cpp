#include "report_output.h"

#include <nlohmann/json.hpp>

namespace livegloss::cli {

nlohmann::ordered_json errorJson(const evaluation::ErrorCounts& counts) {
    return {{"wer_percent", counts.werPercent()},       {"errors", counts.errors()},
            {"substitutions", counts.substitutions},    {"deletions", counts.deletions},
            {"insertions", counts.insertions},          {"correct", counts.correct},
            {"reference_words", counts.referenceWords}, {"hypothesis_words", counts.hypothesisWords()}};
}

std::string jsonText(const nlohmann::ordered_json& json) {
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

} // namespace livegloss::cli
