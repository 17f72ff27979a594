#pragma once

#include "frame_intake.h"
#include "picture_board.h"
#include "playback_clock.h"
#include "session_state.h"
#include "statistics_meter.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace livegloss::session {

/// The picture's side of a session: a reading thread that owns the source, and a presenting thread that shows the
/// frames of files when they are due. Live frames are shown by the reading thread as they come. Feeds the intake.
/// Commands may come from any one thread and return at once; the reading thread carries out what may take time.
class Player {
public:
    Player(SessionParts parts, SessionState& state, PictureBoard& board, FrameIntake& intake,
           StatisticsMeter& statistics);
    ~Player();
    Player(const Player&) = delete;
    Player& operator=(const Player&) = delete;

    void open(const media::SourceRequest& request, bool startPaused);
    void play();
    void pause();
    void stop();
    void seek(MediaTime time);
    void step(int frames);
    void close();
    void setPlayback(bool loop, double rate, int readAheadFrames);
    /// There is a new model: it gets a file from the clip's beginning, while the picture stays where it is. Of a file
    /// that ended or broke that is all that can be had, as fast as it can be read.
    void restartRecognition();

private:
    using Lock = std::unique_lock<std::mutex>;
    using SourcePtr = std::shared_ptr<media::FrameSource>;

    // Commands; the mutex is held.
    void openLocked(const media::SourceRequest& request, bool startPaused);
    void playLocked();
    void seekLocked(MediaTime target, bool newRound);
    void leaveRecognisingAgain();
    void wake(bool endsReading);
    void interruptSource();
    MediaTime frameBefore(MediaTime position, int frames) const;
    MediaTime framePeriod() const;
    bool showsLastPicture() const;
    bool hasCommand() const { return openCommand_ || closeCommand_ || stopCommand_ || seekCommand_; }
    /// A local file or anything else that waits for its reader.
    bool isFile() const { return source_ && !info_.live; }
    void end(State state, std::optional<Error> error);
    /// Does `work`; what it throws (memory that is not to be had) ends the source with a message instead of the
    /// program.
    void guarded(Lock& lock, const std::function<void()>& work);

    // Reading thread (player_reader.cpp).
    void readLoop(const std::stop_token& stop);
    bool canRead() const;
    void handleCommand(Lock& lock, const std::stop_token& stop);
    void openNow(Lock& lock, const std::stop_token& stop);
    Result<SourcePtr> openSource(Lock& lock);
    void adopt(SourcePtr source);
    void stopNow(Lock& lock);
    void seekNow(Lock& lock);
    void forgetShownTimes(MediaTime target);
    void readFrame(Lock& lock, const std::stop_token& stop);
    void takeFileFrame(FramePtr frame, Lock& lock);
    void countLosses(const media::SourceLosses& losses);
    void takeLiveFrame(FramePtr frame, const media::SourceLosses& losses, Lock& lock);
    void sourceEnded(Lock& lock, std::optional<Error> error);
    void reconnect(Error error, Lock& lock, const std::stop_token& stop);
    void releaseSource(Lock& lock);

    // Presenting thread (player_presenter.cpp).
    void presentLoop(const std::stop_token& stop);
    bool canPresent() const;
    void presentFrame(Lock& lock, const std::stop_token& stop);
    void presentEnd(Lock& lock, const std::stop_token& stop);
    void waitUntil(Instant moment, Lock& lock, const std::stop_token& stop);

    const SessionParts parts_;
    SessionState& state_;
    PictureBoard& board_;
    FrameIntake& intake_;
    StatisticsMeter& statistics_;

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::uint64_t version_ = 0; ///< grows with each command
    std::stop_source feeding_;  ///< stopped and replaced by a command that makes a wait for the backlog pointless

    struct SeekCommand {
        MediaTime target{0};    ///< of the picture to show; kNoPicture: none
        bool newRound = false;  ///< the clip plays again from its beginning
        bool wholeClip = false; ///< recognition begins at the clip's first frame, wherever the target lies
    };
    static constexpr MediaTime kNoPicture = MediaTime::max();

    // Commands not carried out yet.
    bool openCommand_ = false;
    bool closeCommand_ = false;
    bool stopCommand_ = false;
    std::optional<SeekCommand> seekCommand_;
    bool stopping_ = false; ///< from stop() until it is carried out
    bool playAfterStop_ = false;

    // The source and where it stands.
    std::shared_ptr<std::atomic<bool>> cancelOpening_; ///< while an attempt to open is under way
    std::optional<media::SourceRequest> request_;
    SourcePtr source_;
    media::SourceInfo info_;
    MediaTime offset_{0}; ///< live: added to its times, so that they go on after a reconnection
    bool playing_ = false;
    bool interrupted_ = false; ///< nothing more can be had of the source
    bool atEnd_ = false;       ///< the source gave its last frame
    bool endFed_ = false;      ///< recognition knows it, or is being told
    bool feedingEnd_ = false;  ///< the reading thread tells it, and may wait for room to do so
    bool finished_ = false;    ///< stopped or played to the end
    bool playedOut_ = false;   ///< the picture on show is the last one
    bool feedingLive_ = false; ///< live: a run of recognition is under way
    std::optional<Error> endError_;
    LossWatch losses_;               ///< live: frames that the device lost
    std::int64_t countedLosses_ = 0; ///< damaged or missing frames that the statistics know
    /// Frames before it go to recognition only; kNoPicture: all of an ended file.
    std::optional<MediaTime> hiddenUntil_;

    // Presentation.
    std::deque<FramePtr> queue_; ///< files: frames read ahead
    bool showNext_ = false;      ///< show the next frame at once, playing or not
    int stepsForward_ = 0;
    PlaybackClock playback_;
    MediaTime shownTime_{0};
    std::deque<MediaTime> shownTimes_; ///< of the newest pictures, for steps back
    bool loop_ = false;
    int readAhead_ = 8;
    int wantedReadAhead_ = 8;

    std::jthread reader_; ///< last: they use everything above
    std::jthread presenter_;
};

} // namespace livegloss::session
