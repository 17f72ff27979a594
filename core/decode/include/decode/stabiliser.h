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
    int agreement = 2;          ///< k: successive windows that must agree before a gloss is committed
    int unstableTailSteps = 2;  ///< steps at the window's end whose glosses stay provisional
    float minConfidence = 0.5F; ///< below it a gloss is never shown; it counts as "not sure"
};
/// "fast" (0) .. "stable" (4); 2 is the default of the program.
StabiliserOptions stabiliserPreset(int level);

struct StabiliserUpdate {
    std::vector<StreamGloss> committed;    ///< newly committed by this window; they never change again
    std::vector<StreamGloss> provisional;  ///< the whole present tail, oldest first
    bool notSure = false;                  ///< signing was seen, but nothing in it is confident
    int revisions = 0;                     ///< provisional glosses that this window removed or replaced
};

/// Turns the decodes of overlapping windows into committed glosses and a provisional tail (live.md). One thread at a time.
class Stabiliser {
public:
    explicit Stabiliser(StabiliserOptions options);

    /// `firstStep`: absolute step of row 0. Windows come in order.
    StabiliserUpdate update(std::int64_t firstStep, const Matrix& logProbs);
    /// The clip is over: decodes this last window and commits everything confident in it.
    StabiliserUpdate finish(std::int64_t firstStep, const Matrix& logProbs);
    void reset();

private:
    struct Candidate {
        StreamGloss gloss;
        int agreements = 1;
    };
    StabiliserUpdate advance(std::int64_t firstStep, const Matrix& logProbs, bool last);

    StabiliserOptions options_;
    std::vector<Candidate> candidates_;
    std::int64_t committedThrough_ = -1;
    int lastCommittedLabel_ = 0;
    std::int64_t nextId_ = 1;
};

}  // namespace livegloss::decode
