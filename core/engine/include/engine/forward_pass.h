#pragma once

#include "base/result.h"
#include "engine/loaded_model.h"
#include "tensorfile/safetensors.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace livegloss::engine {

/// A batch of clips as they are: no padding in time is added.
struct ForwardInput {
    tensorfile::Shape shape;           ///< [B, T, 3, R, R]
    std::vector<float> frames;         ///< in [-1, 1]
    std::vector<std::int64_t> lengths; ///< [B] frames of each clip; the rest of its T is there, but not recognised
};

struct ForwardOptions {
    bool all = false;       ///< also every intermediate result
    bool streaming = false; ///< frames through the streaming encoder instead of the reference path
    int batch = 1;          ///< frames handed to the streaming encoder at a time
    /// Frames of all clips that are through the encoder; the calling thread. Silent where the reference path takes all
    /// at once.
    std::function<void(std::int64_t done)> progress = [](std::int64_t) {};
};

struct OutputTensor {
    std::string name;
    tensorfile::Shape shape;
    std::vector<float> floats; ///< empty for an integer tensor
    std::vector<std::int64_t> integers;
    bool isInteger = false;
};

/// The network's results under the reference's names: frame_features, conv_logits, sequence_logits, feature_lengths.
/// InvalidArgument where the input does not fit the model.
Result<std::vector<OutputTensor>> forwardPass(const LoadedModelPtr& model, const ForwardInput& input,
                                              const ForwardOptions& options);

} // namespace livegloss::engine
