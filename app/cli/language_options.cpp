#include "language_options.h"

#include "commands.h"
#include "decimal_range.h"
#include "language/ngram_model.h"

#include <CLI/CLI.hpp>
#include <memory>

namespace livegloss::cli {

void addLanguageOptions(CLI::App& command, LanguageOptions& options) {
    command.add_option("--lm", options.file, "language model of glosses (ARPA) for the beam search; see lm --help");
    command.add_option("--lm-weight", options.weight, "with --lm: weight of its log probability")
        ->check(decimalRange(0.0, 100.0))
        ->capture_default_str();
    command.add_option("--lm-bonus", options.bonus, "with --lm: added for every gloss, against deletions")
        ->check(decimalRange(-100.0, 100.0))
        ->capture_default_str();
}

decode::LanguageFusion openLanguage(const LanguageOptions& options, const model::ModelConfig& config) {
    decode::LanguageFusion fusion;
    if (options.file.empty()) {
        return fusion;
    }
    if (config.vocabulary.empty()) {
        throw CommandFailure{{ErrorCode::InvalidArgument, "the model has no vocabulary, so no language model fits it",
                              "Import the checkpoint with its gloss dictionary."}};
    }
    auto model = std::make_shared<const language::NgramModel>(valueOrFail(language::readArpa(options.file)));
    fusion.scorer = valueOrFail(language::makeLabelScorer(std::move(model), config.vocabulary));
    fusion.weight = options.weight;
    fusion.insertionBonus = options.bonus;
    return fusion;
}

} // namespace livegloss::cli
