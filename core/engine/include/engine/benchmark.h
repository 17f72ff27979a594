#pragma once

#include "base/result.h"
#include "engine/loaded_model.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace livegloss::engine {

// What `livegloss-cli bench` measures with. Nothing here decides anything.

/// A model of these sizes with random weights in every part, the same for the same seed.
Result<LoadedModelPtr> randomModel(const model::ModelConfig& config, std::uint64_t seed, ComputeRequest request);

struct StageTime {
    std::string name;
    double seconds = 0.0; ///< of processor time per frame, on one thread
};
/// Where the fast engine's blocks spend their time: `rounds` passes of `frames` frames on this thread. Empty for the
/// reference engine.
std::vector<StageTime> stageTimes(const LoadedModelPtr& model, std::span<const float> images, int frames, int rounds);

/// One pass of the network as the paper writes it (no cached prefixes, keys and values of all tokens in the
/// aggregation) through LibTorch, the frames shared out among `threads` workers. Returns seconds; Unsupported for the
/// fast engine, which has not kept its weights.
Result<double> plainPassSeconds(const LoadedModelPtr& model, std::span<const float> images, int frames, int threads);

/// The packed matrix product that carries most of the encoder (197 x 768 by 768 x 3072), by what `choice` of the fast
/// engine multiplies with. To be measured in turn with what is compared with it: a processor's rate changes with what
/// else it does.
class ProductMeter {
public:
    /// `choice.engine` is Fast. Throws std::bad_alloc.
    ProductMeter(const ComputeChoice& choice, int threads);
    ~ProductMeter();
    ProductMeter(const ProductMeter&) = delete;
    ProductMeter& operator=(const ProductMeter&) = delete;

    /// Multiplies on all threads for about `seconds`; returns the operations, counting a multiplication and an addition
    /// as two.
    double turn(double seconds);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// Bytes that the packed encoder and head take; 0 for the reference engine.
std::size_t packedBytes(const LoadedModelPtr& model);

} // namespace livegloss::engine
