#include "session/clip_recogniser.h"

#include "vision/preprocess.h"

#include <algorithm>
#include <span>
#include <utility>

namespace livegloss::session {

namespace {
StreamOptions streamOptions(const ClipOptions& options) {
    StreamOptions stream = options.stream;
    stream.captions = options.online;
    return stream;
}
} // namespace

ClipRecogniser::ClipRecogniser(engine::LoadedModelPtr model, ClipOptions options)
    : model_(std::move(model)),
      options_(std::move(options)),
      resampler_(model_->config().fps),
      recogniser_(model_, streamOptions(options_)) {
    options_.batchFrames = std::max(1, options_.batchFrames);
}

Result<void> ClipRecogniser::push(const FramePtr& frame) {
    ++counts_.captured;
    return prepare(resampler_.push(frame));
}

Result<void> ClipRecogniser::prepare(const std::vector<FramePtr>& slots) {
    const model::ModelConfig& config = model_->config();
    const auto side = static_cast<std::size_t>(config.resolution);
    const std::size_t size = 3 * side * side;
    for (const FramePtr& slot : slots) {
        batch_.resize(batch_.size() + size);
        vision::prepareInput(*slot, config.resize, config.resolution,
                             std::span<float>(batch_).subspan(batch_.size() - size));
        times_.push_back(slot->time);
        if (times_.size() >= static_cast<std::size_t>(options_.batchFrames)) {
            if (auto encoded = encodeBatch(); !encoded) {
                return encoded;
            }
        }
    }
    return {};
}

Result<void> ClipRecogniser::encodeBatch() {
    if (times_.empty()) {
        return {};
    }
    auto output = recogniser_.push(batch_, times_, false);
    if (!output) {
        return tl::unexpected(std::move(output.error()));
    }
    counts_.encoded += static_cast<std::int64_t>(times_.size());
    batch_.clear();
    times_.clear();
    take(*output);
    return {};
}

void ClipRecogniser::take(const StreamOutput& output) {
    if (!output.captions) {
        return;
    }
    committed_.insert(committed_.end(), output.captions->committed.begin(), output.captions->committed.end());
    revisions_ += output.captions->revisions;
    if (options_.onCaptions) {
        options_.onCaptions(*output.captions);
    }
}

Result<ClipResult> ClipRecogniser::finish() {
    auto rest = prepare(resampler_.finish());
    if (rest) {
        rest = encodeBatch();
    }
    if (!rest) {
        return tl::unexpected(std::move(rest.error()));
    }
    auto last = recogniser_.finish();
    if (!last) {
        return tl::unexpected(std::move(last.error()));
    }
    take(*last);
    auto offline = decodeOffline(model_, recogniser_.features(), options_.offline);
    if (!offline) {
        return tl::unexpected(std::move(offline.error()));
    }
    return ClipResult{std::move(*offline), std::move(committed_), revisions_, counts_};
}

} // namespace livegloss::session
