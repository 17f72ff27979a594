#pragma once

#include "motion.h"
#include "synth/signer.h"

#include <vector>

namespace livegloss::synth {

/// What the signer does, frame by frame: rest, signs, the ways between them. Immutable; any thread.
class Sentence {
public:
    /// The request has been checked: known glosses, sensible counts.
    explicit Sentence(const ClipRequest& request);

    int frames() const { return frames_; }
    const std::vector<SignSpan>& spans() const { return spans_; }
    BodyPose pose(int frame) const;

private:
    struct Segment {
        int sign = -1; ///< index in signs_; -1 on the way or at rest
        int first = 0;
        int length = 0;
        bool rest = false;
        bool repeat = false; ///< the way back to the start of the same sign
    };
    struct Performed {
        int entry = 0; ///< index in the lexicon
        SignVariation variation;
    };

    void drawSigns(const ClipRequest& request, Random& random);
    void layOut(Random& random, float framesScale);
    void append(Segment segment, float lengthAt25, float framesScale);
    BodyPose edgePose(const Segment& segment, bool atEnd) const;
    BodyPose handsAndFace(int frame) const;
    void addLife(int frame, BodyPose& pose) const;

    std::vector<Performed> signs_;
    std::vector<Segment> segments_;
    std::vector<SignSpan> spans_;
    std::vector<int> blinks_;
    HandPose restDominant_;
    HandPose restOther_;
    std::array<float, 8> swayPhase_{};
    float swayAmount_ = 1.0F;
    float fps_ = 25.0F;
    int frames_ = 0;
};

} // namespace livegloss::synth
