#pragma once

#include "base/frame.h"
#include "base/result.h"
#include "engine/loaded_model.h"

#include <cstdint>
#include <memory>

namespace livegloss::engine {

/// Log probabilities [steps, V] of the two classifiers that AdaptSign is trained with.
struct HeadOutput {
    Matrix sequence;      ///< behind the BiLSTM: what is decoded
    Matrix convolutional; ///< the auxiliary one, on the convolutions' output: it has seen no context but its own frames
};

/// Convolutions, BiLSTM and classifier over a run of frame features. One thread at a time.
class TemporalHead {
public:
    virtual ~TemporalHead() = default;

    /// `features` [T, E] -> temporalSteps(T) steps; step i sees frames stride*i .. stride*i + receptiveField - 1 of the
    /// input. InvalidArgument when T is too short for one step.
    virtual Result<HeadOutput> run(const Matrix& features) = 0;

    /// The same for a window of a stream whose first row is the stream's frame `firstFrame`, a multiple of the stride.
    /// The fast engine keeps what does not change from one window to the next: a frame that an earlier window had must
    /// have the same feature, until forget().
    virtual Result<HeadOutput> runWindow(const Matrix& features, std::int64_t firstFrame);
    /// Another stream begins.
    virtual void forget() {}
};

std::unique_ptr<TemporalHead> makeTemporalHead(LoadedModelPtr model);

} // namespace livegloss::engine
