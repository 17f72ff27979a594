#pragma once

#include "evaluation/delay_report.h"
#include "evaluation/word_error.h"
#include "session/caption.h"

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

namespace livegloss::cli {

/// A committed gloss and the clip's times at which it showed up.
struct CaptionEvent {
    session::CaptionGloss gloss;
    std::optional<double> provisionalSeconds;
    double committedSeconds = 0.0;
};

/// Follows captions as they change and notes when each gloss was first shown and when it was committed.
class CaptionEvents {
public:
    /// `now`: the clip's time at which this is shown. Returns the glosses that are newly committed.
    std::vector<session::CaptionGloss> observe(const std::vector<session::CaptionGloss>& committed,
                                               const std::vector<session::CaptionGloss>& provisional, double now);

    /// In order of commitment.
    const std::vector<CaptionEvent>& events() const { return events_; }
    std::vector<evaluation::GlossEvent> glossEvents() const;
    /// Provisional glosses that were taken back or replaced.
    int revisions() const { return revisions_; }

private:
    struct Shown {
        double since = 0.0;
        int label = 0;
    };
    std::map<std::int64_t, Shown> shown_; ///< the present tail
    std::map<std::int64_t, bool> known_;  ///< committed ids
    std::vector<CaptionEvent> events_;
    int revisions_ = 0;
};

evaluation::Words wordsOf(const std::vector<session::CaptionGloss>& glosses);
evaluation::Words wordsOf(const std::vector<evaluation::TruthSpan>& spans);

/// {"signs", "matched", "missed", "extra", "provisional": {count, median_s, percentile95_s}, "committed": {...}}; the
/// times are null where nothing was matched.
nlohmann::ordered_json delayJson(const evaluation::DelayReport& report);

} // namespace livegloss::cli
