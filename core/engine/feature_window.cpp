#include "engine/feature_window.h"

#include <algorithm>
#include <cmath>

namespace livegloss::engine {
namespace {

int roundedUp(int value, int step) {
    return (value + step - 1) / step * step;
}

/// Time between two decodes where nobody chose it.
constexpr double defaultStrideSeconds = 0.32;

} // namespace

WindowOptions resolvedWindow(const model::ModelConfig& config, WindowOptions options) {
    const model::TemporalLayout layout = model::temporalLayout(config.convType);
    if (options.strideFrames <= 0) {
        options.strideFrames = static_cast<int>(std::lround(defaultStrideSeconds * config.fps));
    }
    options.strideFrames = roundedUp(std::max(options.strideFrames, 1), layout.stride);
    // A shorter window could miss steps between two runs, or hold none at the end of a clip.
    const int shortest = layout.receptiveField - 1 + options.strideFrames;
    options.windowFrames = roundedUp(std::max(options.windowFrames, shortest), layout.stride);
    return options;
}

FeatureWindow::FeatureWindow(LoadedModelPtr model, WindowOptions options)
    : model_(std::move(model)), options_(resolvedWindow(model_->config(), options)), head_(makeTemporalHead(model_)) {}

void FeatureWindow::reset() {
    ring_.clear();
    head_->forget();
    received_ = 0;
    lastRunAt_ = 0;
}

Result<std::optional<WindowResult>> FeatureWindow::push(const FrameFeature& feature) {
    if (feature.values.size() != static_cast<std::size_t>(model_->config().embedDim)) {
        return failure(ErrorCode::InvalidArgument, "a feature of " + std::to_string(feature.values.size()) +
                                                       " values; the model's have " +
                                                       std::to_string(model_->config().embedDim));
    }
    const auto capacity = static_cast<std::size_t>(options_.windowFrames);
    if (ring_.size() < capacity) {
        ring_.push_back(feature.values);
    } else {
        ring_[static_cast<std::size_t>(received_) % capacity] = feature.values;
    }
    ++received_;
    const int receptiveField = model::temporalLayout(model_->config().convType).receptiveField;
    const bool due = lastRunAt_ == 0 ? received_ >= receptiveField : received_ - lastRunAt_ >= options_.strideFrames;
    if (!due) {
        return std::nullopt;
    }
    auto result = run(false);
    if (!result) {
        return tl::unexpected(result.error());
    }
    return std::move(*result);
}

Result<std::optional<WindowResult>> FeatureWindow::finish() {
    const int receptiveField = model::temporalLayout(model_->config().convType).receptiveField;
    if (received_ == lastRunAt_ || received_ < receptiveField) {
        return std::nullopt;
    }
    auto result = run(true);
    if (!result) {
        return tl::unexpected(result.error());
    }
    return std::move(*result);
}

Result<WindowResult> FeatureWindow::run(bool last) {
    const model::TemporalLayout layout = model::temporalLayout(model_->config().convType);
    const auto capacity = static_cast<std::int64_t>(options_.windowFrames);
    const std::int64_t firstStep =
        (std::max<std::int64_t>(received_ - capacity, 0) + layout.stride - 1) / layout.stride;
    const std::int64_t start = firstStep * layout.stride;
    Matrix features(static_cast<int>(received_ - start), model_->config().embedDim);
    for (int row = 0; row < features.rows; ++row) {
        std::ranges::copy(ring_[static_cast<std::size_t>((start + row) % capacity)], features.row(row));
    }
    auto output = head_->runWindow(features, start);
    if (!output) {
        return tl::unexpected(output.error());
    }
    lastRunAt_ = received_;
    return WindowResult{firstStep, std::move(output->sequence), std::move(output->convolutional), last};
}

} // namespace livegloss::engine
