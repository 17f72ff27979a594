#include "statistics_meter.h"

#include <algorithm>
#include <utility>

namespace livegloss::session {

namespace {
constexpr auto kSpan = std::chrono::seconds(2);
constexpr auto kOverloadSpan = std::chrono::seconds(1);
} // namespace

void RateMeter::add(Instant now) {
    events_.push_back(now);
    while (now - events_.front() > kSpan) {
        events_.pop_front();
    }
}

double RateMeter::perSecond(Instant now) const {
    const auto first =
        std::find_if(events_.begin(), events_.end(), [&](Instant event) { return now - event <= kSpan; });
    const auto count = std::distance(first, events_.end());
    if (count < 2) {
        return 0.0;
    }
    // While it starts: from the first event on, so that the rate is right at once. Later: falls when events stop
    // coming.
    const double seen = std::chrono::duration<double>(events_.back() - *first).count();
    const double silent = std::chrono::duration<double>(now - events_.back()).count();
    const double usual = seen / static_cast<double>(count - 1);
    const double elapsed = silent > 2.0 * usual ? seen + silent : seen;
    return elapsed > 0.0 ? static_cast<double>(count - 1) / elapsed : 0.0;
}

int LossWatch::frame(MediaTime time) {
    const double gap = any_ ? static_cast<double>((time - last_).count()) : 0.0;
    any_ = true;
    last_ = time;
    if (gap <= 0.0) {
        return 0;
    }
    constexpr double kGap = 1.75;
    constexpr int kNewRate = 4;
    constexpr std::size_t kFirstGaps = 5;
    if (interval_ <= 0.0) { // what waited while the source was opened comes at once, and tells nothing of the rate
        firstGaps_.push_back(gap);
        if (firstGaps_.size() == kFirstGaps) {
            std::ranges::nth_element(firstGaps_, firstGaps_.begin() + kFirstGaps / 2);
            interval_ = firstGaps_[kFirstGaps / 2];
        }
        return 0;
    }
    if (gap > kGap * interval_ && ++steadyGaps_ < kNewRate) {
        return static_cast<int>(gap / interval_ + 0.5) - 1;
    }
    interval_ = steadyGaps_ < kNewRate ? interval_ + (gap - interval_) * 0.1 : gap;
    steadyGaps_ = 0;
    return 0;
}

void OverloadWatch::overloaded(Instant now) {
    if (!any_ || now - last_ > kOverloadSpan) {
        since_ = now;
    }
    any_ = true;
    last_ = now;
}

bool OverloadWatch::goesOn(Instant now) const {
    return any_ && now - last_ <= kOverloadSpan && last_ - since_ >= kOverloadSpan;
}

void StatisticsMeter::reset() {
    const std::scoped_lock lock(mutex_);
    counts_ = {};
    source_.clear();
    encoder_.clear();
    overload_.clear();
}

void StatisticsMeter::follow(std::uint64_t epoch) {
    const std::scoped_lock lock(mutex_);
    epoch_ = epoch;
}

void StatisticsMeter::captured() {
    const std::scoped_lock lock(mutex_);
    ++counts_.captured;
    source_.add(clock_->now());
}

void StatisticsMeter::lostBySource(std::int64_t frames) {
    const std::scoped_lock lock(mutex_);
    counts_.droppedSource += frames;
}

void StatisticsMeter::encoded(std::uint64_t epoch, int computed, int reused) {
    const std::scoped_lock lock(mutex_);
    if (epoch != epoch_) {
        return;
    }
    counts_.encoded += computed;
    counts_.reused += reused;
    const Instant now = clock_->now();
    for (int i = 0; i < computed + reused; ++i) {
        encoder_.add(now);
    }
}

void StatisticsMeter::droppedByOverload(std::uint64_t epoch) {
    const std::scoped_lock lock(mutex_);
    if (epoch != epoch_) {
        return;
    }
    ++counts_.droppedOverload;
    overload_.overloaded(clock_->now());
}

void StatisticsMeter::leftOutByPattern(std::uint64_t epoch) {
    const std::scoped_lock lock(mutex_);
    if (epoch != epoch_) {
        return;
    }
    ++counts_.interpolated;
}

void StatisticsMeter::stalledByBacklog(std::uint64_t epoch) {
    const std::scoped_lock lock(mutex_);
    if (epoch != epoch_) {
        return;
    }
    overload_.overloaded(clock_->now());
}

void StatisticsMeter::caption(std::uint64_t epoch, Instant capturedAt) {
    const std::scoped_lock lock(mutex_);
    if (epoch != epoch_) {
        return;
    }
    counts_.captionDelaySeconds = std::chrono::duration<double>(clock_->now() - capturedAt).count();
}

Statistics StatisticsMeter::read() const {
    const std::scoped_lock lock(mutex_);
    const Instant now = clock_->now();
    Statistics result = counts_;
    result.sourceFps = source_.perSecond(now);
    result.encodedFps = encoder_.perSecond(now);
    result.cannotKeepUp = overload_.goesOn(now);
    return result;
}

} // namespace livegloss::session
