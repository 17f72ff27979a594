#pragma once

#include "evaluation/stm_ctm.h"
#include "evaluation/word_error.h"

#include <string>
#include <vector>

namespace livegloss::evaluation {

/// What the clean-up of published PHOENIX results leaves of a recognised gloss: variants and parts that the corpus'
/// rules do not score are dropped (`loc-REGEN` -> `REGEN`, `WIND-PLUSPLUS` -> `WIND`, `__EMOTION__` -> nothing). Empty
/// where nothing is left.
std::string cleanPhoenixGloss(std::string gloss);
/// Each of them so, without those of which nothing is left.
Words cleanPhoenixWords(Words words);

/// The whole clean-up of a hypothesis: every gloss by cleanPhoenixGloss(), then in order of file name and of the start
/// *as text* ("10.0" before "9.0", as the published script sorts). Every file of the reference that is left without a
/// gloss gets the one gloss "[EMPTY]", which counts as a wrong word.
std::vector<CtmWord> cleanPhoenixHypothesis(std::vector<CtmWord> words, const std::vector<StmSegment>& reference);

} // namespace livegloss::evaluation
