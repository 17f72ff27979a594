#include "bench_head.h"

#include "engine/feature_window.h"
#include "process_time.h"

#include <algorithm>
#include <chrono>
#include <random>

namespace livegloss::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct HeadStream {
    engine::FeatureWindow window;
    std::vector<double> processor, wall;
};

/// Pushes one feature; the time counts where a window fell due.
Result<bool> push(HeadStream& stream, const engine::FrameFeature& feature) {
    const Clock::time_point begin = Clock::now();
    const double processorBegin = processorSeconds();
    auto result = stream.window.push(feature);
    if (!result) {
        return tl::unexpected(result.error());
    }
    if (*result) {
        stream.processor.push_back(1000.0 * (processorSeconds() - processorBegin));
        stream.wall.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    }
    return result->has_value();
}

/// Of the windows that are as long as they get.
HeadTimes summarise(const HeadStream& stream, const HeadStream& first, std::size_t warm) {
    const auto settled = [warm](const std::vector<double>& values) {
        return std::vector<double>(values.begin() + static_cast<std::ptrdiff_t>(warm), values.end());
    };
    HeadTimes times;
    std::vector<double> ratios = settled(stream.processor);
    std::ranges::transform(ratios, settled(first.processor), ratios.begin(),
                           [](double own, double other) { return own / other; });
    times.processorMs = median(settled(stream.processor));
    times.wallMs = median(settled(stream.wall));
    times.ratio = median(std::move(ratios));
    return times;
}

} // namespace

Result<std::vector<HeadTimes>> measureHeads(std::span<const engine::LoadedModelPtr> models, int windows) {
    std::vector<HeadStream> streams;
    for (const engine::LoadedModelPtr& model : models) {
        streams.push_back({engine::FeatureWindow(model, {}), {}, {}});
    }
    if (streams.empty()) {
        return std::vector<HeadTimes>();
    }
    const model::ModelConfig& config = models.front()->config();
    std::mt19937 random(1);
    std::normal_distribution<float> values;
    engine::FrameFeature feature;
    std::size_t warm = 0;
    const std::int64_t full = engine::resolvedWindow(config, {}).windowFrames;
    while (streams.front().wall.size() < warm + static_cast<std::size_t>(windows)) {
        feature.values.resize(static_cast<std::size_t>(config.embedDim));
        std::ranges::generate(feature.values, [&] { return values(random); });
        for (HeadStream& stream : streams) {
            if (auto pushed = push(stream, feature); !pushed) {
                return tl::unexpected(pushed.error());
            }
        }
        warm = ++feature.frameIndex <= full ? streams.front().wall.size() : warm;
    }
    std::vector<HeadTimes> times;
    for (const HeadStream& stream : streams) {
        times.push_back(summarise(stream, streams.front(), warm));
    }
    return times;
}

} // namespace livegloss::cli
