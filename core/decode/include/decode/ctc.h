#pragma once

#include "base/frame.h"

#include <vector>

namespace livegloss::decode {

struct Alternative {
    int label = 0;
    float probability = 0.0F;
};

/// One gloss of a decoded sequence, placed on the steps of its log probabilities.
struct DecodedGloss {
    int label = 0;
    int firstStep = 0;  ///< first step of its run on the CTC path
    int lastStep = 0;   ///< last step of it, inclusive
    int peakStep = 0;   ///< step of its highest probability
    float confidence = 0.0F;                ///< 0..1
    std::vector<Alternative> alternatives;  ///< the other likeliest labels there, best first
};

enum class Method { Greedy, PrefixBeam };

struct DecodeOptions {
    Method method = Method::PrefixBeam;
    int beamWidth = 10;
    int alternatives = 3;
    /// Merge equal neighbours once more after collapsing, as the reference's decoder does. Off keeps A A.
    bool mergeRepeats = false;
};

/// Decodes log probabilities [steps, V] with blank 0. Pure; any thread.
std::vector<DecodedGloss> decode(const Matrix& logProbs, const DecodeOptions& options);

}  // namespace livegloss::decode
