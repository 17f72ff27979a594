#pragma once

#include "base/frame.h"
#include "decode/ctc.h"

#include <cstdint>
#include <vector>

namespace livegloss::decode {

/// A gloss on the clip's own step axis. `id` stays the same while successive windows keep finding it.
struct StreamGloss {
    std::int64_t id = 0;
    int label = 0;
    std::int64_t firstStep = 0;
    std::int64_t lastStep = 0;
    std::int64_t peakStep = 0;
    float confidence = 0.0F;
    std::vector<Alternative> alternatives;
};

struct StabiliserOptions {
    DecodeOptions decode;
    int agreement = 2;         ///< k: successive windows that must agree before a gloss is committed
    int unstableTailSteps = 2; ///< steps at the window's end whose glosses stay provisional
    /// Below it a gloss is not shown and counts as "not sure". Where a sure gloss is in view, a hesitant one is shown
    /// as well, see sureConfidence().
    float minConfidence = 0.6F;
};
/// A model that does not know the signing hesitates all the time, one that knows it now and then. So in view of a gloss
/// that is surer than halfway from the least confidence to 1, a quarter of the least confidence is enough.
inline float sureConfidence(float least) {
    return (1.0F + least) / 2.0F;
}
inline float hesitantConfidence(float least) {
    return least / 4.0F;
}
/// "fast" (0) .. "stable" (4); 2 is the default of the program.
StabiliserOptions stabiliserPreset(int level);

struct StabiliserUpdate {
    std::vector<StreamGloss> committed;   ///< newly committed by this window; they never change again
    std::vector<StreamGloss> provisional; ///< the whole present tail, oldest first
    bool notSure = false;                 ///< signing was seen, but nothing in it is confident
    int revisions = 0;                    ///< provisional glosses that this window removed or replaced
};

/// Turns the decodes of overlapping windows into committed glosses and a provisional tail (live.md). One thread at a
/// time.
///
/// A gloss is committed once `agreement` successive windows have found the same label at the same place, it is
/// confident, it ends before the window's unstable tail, and nothing before it is still open. Commits are in order of
/// time and never overlap. A gloss that reaches the window's left edge uncommitted is decided by the last window that
/// saw all of it. Input is never an error: windows may repeat, skip ahead, go back or hold garbage.
class Stabiliser {
public:
    explicit Stabiliser(StabiliserOptions options);

    /// `firstStep`: absolute step of row 0. Windows come in order.
    StabiliserUpdate update(std::int64_t firstStep, const Matrix& logProbs, const Matrix& support = {});
    /// The clip is over: decodes this last window and commits everything confident in it. An empty matrix commits what
    /// is confident in the tail as it stands.
    StabiliserUpdate finish(std::int64_t firstStep, const Matrix& logProbs, const Matrix& support = {});
    /// Forgets the clip; ids go on counting.
    void reset();

private:
    struct Candidate {
        StreamGloss gloss;
        int agreements = 1;
        bool leaving = false; ///< at the window's cut edge or past it: to be decided now
    };
    struct Window {
        std::int64_t first = 0;
        std::int64_t end = 0;  ///< one past the last step
        std::int64_t edge = 0; ///< what begins before this step may be cut off; `first` where nothing is hidden
        bool last = false;
    };
    StabiliserUpdate advance(std::int64_t firstStep, const Matrix& logProbs, const Matrix& support, bool last);
    void track(const Window& window, const std::vector<DecodedGloss>& decoded);
    bool isNews(const Window& window, const StreamGloss& gloss) const;
    std::vector<StreamGloss> commitReady(const Window& window);
    void commit(Candidate& candidate, std::vector<StreamGloss>& committed);
    bool confident(const Candidate& candidate) const;
    bool holdsSureGloss(const Window& window) const;
    bool ready(const Window& window, const Candidate& candidate, int agreements) const;
    bool unexplainedSigning(const Window& window, const Matrix& logProbs) const;

    StabiliserOptions options_;
    std::vector<Candidate> candidates_; ///< not committed, in order of time
    std::vector<StreamGloss> recent_;   ///< committed, as far back as a window may still see them
    bool sureInView_ = false;
    std::vector<std::int64_t> shown_;    ///< ids of the last provisional tail
    std::int64_t committedThrough_ = -1; ///< last step of the last commit
    std::int64_t streamStart_ = -1;      ///< first step of the first window; -1: none yet
    std::int64_t seenThrough_ = -1;      ///< last step of any window so far
    std::int64_t nextId_ = 1;
};

} // namespace livegloss::decode
