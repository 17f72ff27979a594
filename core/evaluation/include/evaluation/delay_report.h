#pragma once

#include <optional>
#include <string>
#include <vector>

namespace livegloss::evaluation {

/// A sign that was really made. Seconds from the clip's first frame.
struct TruthSpan {
    std::string gloss;
    double startSeconds = 0.0;
    double endSeconds = 0.0; ///< end of the sign's last frame
};

/// A gloss that was recognised live, and the clip's time at which it showed up.
struct GlossEvent {
    std::string gloss;
    std::optional<double> provisionalSeconds; ///< first shown in the tail; missing when it was committed at once
    double committedSeconds = 0.0;
};

struct DelayStatistics {
    int count = 0;
    double medianSeconds = 0.0;
    double percentile95Seconds = 0.0;
};
/// Median and 95th percentile, interpolated between neighbours; zeros without values.
DelayStatistics delayStatistics(std::vector<double> seconds);

struct DelayReport {
    DelayStatistics provisional; ///< from a sign's true end to its first showing; negative when shown before the end
    DelayStatistics committed;   ///< from a sign's true end to its commit
    int matched = 0;
    int missed = 0; ///< signs without an event
    int extra = 0;  ///< events without a sign
};

/// Pairs signs and events of equal gloss in order of time, as many as possible and then as close as possible; an event
/// is no answer to a sign that began after it was committed, or that ended more than `maxDelaySeconds` before. Both
/// lists are in order of time. Of one clip: its time and memory grow with signs times events. Pure; any thread.
DelayReport measureDelays(const std::vector<TruthSpan>& truth, const std::vector<GlossEvent>& events,
                          double maxDelaySeconds = 5.0);

/// The delays of many clips, each paired for itself. One thread at a time.
class DelayMeter {
public:
    /// One clip, as in measureDelays().
    void add(const std::vector<TruthSpan>& truth, const std::vector<GlossEvent>& events, double maxDelaySeconds = 5.0);
    /// Of all clips so far.
    DelayReport report() const;
    /// Signs whose moments are known, so far.
    int signs() const { return signs_; }

private:
    std::vector<double> provisional_;
    std::vector<double> committed_;
    int signs_ = 0;
    int events_ = 0;
};

} // namespace livegloss::evaluation
