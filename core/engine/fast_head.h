#pragma once

#include "kernels/linear.h"
#include "kernels/row_kernels.h"
#include "model/model_config.h"

#include "frame_workers.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace livegloss::engine {

/// A layer of the temporal convolutions: a pool, or a product over `layer.size` rows one after the other, with the
/// batch norm folded in and ReLU behind it.
struct FastTemporalLayer {
    model::TemporalLayer layer;
    int inputs = 0;                                 ///< width of a row of the input
    std::unique_ptr<const kernels::Linear> product; ///< [size * inputs, H]; null: a pool
};

/// One direction of one LSTM layer. Gates lie as input, forget, cell, output; h = H / 2.
struct FastRecurrence {
    std::unique_ptr<const kernels::Linear> input;     ///< [H, 4 h], with both biases
    std::unique_ptr<const kernels::Linear> recurrent; ///< [h, 4 h], adds to the projected input
};

/// The temporal head, computed in f32, without LibTorch. Immutable: any number of FastHeads may run it.
struct FastHeadNetwork {
    int features = 0; ///< E
    int hidden = 0;   ///< H
    int classes = 0;  ///< V
    kernels::InstructionSet instructions = kernels::InstructionSet::Portable;
    std::vector<FastTemporalLayer> layers;
    std::array<std::array<FastRecurrence, 2>, 2> recurrences; ///< [layer][forward, backward]
    std::unique_ptr<const kernels::Linear> classifier;        ///< [H, V], columns of length one

    std::size_t bytes() const; ///< of packed weights
};

/// Rows of one width that lie one after the other on an axis of their own, the oldest dropped as the window moves on.
class RowCache {
public:
    explicit RowCache(int width) : width_(static_cast<std::size_t>(width)) {}

    std::int64_t end() const { return begin_ + static_cast<std::int64_t>(values_.size() / width_); }
    const float* at(std::int64_t row) const { return values_.data() + static_cast<std::size_t>(row - begin_) * width_; }
    /// Drops what lies before `row`; starts anew there where nothing kept reaches it.
    void startAt(std::int64_t row);
    /// Room for rows up to `last` (exclusive), uninitialised to the caller; where the first of them lies.
    float* extendTo(std::int64_t last);
    void clear() { values_.clear(); }

private:
    std::size_t width_;
    std::int64_t begin_ = 0;
    std::vector<float> values_;
};

/// Runs the head over windows of one stream. Keeps what one window computes for the next: the convolutions have no
/// padding and pools start on multiples of their size, so an output depends on nothing but the frames that it sees, and
/// its place on its own axis says which these are. That holds for every output of every convolution and pool, for the
/// first LSTM layer's projected inputs and for the convolutional classifier. The LSTM itself reads the whole window in
/// both directions and runs anew. One thread at a time.
class FastHead {
public:
    /// The two directions of the LSTM run side by side where there are two `workers` or more.
    FastHead(const FastHeadNetwork& network, int workers);

    /// From here on places mean other frames.
    void forget();
    /// The window of `frames` features [frames, E], enough for a step, whose first one lies at `firstFrame`, a multiple
    /// of the head's stride. A feature at a place that an earlier window had must be the same. Returns the steps.
    int setWindow(const float* features, int frames, std::int64_t firstFrame);
    /// Logits [steps, V] of the convolutional classifier, of all steps of the window.
    void convolutionalLogits(float* logits) const;
    /// Logits [steps, V] behind the LSTM, which reads the window's first `steps` steps.
    void sequenceLogits(int steps, float* logits);

private:
    /// Scratch of one direction.
    struct Direction {
        kernels::Workspace space;
        std::vector<float> projected; ///< [steps, 4 h] of the second layer
        std::vector<float> gates, cell;
        RowCache inputs; ///< the first layer's projected inputs
        Direction(int gateCount, int cellCount);
    };
    std::int64_t runTemporalLayer(std::size_t index, const float* rows, std::int64_t firstRow, std::int64_t endRow);
    void project(const FastRecurrence& recurrence, Direction& direction);
    void recur(const FastRecurrence& recurrence, Direction& own, const float* projected, int steps, bool backward,
               float* result) const;

    const FastHeadNetwork& network_;
    const kernels::RowKernels& kernels_;
    FrameWorkers workers_;
    kernels::Workspace space_;
    std::vector<RowCache> outputs_; ///< of each temporal layer
    RowCache logits_;               ///< of the convolutional classifier
    std::array<Direction, 2> directions_;
    std::array<std::vector<float>, 2> hidden_; ///< [steps, H] of each LSTM layer
    std::int64_t firstStep_ = 0;
    int steps_ = 0;
};

/// Logits [rows, columns] -> log probabilities, in place.
void logSoftmax(float* logits, int rows, int columns);

} // namespace livegloss::engine
