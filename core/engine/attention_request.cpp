#include "engine/attention.h"

#include <string>

namespace livegloss::engine {
namespace {

Result<void> checkIndex(const char* what, int index, int fewest, int count) {
    if (index >= fewest && index < count) {
        return {};
    }
    return failure(ErrorCode::InvalidArgument,
                   std::string("there is no ") + what + ' ' + std::to_string(index) + " in this model",
                   std::string("It has ") + std::to_string(count) + ", counted from 0.");
}

Result<void> checkSpatial(const SpatialRequest& request, const model::ModelConfig& config) {
    if (request.path == AttentionPath::Frozen && request.source == AttentionSource::AggregationQuery) {
        return failure(ErrorCode::InvalidArgument, "the frozen backbone has no aggregation query",
                       "Ask for the attention of its class token or of a patch.");
    }
    if (request.source == AttentionSource::AggregationQuery && !config.aggregation) {
        return failure(ErrorCode::InvalidArgument, "this model was trained without aggregation, so it has no query",
                       "Ask for the attention of its class token or of a patch.");
    }
    if (auto block = checkIndex("block", request.block, lastBlock, config.layers); !block) {
        return block;
    }
    if (auto head = checkIndex("head", request.head, meanOfHeads, config.heads); !head) {
        return head;
    }
    return request.source == AttentionSource::Patch ? checkIndex("patch", request.patch, 0, config.patches())
                                                    : Result<void>{};
}

} // namespace

Result<void> checkRequest(const AttentionRequest& request, const model::ModelConfig& config) {
    for (const SpatialRequest& spatial : request.spatial) {
        if (auto checked = checkSpatial(spatial, config); !checked) {
            return checked;
        }
    }
    if (request.crossFrame && config.window == 0) {
        return failure(ErrorCode::InvalidArgument, "this model was trained without cross-frame attention",
                       "Ask for the attention within a frame.");
    }
    if (request.crossFrame && request.crossFrame->fromPatch) {
        return checkIndex("patch", request.crossFrame->patch, 0, config.patches());
    }
    return {};
}

} // namespace livegloss::engine
