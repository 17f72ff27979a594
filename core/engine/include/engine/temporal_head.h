#pragma once

#include "base/frame.h"
#include "base/result.h"
#include "engine/loaded_model.h"

#include <memory>

namespace livegloss::engine {

/// Convolutions, BiLSTM and classifier over a run of frame features. One thread at a time.
class TemporalHead {
public:
    virtual ~TemporalHead() = default;

    /// `features` [T, E] -> log probabilities [temporalSteps(T), V] of the sequence classifier; step i sees frames
    /// stride*i .. stride*i + receptiveField - 1 of the input. InvalidArgument when T is too short for one step.
    virtual Result<Matrix> logProbabilities(const Matrix& features) = 0;
};

std::unique_ptr<TemporalHead> makeTemporalHead(LoadedModelPtr model);

} // namespace livegloss::engine
