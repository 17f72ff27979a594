#include "live_truth.h"

#include "report_output.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

namespace livegloss::cli {

SeenPart seenPart(const LiveRunResult& result, double lastSeconds, bool stopped) {
    const double frame = result.source.fps > 0.0 ? 1.0 / result.source.fps : 0.04;
    const auto& duration = result.source.duration;
    const bool atEnd = duration && lastSeconds >= toSeconds(*duration) - 2.0 * frame;
    return {lastSeconds + frame, stopped && !atEnd};
}

SeenTruth::SeenTruth(const ClipTruth& truth, const SeenPart& seen) {
    const double end = seen.cutShort ? seen.seconds : std::numeric_limits<double>::infinity();
    for (const evaluation::TruthSpan& sign : truth.spans) {
        if (sign.endSeconds <= end) {
            signs_.push_back(sign);
            continue;
        }
        ++notReached_;
        if (sign.startSeconds < end) {
            underWay_ = sign;
        }
    }
}

bool SeenTruth::counts(const session::CaptionGloss& gloss) const {
    return !underWay_ || gloss.text != underWay_->gloss || toSeconds(gloss.end) <= underWay_->startSeconds;
}

nlohmann::ordered_json SeenTruth::delays(const CaptionEvents& events) const {
    std::vector<evaluation::GlossEvent> counted;
    for (const CaptionEvent& event : events.events()) {
        if (counts(event.gloss)) {
            counted.push_back({event.gloss.text, event.provisionalSeconds, event.committedSeconds});
        }
    }
    return delayJson(evaluation::measureDelays(signs_, counted));
}

nlohmann::ordered_json SeenTruth::errors(const CaptionEvents& events,
                                         const std::vector<session::CaptionGloss>& offline) const {
    const evaluation::Words reference = wordsOf(signs_);
    const auto errorsOf = [&](const evaluation::Words& words) {
        return errorJson(evaluation::countErrors(evaluation::alignWords(reference, words)));
    };
    evaluation::Words online;
    for (const CaptionEvent& event : events.events()) {
        if (counts(event.gloss)) {
            online.push_back(event.gloss.text);
        }
    }
    evaluation::Words whole; // what the offline pass itself found: without what it only took away
    for (const session::CaptionGloss& gloss : offline) {
        if (gloss.change != session::OfflineChange::Removed && counts(gloss)) {
            whole.push_back(gloss.text);
        }
    }
    return {{"online", errorsOf(online)}, {"offline", errorsOf(whole)}};
}

} // namespace livegloss::cli
