#pragma once

#include "base/clock.h"

#include <array>
#include <optional>

namespace livegloss::session {

/// Which frames the encoder gets: each, every second or every third. Features of the others are interpolated.
inline constexpr int automaticPattern = 0; ///< chosen by how fast this machine is
inline constexpr int coarsestPattern = 3;

struct FramePattern {
    int every = 1;         ///< 1: each frame is encoded; 2: every second; 3: every third
    bool automatic = true; ///< nobody asked for it
    bool operator==(const FramePattern&) const = default;
};

/// Walks through frames by a pattern; the first is encoded. One thread at a time.
class PatternWalk {
public:
    /// Whether the next frame is left out, `every` as in FramePattern. A finer pattern takes effect at once.
    bool leavesOut(int every);

private:
    int untilEncoded_ = 0;
};

/// What recognising some frames of a live source took.
struct RecognitionCost {
    int frames = 0;             ///< of the source at the model's rate, left-out ones included
    int encoded = 0;            ///< of them
    double encodeSeconds = 0.0; ///< in the encoder
    double otherSeconds = 0.0;  ///< everything else: windows, decoding, attention pictures
};

/// Chooses the pattern of a live source: the finest one that this machine keeps up with. Goes coarser when recognition
/// takes more time than passes for some time on end, and finer again when that would have left a quarter of the time
/// free for some seconds; each return to the coarser pattern soon after makes it wait twice as long before the next
/// attempt. One thread at a time.
class PatternChooser {
public:
    explicit PatternChooser(double framesPerSecond) : framesPerSecond_(framesPerSecond) {}

    void recognised(const RecognitionCost& cost, Instant now);
    /// 1, 2 or 3: every frame, every second, every third.
    int pattern() const { return pattern_; }
    /// Share of the time that recognition would take with this pattern; 1: all of it.
    double load(int pattern) const;

private:
    int finestWithin(double limit, int from, int to) const;
    void change(int pattern, Instant now);

    double framesPerSecond_;
    int pattern_ = 1;
    double encodeSeconds_ = 0.0;    ///< of one encoded frame, smoothed
    double otherSeconds_ = 0.0;     ///< of one frame, smoothed
    double observed_ = 0.0;         ///< seconds of recognition seen so far
    std::optional<Instant> newest_; ///< when it was last told something
    std::optional<Instant> tooSlowSince_;
    std::optional<Instant> hasRoomSince_;
    std::optional<Instant> refinedAt_;
    std::chrono::duration<double> patience_{0.0}; ///< 0: as at the start
};

} // namespace livegloss::session
