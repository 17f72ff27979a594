#include "ui/widgets/paint_meter.h"

#include <algorithm>
#include <cstdio>

namespace livegloss::ui {

namespace {

double milliseconds(Instant begin, Instant end) {
    return std::chrono::duration<double, std::milli>(end - begin).count();
}

} // namespace

void PaintMeter::painted(Instant begin, Instant end) {
    ++pictures_;
    const double paint = milliseconds(begin, end);
    sumPaintMs_ += paint;
    longestPaintMs_ = std::max(longestPaintMs_, paint);
    if (hasLast_) {
        longestGapMs_ = std::max(longestGapMs_, milliseconds(last_, end));
    }
    last_ = end;
    hasLast_ = true;
}

std::string PaintMeter::summary() const {
    char line[160];
    std::snprintf(line, sizeof line,
                  "drawing: %lld pictures, longest gap %.0f ms, painting %.1f ms mean, %.1f ms longest",
                  static_cast<long long>(pictures_), longestGapMs_, meanPaintMs(), longestPaintMs_);
    return line;
}

} // namespace livegloss::ui
