#pragma once

#include "base/result.h"
#include "engine/loaded_model.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace livegloss::engine {

/// Which network looks: with adapters and prefixes, or the plain image tower that they were added to.
enum class AttentionPath { Adapted, Frozen };
/// Whose attention it is.
enum class AttentionSource {
    ClassToken,       ///< the frame's own token, inside the block
    AggregationQuery, ///< the learnt query of the block's aggregation (adapted only)
    Patch,            ///< one patch, inside the block
};

inline constexpr int lastBlock = -1;
inline constexpr int meanOfHeads = -1;

/// One map over the patches of a frame.
struct SpatialRequest {
    AttentionPath path = AttentionPath::Adapted;
    AttentionSource source = AttentionSource::ClassToken;
    int block = lastBlock;  ///< 0-based
    int head = meanOfHeads; ///< 0-based
    int patch = 0;          ///< row-major; for AttentionSource::Patch
    bool operator==(const SpatialRequest&) const = default;
};

/// Cross-frame weights of a frame over the patches of the frames around it.
struct CrossFrameRequest {
    bool fromPatch = false; ///< a patch of the frame asks instead of its class token
    int patch = 0;
    bool operator==(const CrossFrameRequest&) const = default;
};

/// What is to be computed for every frame; nothing else is.
struct AttentionRequest {
    std::vector<SpatialRequest> spatial;
    std::optional<CrossFrameRequest> crossFrame;
    bool empty() const { return spatial.empty() && !crossFrame; }
    bool operator==(const AttentionRequest&) const = default;
};

/// InvalidArgument where a block, head or patch does not exist, or where the plain tower has no such attention.
Result<void> checkRequest(const AttentionRequest& request, const model::ModelConfig& config);

/// Attention after the softmax: weights, classShare and prefixShare sum to 1.
struct SpatialMap {
    std::vector<float> weights; ///< one per patch, row-major
    float classShare = 0.0F;    ///< mass on the class token
    float prefixShare = 0.0F;   ///< mass on the learnt prefixes; 0 in the frozen path and for the aggregation query
};

enum class Neighbour {
    Frame,   ///< a frame of the clip
    Copy,    ///< padding: the clip's first or last frame again
    Outside, ///< beyond a clip that is not padded: zeros, whose weight is 0
};

struct NeighbourMap {
    int offset = 0; ///< in frames, -window/2 .. window/2
    Neighbour kind = Neighbour::Frame;
    std::vector<float> weights; ///< sigmoid(affinity) - 0.5 per patch: above 0 emphasised, below suppressed
};

struct CrossFrameMap {
    std::vector<NeighbourMap> neighbours; ///< in order of offset
    float temporalWeight = 0.0F;          ///< the learnt scalar that the sum over all patches is multiplied with
};

/// What a request gave for one frame.
struct AttentionResult {
    std::int64_t frameIndex = 0;
    int rows = 0;
    int columns = 0;
    std::vector<SpatialMap> spatial; ///< in the request's order
    std::optional<CrossFrameMap> crossFrame;
};

/// Computes requests for frames at hand, apart from any stream: for pictures that are looked at again, files and
/// sheets. Runs the engine that the model was arranged for. One thread at a time.
class AttentionPass {
public:
    virtual ~AttentionPass() = default;

    /// `frames`: [count, 3, R, R] consecutive pictures as the encoder takes them. One result for each of the `wanted`
    /// frames from `first` on (frameIndex counts from the first of `frames`); the others are there to be neighbours.
    /// `padded`: neighbours missing at either end are copies of the outermost frame, as at test time; else zeros.
    virtual Result<std::vector<AttentionResult>> compute(std::span<const float> frames, int count, int first,
                                                         int wanted, bool padded, const AttentionRequest& request) = 0;
};

std::unique_ptr<AttentionPass> makeAttentionPass(LoadedModelPtr model);

} // namespace livegloss::engine
