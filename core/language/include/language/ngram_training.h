#pragma once

#include "base/result.h"
#include "language/ngram_model.h"

#include <string>
#include <vector>

namespace livegloss::language {

struct NgramTrainingOptions {
    int order = 3; ///< 1 to 6
};

/// Estimates a model from sentences of glosses by interpolated Kneser-Ney smoothing with three discounts (Chen and
/// Goodman 1999), falling back on absolute discounting by 0.5, 1 and 1.5 of the counts where the corpus is too small to
/// estimate them. Unseen glosses share what the 1-grams leave over with <unk>. The probabilities of all glosses and
/// </s> after any context sum to 1. `glosses`: further glosses that may be signed, such as a model's vocabulary.
Result<NgramModel> trainNgrams(const std::vector<std::vector<std::string>>& sentences,
                               const NgramTrainingOptions& options, const std::vector<std::string>& glosses = {});

/// Two to the mean negative log2 probability of a gloss or a sentence's end, by `model`.
double perplexity(const NgramModel& model, const std::vector<std::vector<std::string>>& sentences);

} // namespace livegloss::language
