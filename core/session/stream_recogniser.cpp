#include "session/stream_recogniser.h"

#include "gloss_times.h"

#include <algorithm>
#include <utility>

namespace livegloss::session {

namespace {

decode::StabiliserOptions stabiliserOptions(const StreamOptions& options) {
    decode::StabiliserOptions result = decode::stabiliserPreset(options.stability);
    result.minConfidence = options.minConfidence;
    result.decode.beamWidth = options.beamWidth;
    result.decode.language = options.language;
    result.decode.language.wholeSentence = false;
    return result;
}

} // namespace

EncoderFactory defaultEncoderFactory() {
    return [](engine::LoadedModelPtr model, const engine::EncoderOptions& encoding) {
        return engine::makeStreamingEncoder(std::move(model), encoding);
    };
}

StreamRecogniser::StreamRecogniser(engine::LoadedModelPtr model, const StreamOptions& options,
                                   const EncoderFactory& makeEncoder)
    : model_(std::move(model)),
      options_(options),
      encoder_(makeEncoder(model_, {.padClip = true, .reuseUpTo = options.skipSimilar, .beforeDevicePass = {}})),
      window_(model_, options.window),
      stabiliser_(stabiliserOptions(options)),
      keptTimes_(static_cast<std::size_t>(
          std::max(512, engine::resolvedWindow(model_->config(), options.window).windowFrames * 2))) {
    features_.paddedFront = true;
}

Result<StreamOutput> StreamRecogniser::push(const FrameBatch& batch, bool wantAttention) {
    times_.insert(times_.end(), batch.times.begin(), batch.times.end());
    const std::int64_t before = timeline_.encodedFrames();
    for (std::size_t i = 0; i < batch.times.size(); ++i) {
        timeline_.addFrame(batch.encoded.empty() || batch.encoded[i] != 0);
    }
    StreamOutput output;
    const int count = static_cast<int>(timeline_.encodedFrames() - before);
    if (count == 0) {
        forgetOld();
        return output;
    }
    auto encoded = timedPush(batch, count, wantAttention, output.encodeSeconds);
    if (!encoded) {
        return tl::unexpected(std::move(encoded.error()));
    }
    output.attention = std::move(encoded->attention);
    output.requested = std::move(encoded->requested);
    output.reused = encoded->reused;
    output.deviceFailure = std::move(encoded->deviceFailure);
    if (auto absorbed = absorb(timeline_.take(std::move(encoded->features)), output); !absorbed) {
        return tl::unexpected(std::move(absorbed.error()));
    }
    forgetOld();
    return output;
}

Result<engine::EncoderOutput> StreamRecogniser::timedPush(const FrameBatch& batch, int count, bool wantAttention,
                                                          double& seconds) {
    const Instant start = options_.clock->now();
    auto encoded = encoder_->push(batch.pixels, count, wantAttention);
    seconds = std::chrono::duration<double>(options_.clock->now() - start).count();
    return encoded;
}

Result<StreamOutput> StreamRecogniser::finish() {
    StreamOutput output;
    if (timeline_.encodedFrames() == 0) {
        return output;
    }
    auto encoded = encoder_->finish();
    if (!encoded) {
        return tl::unexpected(std::move(encoded.error()));
    }
    output.requested = std::move(encoded->requested);
    const model::TemporalLayout layout = model::temporalLayout(model_->config().convType);
    if (auto absorbed = absorb(timeline_.finish(std::move(encoded->features), layout), output); !absorbed) {
        return tl::unexpected(std::move(absorbed.error()));
    }
    features_.paddedBack = true;
    if (!options_.captions) {
        return output;
    }
    auto last = window_.finish();
    if (!last) {
        return tl::unexpected(std::move(last.error()));
    }
    // When the last window was given out already, nothing new is decoded and the tail is taken as it stands.
    const engine::WindowResult end = *last ? std::move(**last) : engine::WindowResult{};
    merge(stabiliser_.finish(end.firstStep, end.logProbs, end.support), output);
    return output;
}

/// Passes new features to the window and what it decodes to the stabiliser.
Result<void> StreamRecogniser::absorb(const std::vector<engine::FrameFeature>& features, StreamOutput& output) {
    for (const engine::FrameFeature& feature : features) {
        features_.append(feature.values, frameTime(feature.frameIndex));
        if (!options_.captions) {
            continue;
        }
        auto decoded = window_.push(feature);
        if (!decoded) {
            return tl::unexpected(std::move(decoded.error()));
        }
        if (*decoded) {
            merge(stabiliser_.update((*decoded)->firstStep, (*decoded)->logProbs, (*decoded)->support), output);
        }
    }
    return {};
}

void StreamRecogniser::merge(const decode::StabiliserUpdate& update, StreamOutput& output) const {
    if (!output.captions) {
        output.captions.emplace();
    }
    CaptionUpdate& captions = *output.captions;
    for (const decode::StreamGloss& gloss : update.committed) {
        captions.committed.push_back(toCaption(gloss));
    }
    captions.provisional.clear();
    for (const decode::StreamGloss& gloss : update.provisional) {
        captions.provisional.push_back(toCaption(gloss));
    }
    captions.notSure = update.notSure;
    captions.revisions += update.revisions;
    captions.newestFrame = frameTime(timeline_.newestEncoded());
}

CaptionGloss StreamRecogniser::toCaption(const decode::StreamGloss& gloss) const {
    const model::ModelConfig& config = model_->config();
    const model::TemporalLayout layout = model::temporalLayout(config.convType);
    const RowRange rows = rowsOfSteps(layout, gloss.firstStep, gloss.lastStep);
    CaptionGloss caption;
    caption.id = gloss.id;
    caption.label = gloss.label;
    caption.text = model::glossText(config, gloss.label);
    caption.confidence = gloss.confidence;
    caption.start = frameTime(rows.first - layout.leftPad);
    caption.end = frameTime(rows.last - layout.leftPad) + frameDuration(config);
    caption.alternatives = namedAlternatives(config, gloss.alternatives);
    return caption;
}

/// Time of the clip's frame `index`, that of the nearest known one outside what is kept.
MediaTime StreamRecogniser::frameTime(std::int64_t index) const {
    if (times_.empty()) {
        return MediaTime{0};
    }
    const std::int64_t oldest = timeline_.frames() - static_cast<std::int64_t>(times_.size());
    const std::int64_t last = static_cast<std::int64_t>(times_.size()) - 1;
    return times_[static_cast<std::size_t>(std::clamp<std::int64_t>(index - oldest, 0, last))];
}

void StreamRecogniser::forgetOld() {
    while (times_.size() > keptTimes_) {
        times_.pop_front();
    }
    // A quarter at a time, so that moving the rest stays rare.
    const int cap = options_.maxFeatureRows;
    if (cap > 0 && features_.rows() > cap) {
        features_.dropFront(std::max(features_.rows() - cap, cap / 4));
    }
}

} // namespace livegloss::session
