#pragma once

#include "base/clock.h"

#include <cstdint>
#include <string>

namespace livegloss::ui {

/// Measures how evenly pictures are drawn: the longest time between two new pictures while playing and the time that
/// painting takes. One thread; the moments come from the caller.
class PaintMeter {
public:
    /// A new picture was painted between `begin` and `end`.
    void painted(Instant begin, Instant end);
    /// Playback stopped: the time until the next picture is no gap.
    void pause() { hasLast_ = false; }
    void reset() { *this = {}; }

    std::int64_t pictures() const { return pictures_; }
    double longestGapMs() const { return longestGapMs_; }
    double longestPaintMs() const { return longestPaintMs_; }
    double meanPaintMs() const { return pictures_ == 0 ? 0.0 : sumPaintMs_ / static_cast<double>(pictures_); }
    /// One line for the log.
    std::string summary() const;

private:
    std::int64_t pictures_ = 0;
    double longestGapMs_ = 0.0;
    double longestPaintMs_ = 0.0;
    double sumPaintMs_ = 0.0;
    Instant last_{};
    bool hasLast_ = false;
};

} // namespace livegloss::ui
