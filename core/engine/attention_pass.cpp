#include "engine/threads.h"
#include "frame_workers.h"
#include "requested_attention.h"

#include <algorithm>

namespace livegloss::engine {
namespace {

/// A stretch of frames behind the blocks.
struct ProbedFrames {
    std::vector<AttentionResult> results;
    torch::Tensor normed; ///< [n, L, D] for the cross-frame step, when that is wanted
};

class BlockAttentionPass final : public AttentionPass {
public:
    explicit BlockAttentionPass(LoadedModelPtr model)
        : model_(std::move(model)),
          network_(torchModel(model_)),
          workers_(computeThreads()),
          runners_(static_cast<std::size_t>(workers_.count()), BlockRunner(network_)) {}

    Result<std::vector<AttentionResult>> compute(std::span<const float> frames, int count, int first, int wanted,
                                                 bool padded, const AttentionRequest& request) override;

private:
    ProbedFrames probe(BlockRunner& runner, const torch::Tensor& images, const AttentionRequest& request) const;
    std::vector<ProbedFrames> probeAll(const torch::Tensor& images, const AttentionRequest& request);
    CrossFrameMap crossFrame(const torch::Tensor& normed, std::int64_t frame, bool padded,
                             const CrossFrameRequest& request) const;

    LoadedModelPtr model_;
    const TorchModel& network_;
    FrameWorkers workers_;
    std::vector<BlockRunner> runners_; ///< one per worker
};

ProbedFrames BlockAttentionPass::probe(BlockRunner& runner, const torch::Tensor& images,
                                       const AttentionRequest& request) const {
    WatchedFrames watched = runWatched(runner, network_, images, request, false, !request.crossFrame);
    ProbedFrames probed{std::move(watched.attention), {}};
    if (request.crossFrame) {
        const auto& norm = network_.network->visual->transformer->crossFrameNorm;
        probed.normed = torch::addcmul(norm->bias, watched.blocks.bareNorm, norm->weight);
    }
    return probed;
}

/// Frames are alone in the blocks, so each worker takes a share of them.
std::vector<ProbedFrames> BlockAttentionPass::probeAll(const torch::Tensor& images, const AttentionRequest& request) {
    const std::int64_t frames = images.size(0);
    const std::int64_t shares = std::min<std::int64_t>(frames, workers_.count());
    std::vector<ProbedFrames> parts(static_cast<std::size_t>(shares));
    workers_.run(static_cast<int>(shares), [&](int share) {
        const c10::InferenceMode guard;
        const std::int64_t begin = frames * share / shares;
        const std::int64_t end = frames * (share + 1) / shares;
        const auto place = static_cast<std::size_t>(share);
        parts[place] = probe(runners_[place], images.narrow(0, begin, end - begin), request);
    });
    return parts;
}

CrossFrameMap BlockAttentionPass::crossFrame(const torch::Tensor& normed, std::int64_t frame, bool padded,
                                             const CrossFrameRequest& request) const {
    const int patches = model_->config().patches();
    const int reach = model_->config().window / 2;
    const torch::Tensor direction = normed[frame][request.fromPatch ? 1 + request.patch : 0];
    CrossFrameMap map;
    map.temporalWeight = static_cast<float>(network_.prepared.temporalWeight);
    for (int offset = -reach; offset <= reach; ++offset) {
        const std::int64_t place = frame + offset;
        const std::int64_t nearest = std::clamp<std::int64_t>(place, 0, normed.size(0) - 1);
        NeighbourMap neighbour;
        neighbour.offset = offset;
        const bool seen = offset <= model_->config().framesAhead();
        neighbour.kind = !seen              ? Neighbour::Outside
                         : place == nearest ? Neighbour::Frame
                         : padded           ? Neighbour::Copy
                                            : Neighbour::Outside;
        const torch::Tensor rows =
            neighbour.kind == Neighbour::Outside ? torch::Tensor() : normed[nearest].narrow(0, 1, patches);
        neighbour.weights = crossFrameWeights(direction, rows, patches);
        map.neighbours.push_back(std::move(neighbour));
    }
    return map;
}

Result<std::vector<AttentionResult>> BlockAttentionPass::compute(std::span<const float> frames, int count, int first,
                                                                 int wanted, bool padded,
                                                                 const AttentionRequest& request) try {
    if (auto checked = checkRequest(request, model_->config()); !checked) {
        return tl::unexpected(checked.error());
    }
    const std::int64_t side = model_->config().resolution;
    if (count < 1 || frames.size() != static_cast<std::size_t>(count * 3 * side * side) || first < 0 || wanted < 0 ||
        first + wanted > count) {
        return failure(ErrorCode::InvalidArgument, "the frames wanted are not among the frames given");
    }
    const c10::InferenceMode guard;
    // Without the cross-frame step nothing but the wanted frames themselves is needed.
    const int begin = request.crossFrame ? 0 : first;
    const int used = request.crossFrame ? count : wanted;
    std::vector<AttentionResult> results;
    if (used == 0) {
        return results;
    }
    auto* values = const_cast<float*>(frames.data()) + begin * 3 * side * side; // only read
    std::vector<torch::Tensor> normed;
    for (ProbedFrames& part : probeAll(torch::from_blob(values, {used, 3, side, side}), request)) {
        std::ranges::move(part.results, std::back_inserter(results));
        normed.push_back(part.normed);
    }
    results = {std::make_move_iterator(results.begin() + (first - begin)),
               std::make_move_iterator(results.begin() + (first - begin) + wanted)};
    const torch::Tensor all = request.crossFrame ? torch::cat(normed) : torch::Tensor();
    for (std::size_t i = 0; i < results.size(); ++i) {
        results[i].frameIndex = first + static_cast<std::int64_t>(i);
        if (request.crossFrame) {
            results[i].crossFrame = crossFrame(all, results[i].frameIndex, padded, *request.crossFrame);
        }
    }
    return results;
} catch (const std::bad_alloc&) {
    return failure(ErrorCode::OutOfMemory, "not enough memory for the attention of so many frames",
                   "Ask for fewer frames at a time.");
} catch (const std::exception& error) {
    return failure(ErrorCode::Internal, std::string("attention could not be computed: ") + error.what());
}

} // namespace

std::unique_ptr<AttentionPass> makeAttentionPass(LoadedModelPtr model) {
    return std::make_unique<BlockAttentionPass>(std::move(model));
}

} // namespace livegloss::engine
