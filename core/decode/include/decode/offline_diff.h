#pragma once

#include "decode/ctc.h"
#include "decode/stabiliser.h"

#include <vector>

namespace livegloss::decode {

enum class OfflineChange {
    Confirmed, ///< both saw the same gloss there
    Added,     ///< only the offline pass saw it
    Removed,   ///< only the live pass saw it
    Replaced,  ///< the offline pass saw another gloss in its place
};

/// One gloss of the comparison. An index is -1 where that side has none.
struct OfflineDifference {
    OfflineChange change = OfflineChange::Confirmed;
    int live = -1;
    int offline = -1;
};

/// Compares what was committed live with the decode of the whole clip, by label and time, on one step axis (row 0 of
/// the offline log probabilities is step 0). Both lists are in order of time and hold what a person may see: leave
/// glosses of low confidence out. Every gloss appears once, in order of time. Pure; any thread.
std::vector<OfflineDifference> compareWithOffline(const std::vector<StreamGloss>& live,
                                                  const std::vector<DecodedGloss>& offline);

} // namespace livegloss::decode
