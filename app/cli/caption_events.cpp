#include "caption_events.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace livegloss::cli {

namespace {

double toMilliseconds(double seconds) {
    return std::round(seconds * 1e3) / 1e3;
}

nlohmann::ordered_json delaysJson(const evaluation::DelayStatistics& delays) {
    const auto seconds = [&](double value) {
        return delays.count > 0 ? nlohmann::ordered_json(toMilliseconds(value)) : nlohmann::ordered_json();
    };
    return {{"count", delays.count},
            {"median_s", seconds(delays.medianSeconds)},
            {"percentile95_s", seconds(delays.percentile95Seconds)}};
}

} // namespace

std::vector<session::CaptionGloss> CaptionEvents::observe(const std::vector<session::CaptionGloss>& committed,
                                                          const std::vector<session::CaptionGloss>& provisional,
                                                          double now) {
    std::vector<session::CaptionGloss> fresh;
    for (const session::CaptionGloss& gloss : committed) {
        if (!known_.try_emplace(gloss.id, true).second) {
            continue;
        }
        CaptionEvent event{gloss, std::nullopt, now};
        if (const auto before = shown_.find(gloss.id); before != shown_.end()) {
            event.provisionalSeconds = before->second.since;
            shown_.erase(before);
        }
        events_.push_back(std::move(event));
        fresh.push_back(gloss);
    }
    std::map<std::int64_t, Shown> tail;
    for (const session::CaptionGloss& gloss : provisional) {
        const auto before = shown_.find(gloss.id);
        const bool same = before != shown_.end() && before->second.label == gloss.label;
        tail[gloss.id] = same ? before->second : Shown{now, gloss.label};
    }
    revisions_ += static_cast<int>(std::count_if(shown_.begin(), shown_.end(), [&](const auto& entry) {
        const auto after = tail.find(entry.first);
        return after == tail.end() || after->second.label != entry.second.label;
    }));
    shown_ = std::move(tail);
    return fresh;
}

std::vector<evaluation::GlossEvent> CaptionEvents::glossEvents() const {
    std::vector<evaluation::GlossEvent> result;
    for (const CaptionEvent& event : events_) {
        result.push_back({event.gloss.text, event.provisionalSeconds, event.committedSeconds});
    }
    return result;
}

evaluation::Words wordsOf(const std::vector<session::CaptionGloss>& glosses) {
    evaluation::Words words;
    for (const session::CaptionGloss& gloss : glosses) {
        words.push_back(gloss.text);
    }
    return words;
}

evaluation::Words wordsOf(const std::vector<evaluation::TruthSpan>& spans) {
    evaluation::Words words;
    for (const evaluation::TruthSpan& span : spans) {
        words.push_back(span.gloss);
    }
    return words;
}

nlohmann::ordered_json delayJson(const evaluation::DelayReport& report) {
    return {{"signs", report.matched + report.missed},
            {"matched", report.matched},
            {"missed", report.missed},
            {"extra", report.extra},
            {"provisional", delaysJson(report.provisional)},
            {"committed", delaysJson(report.committed)}};
}

} // namespace livegloss::cli
