#pragma once

#include "session/caption.h"
#include "session/stream_recogniser.h"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace livegloss::session {

/// How exactly a model can place a sign in time.
struct CaptionTiming {
    /// A run that begins inside the clip cannot know a sign that began before it: for one receptive field of the
    /// temporal head earlier runs are believed instead. 16 frames at 25 a second.
    MediaTime warmUp = std::chrono::milliseconds(640);
    /// Two runs place the same sign within this of each other: two steps.
    MediaTime sameSign = std::chrono::milliseconds(320);
};

/// All captions of one source, over several runs of recognition (a run starts at each seek, loop or reconnection). What
/// a run recognises again replaces what was there, never doubles it. One thread at a time.
class CaptionHistory {
public:
    void clear();

    /// A run starts at `start`. `fromClipStart`: it sees the clip from its beginning, so its first glosses are as good
    /// as any; otherwise what earlier runs said about its first moments stands. `newRound`: the clip plays again from
    /// the beginning, and the history makes way for the new round's with its first gloss.
    void beginRun(MediaTime start, bool fromClipStart, bool newRound, const CaptionTiming& timing = {});
    /// Takes a decode of the present run. True when a list changed.
    bool apply(const CaptionUpdate& update);
    /// The run has seen everything up to `through`: glosses of earlier runs there that it did not find go.
    bool endRun(MediaTime through);
    /// A run saw the clip from its first frame to its last: what is committed now is the clip's history.
    void keepWholeClip() { wholeClip_ = committed_; }
    bool knowsWholeClip() const { return wholeClip_.has_value(); }
    /// Goes back to that history, where there is one (a later round was stopped half way).
    void showWholeClip();
    /// Forgets the provisional tail (the run was given up).
    bool dropProvisional();

    /// Ordered by time.
    const std::vector<CaptionGloss>& committed() const { return committed_; }
    const std::vector<CaptionGloss>& provisional() const { return provisional_; }

private:
    bool commit(CaptionGloss gloss);
    void removeEarlier(MediaTime through, const CaptionGloss* present);
    bool closeInTime(const CaptionGloss& a, const CaptionGloss& b) const;
    std::int64_t outerId(std::int64_t innerId);
    bool alreadyShown(const CaptionGloss& gloss) const;
    bool ownedByThisRun(const CaptionGloss& gloss) const;

    std::vector<CaptionGloss> committed_;
    std::vector<CaptionGloss> provisional_;
    std::optional<std::vector<CaptionGloss>> wholeClip_;
    std::map<std::int64_t, std::int64_t> runOfId_;   ///< committed id -> run that said it last
    std::map<std::int64_t, std::int64_t> idOfInner_; ///< the present run's own ids -> ours
    std::int64_t run_ = 0;
    std::int64_t nextId_ = 1;
    CaptionTiming timing_;
    MediaTime trustedFrom_{0}; ///< from here on the present run overrides earlier ones
    bool clearWithFirstGloss_ = false;
};

} // namespace livegloss::session
