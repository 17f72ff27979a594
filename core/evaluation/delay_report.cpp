#include "evaluation/delay_report.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace livegloss::evaluation {
namespace {

/// Quality of a partial pairing: more pairs first, then less total distance.
struct Score {
    int pairs = 0;
    double distance = 0.0;

    bool betterThan(const Score& other) const {
        return pairs != other.pairs ? pairs > other.pairs : distance < other.distance;
    }
};

bool answers(const GlossEvent& event, const TruthSpan& sign, double maxDelaySeconds) {
    return event.gloss == sign.gloss && event.committedSeconds >= sign.startSeconds &&
           event.committedSeconds <= sign.endSeconds + maxDelaySeconds;
}

/// Indices (sign, event) of the best pairing in order.
std::vector<std::pair<std::size_t, std::size_t>> pairUp(const std::vector<TruthSpan>& truth,
                                                        const std::vector<GlossEvent>& events, double maxDelaySeconds) {
    const std::size_t columns = events.size() + 1;
    std::vector<Score> best((truth.size() + 1) * columns);
    const auto paired = [&](std::size_t i, std::size_t j) {
        Score score = best[(i - 1) * columns + j - 1];
        ++score.pairs;
        score.distance += std::abs(events[j - 1].committedSeconds - truth[i - 1].endSeconds);
        return score;
    };
    for (std::size_t i = 1; i <= truth.size(); ++i) {
        for (std::size_t j = 1; j <= events.size(); ++j) {
            Score& here = best[i * columns + j];
            const Score& withoutEvent = best[i * columns + j - 1];
            here = best[(i - 1) * columns + j];
            here = withoutEvent.betterThan(here) ? withoutEvent : here;
            if (answers(events[j - 1], truth[i - 1], maxDelaySeconds) && paired(i, j).betterThan(here)) {
                here = paired(i, j);
            }
        }
    }
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    for (std::size_t i = truth.size(), j = events.size(); i > 0 && j > 0;) {
        const Score& here = best[i * columns + j];
        if (!here.betterThan(best[(i - 1) * columns + j])) {
            --i;
        } else if (!here.betterThan(best[i * columns + j - 1])) {
            --j;
        } else {
            pairs.emplace_back(--i, --j);
        }
    }
    return pairs;
}

double quantile(const std::vector<double>& sorted, double share) {
    const double position = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    const double fraction = position - static_cast<double>(below);
    return sorted[below] * (1.0 - fraction) + sorted[above] * fraction;
}

} // namespace

DelayStatistics delayStatistics(std::vector<double> seconds) {
    if (seconds.empty()) {
        return {};
    }
    std::sort(seconds.begin(), seconds.end());
    return {static_cast<int>(seconds.size()), quantile(seconds, 0.5), quantile(seconds, 0.95)};
}

void DelayMeter::add(const std::vector<TruthSpan>& truth, const std::vector<GlossEvent>& events,
                     double maxDelaySeconds) {
    for (const auto& [sign, event] : pairUp(truth, events, maxDelaySeconds)) {
        const double end = truth[sign].endSeconds;
        provisional_.push_back(events[event].provisionalSeconds.value_or(events[event].committedSeconds) - end);
        committed_.push_back(events[event].committedSeconds - end);
    }
    signs_ += static_cast<int>(truth.size());
    events_ += static_cast<int>(events.size());
}

DelayReport DelayMeter::report() const {
    DelayReport report;
    report.provisional = delayStatistics(provisional_);
    report.committed = delayStatistics(committed_);
    report.matched = report.committed.count;
    report.missed = signs_ - report.matched;
    report.extra = events_ - report.matched;
    return report;
}

DelayReport measureDelays(const std::vector<TruthSpan>& truth, const std::vector<GlossEvent>& events,
                          double maxDelaySeconds) {
    DelayMeter meter;
    meter.add(truth, events, maxDelaySeconds);
    return meter.report();
}

} // namespace livegloss::evaluation
