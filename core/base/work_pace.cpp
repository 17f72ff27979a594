#include "base/work_pace.h"

#include <chrono>

namespace livegloss {

std::optional<double> WorkPace::secondsLeft(Instant now, double fraction) {
    constexpr double earliestSeconds = 2.0;
    constexpr double leastDone = 0.01;
    if (fraction < 0.0) {
        return std::nullopt;
    }
    if (!first_ || fraction < last_) {
        first_ = {now, fraction};
    }
    last_ = fraction;
    const double passed = std::chrono::duration<double>(now - first_->time).count();
    const double done = fraction - first_->fraction;
    if (passed < earliestSeconds || done < leastDone || fraction >= 1.0) {
        return std::nullopt;
    }
    return passed / done * (1.0 - fraction);
}

} // namespace livegloss
