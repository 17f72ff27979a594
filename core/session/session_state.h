#pragma once

#include "session/live_session.h"

#include <mutex>
#include <string>

namespace livegloss::session {

/// What snapshot() tells. Results carry the epoch that they belong to; those of an earlier source or model are ignored.
/// Any thread.
class SessionState {
public:
    SessionState();

    /// A new source or none: lists empty, no error. Returns the new epoch.
    std::uint64_t beginSource(State state);
    /// A new model on the same source: lists empty. Returns the new epoch.
    std::uint64_t beginModel(engine::ComputeDevice device);
    std::uint64_t epoch() const;

    void setState(State state);
    State state() const;
    void setSource(const media::SourceInfo& info);
    void setEndsEarly(MediaTime end);
    void setError(std::optional<Error> error);

    /// Recognition has stopped, while the picture may go on.
    void failRecognition(std::uint64_t epoch, Error error);
    /// The CPU goes on for a device that failed.
    void loseDevice(std::uint64_t epoch, Error failure, engine::ComputeDevice instead);
    /// A run of recognition begins: what stopped the one before is over.
    void beginRun(std::uint64_t epoch);
    /// The view of attention that was asked for cannot be had.
    void failAttention(std::uint64_t epoch, Error error);
    /// Another view.
    void attentionWanted();
    void publishCaptions(std::uint64_t epoch, CaptionList committed, CaptionList provisional, bool notSure);
    void setOfflineRunning(std::uint64_t epoch, bool running);
    /// `fromClipStart`: see Snapshot::offlineFromStart.
    void publishOffline(std::uint64_t epoch, CaptionList glosses, bool fromClipStart);

    /// Everything but position and statistics.
    Snapshot read() const;

private:
    void clearLists();

    mutable std::mutex mutex_;
    Snapshot snapshot_; ///< its error is that of the source
    std::optional<Error> recognitionError_;
    std::uint64_t epoch_ = 0;
};

} // namespace livegloss::session
