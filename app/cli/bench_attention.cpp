#include "bench_attention.h"

#include "engine/streaming_encoder.h"
#include "process_time.h"

#include <algorithm>
#include <chrono>

namespace livegloss::cli {
namespace {

using Clock = std::chrono::steady_clock;
using engine::AttentionPath;
using engine::AttentionRequest;
using engine::SpatialRequest;

struct Case {
    std::string name;
    std::unique_ptr<engine::StreamingEncoder> encoder;
    std::vector<double> processor;
};

std::vector<std::pair<std::string, AttentionRequest>> requests() {
    SpatialRequest frozen;
    frozen.path = AttentionPath::Frozen;
    SpatialRequest otherBlock;
    otherBlock.block = 0;
    SpatialRequest head;
    head.head = 0;
    SpatialRequest patch;
    patch.source = engine::AttentionSource::Patch;
    SpatialRequest query;
    query.source = engine::AttentionSource::AggregationQuery;
    return {{"none", {}},
            {"overlay", {{SpatialRequest{}}, {}}},
            {"frozen_beside_adapted", {{frozen, SpatialRequest{}}, {}}},
            {"cross_frame", {{}, engine::CrossFrameRequest{}}},
            {"other_block", {{otherBlock}, {}}},
            {"one_head", {{head}, {}}},
            {"patch", {{patch}, {}}},
            {"aggregation_query", {{query}, {}}}};
}

Result<void> takeTurn(Case& one, std::span<const float> images, int frames) {
    const double begin = processorSeconds();
    if (auto pushed = one.encoder->push(images, frames, false); !pushed) {
        return tl::unexpected(pushed.error());
    }
    one.processor.push_back(1000.0 * (processorSeconds() - begin) / frames);
    return {};
}

} // namespace

Result<std::vector<AttentionCost>> measureAttention(const engine::LoadedModelPtr& model, std::span<const float> images,
                                                    int frames, double seconds) {
    constexpr std::size_t fewestTurns = 3;
    std::vector<Case> cases;
    for (const auto& [name, request] : requests()) {
        cases.push_back({name, engine::makeStreamingEncoder(model, {false}), {}});
        cases.back().encoder->requestAttention(request);
        if (auto warm = takeTurn(cases.back(), images, frames); !warm) {
            return tl::unexpected(warm.error());
        }
        cases.back().processor.clear();
    }
    const Clock::time_point begin = Clock::now();
    while (std::chrono::duration<double>(Clock::now() - begin).count() < seconds ||
           cases.front().processor.size() < fewestTurns) {
        for (Case& one : cases) {
            if (auto turned = takeTurn(one, images, frames); !turned) {
                return tl::unexpected(turned.error());
            }
        }
    }
    std::vector<AttentionCost> costs;
    for (const Case& one : cases) {
        std::vector<double> ratios;
        std::ranges::transform(one.processor, cases.front().processor, std::back_inserter(ratios),
                               [](double own, double none) { return own / none; });
        costs.push_back({one.name, median(one.processor), median(std::move(ratios))});
    }
    return costs;
}

} // namespace livegloss::cli
