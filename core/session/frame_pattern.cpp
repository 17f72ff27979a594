#include "session/frame_pattern.h"

#include <algorithm>
#include <cmath>

namespace livegloss::session {

namespace {

using Seconds = std::chrono::duration<double>;

/// Of the clock's time: what is older counts for little.
constexpr double kMemory = 0.3;
/// The first frames allocate memory and say nothing of those to come.
constexpr double kWarmUp = 0.2;

constexpr double kTooSlow = 0.97;
constexpr double kComfortable = 0.9; ///< what a coarser pattern has to come to
constexpr double kRoom = 0.75;       ///< what a finer one would have to come to
constexpr Seconds kTooSlowFor{1.5};
constexpr Seconds kRoomFor{5.0};
constexpr Seconds kLongestPatience{80.0};
/// Going coarser again within this time of going finer was a wrong attempt.
constexpr Seconds kWrongWithin{60.0};

double blended(double old, double fresh, double weight) {
    return old + (fresh - old) * weight;
}

} // namespace

bool PatternWalk::leavesOut(int every) {
    untilEncoded_ = std::min(untilEncoded_, every - 1);
    if (untilEncoded_ > 0) {
        --untilEncoded_;
        return true;
    }
    untilEncoded_ = every - 1;
    return false;
}

double PatternChooser::load(int pattern) const {
    return framesPerSecond_ * (encodeSeconds_ / pattern + otherSeconds_);
}

/// The finest of `from` .. `to` whose load is within `limit`; 0: none.
int PatternChooser::finestWithin(double limit, int from, int to) const {
    for (int pattern = from; pattern <= to; ++pattern) {
        if (load(pattern) <= limit) {
            return pattern;
        }
    }
    return 0;
}

void PatternChooser::recognised(const RecognitionCost& cost, Instant now) {
    const double seconds = cost.encodeSeconds + cost.otherSeconds;
    if (cost.frames <= 0 || cost.encoded <= 0) {
        return;
    }
    const bool first = observed_ < kWarmUp;
    const double passed = newest_ ? std::max(seconds, Seconds(now - *newest_).count()) : seconds;
    const double weight = first ? 1.0 : 1.0 - std::exp(-passed / kMemory);
    newest_ = now;
    encodeSeconds_ = blended(encodeSeconds_, cost.encodeSeconds / cost.encoded, weight);
    otherSeconds_ = blended(otherSeconds_, cost.otherSeconds / cost.frames, weight);
    observed_ += seconds;
    if (first) {
        return;
    }
    if (pattern_ < coarsestPattern && load(pattern_) > kTooSlow) {
        hasRoomSince_.reset();
        tooSlowSince_ = tooSlowSince_.value_or(now);
        if (now - *tooSlowSince_ >= kTooSlowFor) {
            const int wanted = finestWithin(kComfortable, pattern_ + 1, coarsestPattern);
            change(wanted > 0 ? wanted : coarsestPattern, now);
        }
        return;
    }
    tooSlowSince_.reset();
    const int finer = finestWithin(kRoom, 1, pattern_ - 1);
    if (finer == 0) {
        hasRoomSince_.reset();
        return;
    }
    hasRoomSince_ = hasRoomSince_.value_or(now);
    if (now - *hasRoomSince_ >= std::max(patience_, kRoomFor)) {
        change(finer, now);
    }
}

void PatternChooser::change(int pattern, Instant now) {
    if (pattern < pattern_) {
        refinedAt_ = now;
    } else if (refinedAt_ && now - *refinedAt_ < kWrongWithin) {
        patience_ = std::min(std::max(patience_, kRoomFor) * 2.0, kLongestPatience);
    } else {
        patience_ = Seconds{0.0};
    }
    pattern_ = pattern;
    tooSlowSince_.reset();
    hasRoomSince_.reset();
}

} // namespace livegloss::session
