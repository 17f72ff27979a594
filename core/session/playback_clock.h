#pragma once

#include "base/clock.h"

namespace livegloss::session {

/// Says when a frame of a file is due: media time runs from an anchor at the playback rate. One thread at a time.
class PlaybackClock {
public:
    /// From `now` on, `position` is due now.
    void anchor(MediaTime position, Instant now) {
        position_ = position;
        moment_ = now;
    }
    /// Changes the rate without a jump.
    void setRate(double rate, Instant now) {
        anchor(positionAt(now), now);
        rate_ = rate;
    }
    double rate() const { return rate_; }

    Instant due(MediaTime time) const {
        const auto ahead = std::chrono::duration<double, std::micro>(time - position_) / rate_;
        return moment_ + std::chrono::duration_cast<Instant::duration>(ahead);
    }
    MediaTime positionAt(Instant now) const {
        return position_ + std::chrono::duration_cast<MediaTime>((now - moment_) * rate_);
    }

private:
    MediaTime position_{0};
    Instant moment_{};
    double rate_ = 1.0;
};

} // namespace livegloss::session
