#pragma once

#include <memory>

namespace livegloss::decode {

/// How likely labels follow each other, for a beam search to weigh. A state stands for what was said so far. Const
/// members are thread-safe.
class LabelScorer {
public:
    virtual ~LabelScorer() = default;
    /// Before the first sign of a sentence, or, where `sentenceStart` is false, somewhere inside one.
    virtual int start(bool sentenceStart) const = 0;
    struct Step {
        double logProbability = 0.0; ///< natural logarithm, at most 0
        int state = 0;
    };
    /// `label` from 1 after `state`.
    virtual Step next(int state, int label) const = 0;
    /// Natural logarithm of the probability that the sentence ends after `state`.
    virtual double end(int state) const = 0;
};

/// Shallow fusion: a label sequence counts with its CTC log probability + weight * its language model's + bonus for
/// each of its labels.
struct LanguageFusion {
    std::shared_ptr<const LabelScorer> scorer; ///< null: none
    double weight = 0.5;                       ///< 0 or more
    double insertionBonus = 0.0;
    bool wholeSentence = true; ///< the input is a sentence from its start to its end; off for windows of a stream
};

} // namespace livegloss::decode
