#include "session/clip_recogniser.h"

#include "vision/preprocess.h"

#include <algorithm>
#include <new>
#include <span>
#include <utility>

namespace livegloss::session {

namespace {
StreamOptions streamOptions(const ClipOptions& options) {
    StreamOptions stream = options.stream;
    stream.captions = options.online;
    stream.skipSimilar = options.skipSimilar;
    return stream;
}

EncoderFactory encoderFactory(const ClipOptions& options) {
    return options.recording ? recordingEncoderFactory(options.recording) : defaultEncoderFactory();
}

void collect(const StreamOutput& output, const ClipOptions& options, ClipResult& result) {
    if (!output.captions) {
        return;
    }
    const std::vector<CaptionGloss>& committed = output.captions->committed;
    result.committed.insert(result.committed.end(), committed.begin(), committed.end());
    result.revisions += output.captions->revisions;
    if (options.onCaptions) {
        options.onCaptions(*output.captions);
    }
}

Result<void> addOffline(const engine::LoadedModelPtr& model, const ClipFeatures& features, const ClipOptions& options,
                        ClipResult& result) {
    if (!options.offlinePass) {
        return {};
    }
    auto offline = decodeOffline(model, features, options.offline);
    if (!offline) {
        return tl::unexpected(std::move(offline.error()));
    }
    result.offline = std::move(*offline);
    return {};
}

tl::unexpected<Error> outOfMemory() {
    return failure(ErrorCode::OutOfMemory, "There is not enough memory to recognise the clip.",
                   "Close other programs, or recognise it in parts.");
}
} // namespace

ClipRecogniser::ClipRecogniser(engine::LoadedModelPtr model, ClipOptions options)
    : model_(std::move(model)),
      options_(std::move(options)),
      resampler_(model_->config().fps),
      recogniser_(model_, streamOptions(options_), encoderFactory(options_)) {
    options_.batchFrames = std::max(1, options_.batchFrames);
}

Result<void> ClipRecogniser::push(const FramePtr& frame) try {
    ++counts_.captured;
    return prepare(resampler_.push(frame));
} catch (const std::bad_alloc&) {
    return outOfMemory();
}

Result<void> ClipRecogniser::prepare(const std::vector<FramePtr>& slots) {
    const model::ModelConfig& config = model_->config();
    const auto side = static_cast<std::size_t>(config.resolution);
    const std::size_t size = 3 * side * side;
    const int every = std::max(1, options_.framePattern);
    for (const FramePtr& slot : slots) {
        times_.push_back(slot->time);
        encoded_.push_back(walk_.leavesOut(every) ? 0 : 1);
        if (encoded_.back() == 0) {
            ++counts_.interpolated;
            continue;
        }
        batch_.resize(batch_.size() + size);
        vision::prepareInput(*slot, config.resize, config.resolution,
                             std::span<float>(batch_).subspan(batch_.size() - size));
        if (batch_.size() >= static_cast<std::size_t>(options_.batchFrames) * size) {
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
    if (options_.recording) {
        options_.recording->batches.push_back({times_, encoded_, {}});
    }
    auto output = recogniser_.push({batch_, times_, encoded_}, false);
    if (!output) {
        return tl::unexpected(std::move(output.error()));
    }
    counts_.encoded += std::ranges::count(encoded_, 1) - output->reused;
    counts_.reused += output->reused;
    if (output->deviceFailure) {
        result_.deviceFailure = std::move(output->deviceFailure);
    }
    batch_.clear();
    times_.clear();
    encoded_.clear();
    take(*output);
    return {};
}

void ClipRecogniser::take(const StreamOutput& output) {
    collect(output, options_, result_);
}

Result<ClipResult> ClipRecogniser::finish() try {
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
    if (auto decoded = addOffline(model_, recogniser_.features(), options_, result_); !decoded) {
        return tl::unexpected(std::move(decoded.error()));
    }
    result_.frames = counts_;
    return std::move(result_);
} catch (const std::bad_alloc&) {
    return outOfMemory();
}

Result<ClipResult> replayClip(const engine::LoadedModelPtr& model, const ClipRecording& recording,
                              const ClipOptions& options) {
    StreamRecogniser recogniser(model, streamOptions(options), replayEncoderFactory(recording));
    ClipResult result;
    for (const RecordedBatch& batch : recording.batches) {
        auto output = recogniser.push({{}, batch.times, batch.encoded}, false);
        if (!output) {
            return tl::unexpected(std::move(output.error()));
        }
        collect(*output, options, result);
    }
    auto last = recogniser.finish();
    if (!last) {
        return tl::unexpected(std::move(last.error()));
    }
    collect(*last, options, result);
    if (auto decoded = addOffline(model, recogniser.features(), options, result); !decoded) {
        return tl::unexpected(std::move(decoded.error()));
    }
    return result;
}

} // namespace livegloss::session
