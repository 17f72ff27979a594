#pragma once

#include "decode/label_scorer.h"
#include "log_table.h"

#include <vector>

namespace livegloss::decode {

/// Labels of the likeliest path, collapsed (equal neighbours merged, then blanks dropped). Ties go to the lower label.
std::vector<int> greedyLabels(const LogTable& table);

/// The likeliest label sequence among those that a beam of `width` prefixes keeps; every prefix counts all of its
/// paths, and what `language` says of it. Ties go to the prefix found first: shorter before longer, lower labels before
/// higher.
std::vector<int> prefixBeamLabels(const LogTable& table, int width, const LanguageFusion& language = {});

} // namespace livegloss::decode
