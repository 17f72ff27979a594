#pragma once

#include "base/clock.h"
#include "session/live_session.h"

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <vector>

namespace livegloss::session {

/// The picture now on show, joined with the attention that belongs to it. Maps are kept for the frames around it, so
/// that a frame read ahead has its map when it is shown, and a late map still reaches its frame. Any thread.
class PictureBoard {
public:
    /// A new source: nothing on show, no maps. Maps of other epochs are not taken from now on.
    void clear(std::uint64_t epoch);
    /// A new model: no maps.
    void dropAttention(std::uint64_t epoch);
    /// `position`: the frame's time on the session's own axis, by which maps are found. A live picture waits for its
    /// map, up to 0.2 s; while maps come later than that, pictures go on without.
    void show(FramePtr frame, MediaTime position, bool live = false);
    /// `period`: of the network's frames; a picture between two of them goes with the earlier.
    void addAttention(std::uint64_t epoch, MediaTime position, vision::RgbaPicturePtr map, const vision::Region& region,
                      MediaTime period);
    void setAttentionVisible(bool visible);

    /// From now on pictures go with attended ones, each with its own; those of before are forgotten. A live picture
    /// without one waits for it, up to a second. `period`: as of addAttention().
    void startAttended();
    void stopAttended();
    void addAttended(std::uint64_t epoch, AttendedPicturePtr attended, MediaTime period);

    Picture picture() const;
    MediaTime position() const;

private:
    struct Waiting {
        FramePtr frame;
        MediaTime position{0};
    };
    struct Map {
        vision::RgbaPicturePtr picture;
        MediaTime period{0};
    };
    void choose();
    void chooseLive();
    bool hasOwn(MediaTime position) const;
    bool isWorthWaiting();
    void mapsAreLate();
    bool belongs(MediaTime distance, MediaTime period, bool laterIsKnown) const;
    vision::RgbaPicturePtr mapAt(MediaTime position) const;
    AttendedPicturePtr attendedAt(MediaTime position) const;
    void put(FramePtr frame, MediaTime position);

    mutable std::mutex mutex_;
    Picture picture_;
    MediaTime position_{0};
    std::map<MediaTime, Map> maps_;
    vision::Region region_;
    bool visible_ = true;
    std::uint64_t epoch_ = 0;
    bool wantsAttended_ = false;
    std::map<MediaTime, AttendedPicturePtr> attended_;
    MediaTime attendedTo_{0}; ///< the newest attention there was, or where it began to be wanted
    MediaTime period_{0};
    std::deque<Waiting> waiting_; ///< live pictures, oldest first, the newest on show or waiting
    bool live_ = false;           ///< the newest picture came from a live source
    MediaTime newestLive_ = MediaTime::min();
    bool mapsInTime_ = false;                   ///< the newest map came before its picture had waited too long
    MediaTime absentSince_ = MediaTime::min();  ///< when maps last began to be late
    MediaTime noMapsBefore_ = MediaTime::min(); ///< live pictures before it go without
};

} // namespace livegloss::session
