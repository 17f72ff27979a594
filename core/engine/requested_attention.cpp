#include "requested_attention.h"

#include "class_attention.h"
#include "fast_probe.h"

#include <algorithm>

namespace livegloss::engine {
namespace {

using torch::Tensor;

bool wants(const AttentionRequest& request, AttentionPath path) {
    return std::ranges::any_of(request.spatial, [path](const auto& spatial) { return spatial.path == path; });
}

/// What the fast engine's blocks add up by the way.
WatchedFrames runForClassAttention(BlockRunner& runner, const TorchModel& network, const Tensor& images,
                                   const AttentionRequest& request, bool wantAttention, model::ForwardTrace* trace) {
    WatchedFrames watched;
    watched.blocks = runner.run(images, wantAttention || wants(request, AttentionPath::Adapted), trace);
    const Tensor frozen = wants(request, AttentionPath::Frozen) ? runner.plainClassAttention(images) : Tensor();
    watched.attention =
        classAttentionResults(request, network.config(), watched.blocks.classAttention, frozen, images.size(0));
    return watched;
}

WatchedFrames runFast(BlockRunner& runner, const TorchModel& network, const Tensor& images,
                      const AttentionRequest& request, bool wantAttention, bool mapsOnly, model::ForwardTrace* trace) {
    const int frames = static_cast<int>(images.size(0));
    FastProbe adapted(network.config(), request, AttentionPath::Adapted, frames);
    FastProbe frozen(network.config(), request, AttentionPath::Frozen, frames);
    WatchedFrames watched;
    if (adapted.wanted() || !mapsOnly) {
        watched.blocks = runner.run(images, wantAttention, trace, adapted, mapsOnly);
    }
    if (frozen.wanted()) {
        runner.runPlain(images, frozen);
    }
    watched.attention = joinFastProbes(request, network.config(), adapted, frozen, frames);
    return watched;
}

WatchedFrames runReference(BlockRunner& runner, const TorchModel& network, const Tensor& images,
                           const AttentionRequest& request, bool wantAttention, model::ForwardTrace* trace) {
    AttentionProbe adapted(network, request, AttentionPath::Adapted);
    AttentionProbe frozen(network, request, AttentionPath::Frozen);
    WatchedFrames watched;
    watched.blocks = runner.run(images, wantAttention, trace, adapted.wanted() ? &adapted : nullptr);
    probeFrozen(network, images, frozen);
    watched.attention = joinProbes(adapted, frozen, images.size(0), network.config());
    return watched;
}

} // namespace

WatchedFrames runWatched(BlockRunner& runner, const TorchModel& network, const Tensor& images,
                         const AttentionRequest& request, bool wantAttention, bool mapsOnly,
                         model::ForwardTrace* trace) {
    if (!network.fast) {
        return runReference(runner, network, images, request, wantAttention, trace);
    }
    return onlyClassAttention(request, network.config()) && !mapsOnly
               ? runForClassAttention(runner, network, images, request, wantAttention, trace)
               : runFast(runner, network, images, request, wantAttention, mapsOnly, trace);
}

} // namespace livegloss::engine
