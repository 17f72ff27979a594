#pragma once

#include "base/frame.h"
#include "decode/label_scorer.h"

#include <vector>

namespace livegloss::decode {

struct Alternative {
    int label = 0;
    float probability = 0.0F;
};

/// One gloss of a decoded sequence, placed on the steps of its log probabilities.
struct DecodedGloss {
    int label = 0;
    int firstStep = 0; ///< first step of its run on the CTC path
    int lastStep = 0;  ///< last step of it, inclusive
    int peakStep = 0;  ///< step of its highest probability
    /// Probability, 0..1, of this label against any other label or none in its place, its neighbours given. High for a
    /// clear sign even when its moment is uncertain; low where the network wavers between labels or between a sign and
    /// nothing. With a second classifier's support: the geometric mean of both.
    float confidence = 0.0F;
    /// The other likeliest labels over the run, best first: shares of what is not blank there, this label's included.
    std::vector<Alternative> alternatives;
};

enum class Method { Greedy, PrefixBeam };

struct DecodeOptions {
    Method method = Method::PrefixBeam;
    int beamWidth = 10;
    int alternatives = 3;
    /// Merge equal neighbours once more after collapsing, as the reference's decoder does. Off keeps A A.
    bool mergeRepeats = false;
    LanguageFusion language; ///< weighed in by the prefix beam search; greedy decoding knows none
};

/// Decodes log probabilities [steps, V] with blank 0: the label sequence by `options.method`, then its place by the
/// best CTC path that spells it. NaN and infinities are impossible classes, a row of nothing else is a blank; an empty
/// matrix or one class gives nothing. Ties are broken the same way every time. Pure; any thread.
std::vector<DecodedGloss> decode(const Matrix& logProbs, const DecodeOptions& options);

/// The same, with confidences weighed by `support`, log probabilities of a second classifier for the same steps: its
/// highest probability of the label from one step before the gloss to one after it. What only one of two classifiers
/// sees is rarely there, above all in signing unlike what the model was trained on. Ignored unless the sizes agree.
std::vector<DecodedGloss> decode(const Matrix& logProbs, const Matrix& support, const DecodeOptions& options);

} // namespace livegloss::decode
