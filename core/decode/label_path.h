#pragma once

#include "log_table.h"

#include <vector>

namespace livegloss::decode {

/// Steps that one label of a sequence takes on its best path, both inclusive.
struct Run {
    int first = 0;
    int last = 0;
    int peak = 0; ///< where the label is likeliest, the earliest of equals
};

/// Best alignment of `labels` to the table (Viterbi over the CTC states). Empty when no path spells them.
std::vector<Run> alignLabels(const LogTable& table, const std::vector<int>& labels);

/// Probability of label `index` of the aligned sequence against everything else that could stand in its place: another
/// label, or nothing. Neighbouring labels are held; all paths through the steps around the run are counted. So a sign
/// whose moment is uncertain keeps a high value, a sign whose label is uncertain, or that may be no sign, gets a low
/// one.
double localPosterior(const LogTable& table, const std::vector<int>& labels, const std::vector<Run>& runs, int index);

} // namespace livegloss::decode
