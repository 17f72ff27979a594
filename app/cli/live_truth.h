#pragma once

#include "caption_events.h"
#include "live_run.h"
#include "recognition_inputs.h"

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

namespace livegloss::cli {

/// How far into its clip a live run came.
struct SeenPart {
    double seconds = 0.0;  ///< the clip's time at which the last picture ended
    bool cutShort = false; ///< stopped before the clip's end
};

/// `lastSeconds`: the newest LiveView::nowSeconds. `stopped`: the run was told to end before its clip, by time or by
/// hand; it may have come to the end all the same.
SeenPart seenPart(const LiveRunResult& result, double lastSeconds, bool stopped);

/// Signs that can be asked for after a run that saw only part of its clip. Those that end later cannot have been
/// recognised; the one under way at the end counts neither as missed nor, where it was recognised, as too much.
class SeenTruth {
public:
    SeenTruth(const ClipTruth& truth, const SeenPart& seen);

    /// Signs that end after the part that was seen.
    int notReached() const { return notReached_; }
    /// As delayJson().
    nlohmann::ordered_json delays(const CaptionEvents& events) const;
    /// {"online", "offline"}, each as errorJson().
    nlohmann::ordered_json errors(const CaptionEvents& events, const std::vector<session::CaptionGloss>& offline) const;

private:
    bool counts(const session::CaptionGloss& gloss) const;

    std::vector<evaluation::TruthSpan> signs_;
    std::optional<evaluation::TruthSpan> underWay_;
    int notReached_ = 0;
};

} // namespace livegloss::cli
