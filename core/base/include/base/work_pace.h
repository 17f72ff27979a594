#pragma once

#include "base/clock.h"

#include <optional>

namespace livegloss {

/// Estimates from how far a piece of work has come, and when, how long the rest will take. One thread; the moments come
/// from the caller.
class WorkPace {
public:
    /// Seconds left, once two seconds and a hundredth of the work tell; none before that, at the end, and where the end
    /// is not known (`fraction` below 0). Counts from the first `fraction`, since work may be taken up again, and anew
    /// from one that is smaller than the one before: that is another piece of work.
    std::optional<double> secondsLeft(Instant now, double fraction);
    /// The next fraction is the first of another piece of work.
    void restart() { first_.reset(); }

private:
    struct Moment {
        Instant time;
        double fraction;
    };
    std::optional<Moment> first_;
    double last_ = 0.0;
};

} // namespace livegloss
