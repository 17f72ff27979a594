#include "attention/clip_walk.h"

#include "vision/preprocess.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace livegloss::attention {

ClipWalk::ClipWalk(engine::LoadedModelPtr model, engine::AttentionRequest request)
    : model_(std::move(model)),
      request_(std::move(request)),
      encoder_(engine::makeStreamingEncoder(model_)),
      resampler_(model_->config().fps) {
    encoder_->requestAttention(request_);
}

Result<std::vector<AttendedFrame>> ClipWalk::push(const FramePtr& frame) {
    return encode(resampler_.push(frame));
}

Result<std::vector<AttendedFrame>> ClipWalk::finish() {
    auto last = encode(resampler_.finish());
    if (!last) {
        return last;
    }
    auto rest = encoder_->finish();
    if (!rest) {
        return tl::unexpected(std::move(rest.error()));
    }
    std::ranges::move(collect(std::move(rest->requested)), std::back_inserter(*last));
    return last;
}

Result<std::vector<AttendedFrame>> ClipWalk::encode(const std::vector<FramePtr>& slots) {
    const model::ModelConfig& config = model_->config();
    const auto side = static_cast<std::size_t>(config.resolution);
    const std::size_t size = 3 * side * side;
    input_.resize(slots.size() * size);
    for (std::size_t i = 0; i < slots.size(); ++i) {
        vision::prepareInput(*slots[i], config.resize, config.resolution,
                             std::span<float>(input_).subspan(i * size, size));
    }
    recent_.insert(recent_.end(), slots.begin(), slots.end());
    auto output = encoder_->push(input_, static_cast<int>(slots.size()), false);
    if (!output) {
        return tl::unexpected(std::move(output.error()));
    }
    return collect(std::move(output->requested));
}

std::vector<AttendedFrame> ClipWalk::collect(std::vector<engine::AttentionResult> results) {
    std::vector<AttendedFrame> frames;
    const std::int64_t reach = request_.crossFrame ? model_->config().window / 2 : 0;
    const std::int64_t last = first_ + static_cast<std::int64_t>(recent_.size()) - 1;
    for (engine::AttentionResult& result : results) {
        AttendedFrame attended;
        attended.slot = result.frameIndex;
        const auto at = [&](std::int64_t slot) {
            return recent_[static_cast<std::size_t>(std::clamp(slot, first_, last) - first_)];
        };
        attended.frame = at(attended.slot);
        for (std::int64_t offset = -reach; reach > 0 && offset <= reach; ++offset) {
            attended.neighbours.push_back(at(attended.slot + offset));
        }
        attended.result = std::move(result);
        frames.push_back(std::move(attended));
    }
    // Copies at the clip's beginning need its first frame: it goes only once later frames have gone out.
    const std::int64_t done = results.empty() ? first_ : frames.back().slot + 1;
    while (first_ < done - reach) {
        recent_.pop_front();
        ++first_;
    }
    return frames;
}

namespace {

/// More than the frames that the first wanted one looks back on.
constexpr double kLeadSeconds = 0.5;

/// To a moment at which the network, had it read from the beginning, would have taken a frame.
Result<void> seekBefore(media::FrameSource& source, MediaTime from, double fps) {
    const double start = std::floor((toSeconds(from) - kLeadSeconds) * fps) / fps;
    return start > 0.0 && source.info().seekable ? source.seek(fromSeconds(start)) : Result<void>{};
}

} // namespace

Result<void> walkVideo(const media::SourceRequest& source, const engine::LoadedModelPtr& model,
                       const engine::AttentionRequest& request, const WalkOptions& options,
                       const std::function<bool(AttendedFrame)>& take) {
    if (auto checked = engine::checkRequest(request, model->config()); !checked) {
        return checked;
    }
    const SteadyClock clock;
    auto opened = media::openSource(source, clock);
    if (!opened) {
        return tl::unexpected(std::move(opened.error()));
    }
    const std::optional<MediaTime> duration = (*opened)->info().duration;
    if (auto sought = seekBefore(**opened, options.from, model->config().fps); !sought) {
        return sought;
    }
    ClipWalk walk(model, request);
    const auto giveOut = [&take](std::vector<AttendedFrame> frames) {
        return std::ranges::all_of(frames, [&take](AttendedFrame& frame) { return take(std::move(frame)); });
    };
    for (std::int64_t count = 1;; ++count) {
        if (options.cancelled && options.cancelled()) {
            return failure(ErrorCode::Cancelled, "stopped before the end of the video");
        }
        auto frame = (*opened)->read();
        if (!frame) {
            return tl::unexpected(std::move(frame.error()));
        }
        auto attended = *frame ? walk.push(**frame) : walk.finish();
        if (!attended) {
            return tl::unexpected(std::move(attended.error()));
        }
        if (!giveOut(std::move(*attended)) || !*frame) {
            return {};
        }
        if (options.progress) {
            options.progress(count,
                             duration && duration->count() > 0
                                 ? std::optional(std::min(1.0, toSeconds((**frame)->time) / toSeconds(*duration)))
                                 : std::nullopt);
        }
    }
}

} // namespace livegloss::attention
