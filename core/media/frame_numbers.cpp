#include "frame_numbers.h"

#include "base/frame.h"

#include <algorithm>
#include <cmath>

namespace livegloss::media {

std::int64_t FrameNumbers::numberOf(MediaTime time, double constantFps) {
    const std::optional<std::int64_t> number = next_ ? next_ : find(time, constantFps);
    if (!number) {
        return unknownFrame;
    }
    if (*number == static_cast<std::int64_t>(times_.size())) {
        times_.push_back(time);
    }
    next_ = *number + 1;
    return *number;
}

std::optional<std::int64_t> FrameNumbers::find(MediaTime time, double constantFps) const {
    const auto known = std::lower_bound(times_.begin(), times_.end(), time);
    if (known != times_.end() && *known == time) {
        return known - times_.begin();
    }
    if (known != times_.end() || constantFps <= 0.0) {
        return std::nullopt;
    }
    // Time stamps are rounded to the container's ticks; further off the grid, the rate is not what it was said to be.
    constexpr double tolerance = 0.25;
    const double number = toSeconds(time) * constantFps;
    return std::abs(number - std::round(number)) < tolerance ? std::optional(std::llround(number)) : std::nullopt;
}

} // namespace livegloss::media
