#include "session/offline_recogniser.h"

#include <algorithm>
#include <utility>

namespace livegloss::session {

namespace {

Progress progressAt(const media::SourceInfo& info, std::int64_t frames, MediaTime time) {
    Progress progress{frames, std::nullopt};
    if (info.duration && info.duration->count() > 0) {
        progress.fraction = std::clamp(toSeconds(time) / toSeconds(*info.duration), 0.0, 1.0);
    }
    return progress;
}

} // namespace

Result<OfflineResult> recogniseOffline(const media::SourceRequest& request, const engine::LoadedModelPtr& model,
                                       const OfflineOptions& options) {
    const SteadyClock clock;
    auto source = media::openSource(request, clock);
    if (!source) {
        return tl::unexpected(std::move(source.error()));
    }
    const media::SourceInfo info = (*source)->info();
    ClipOptions clipOptions = options.clip;
    if (!clipOptions.offline.cancelled && !options.keepPart) {
        clipOptions.offline.cancelled = options.cancelled;
    }
    ClipRecogniser recogniser(model, std::move(clipOptions));
    const MediaTime period = fromSeconds(info.fps > 0.0 ? 1.0 / info.fps : 0.04);
    MediaTime end{0};
    std::optional<Error> broken;
    for (;;) {
        if (options.cancelled && options.cancelled()) {
            if (options.keepPart && recogniser.frames().captured > 0) {
                break;
            }
            return failure(ErrorCode::Cancelled, "Recognition of " + info.name + " was stopped.");
        }
        auto frame = (*source)->read();
        if (!frame && options.keepPart && recogniser.frames().captured > 0) {
            broken = std::move(frame.error());
            break;
        }
        if (!frame) {
            return tl::unexpected(std::move(frame.error()));
        }
        const bool enough = options.maxSeconds > 0.0 && *frame && toSeconds((**frame)->time) >= options.maxSeconds;
        if (!*frame || enough) {
            break;
        }
        if (auto pushed = recogniser.push(**frame); !pushed) {
            return tl::unexpected(std::move(pushed.error()));
        }
        end = (**frame)->time + period;
        if (options.progress) {
            options.progress(progressAt(info, recogniser.frames().captured, (**frame)->time));
        }
    }
    auto result = recogniser.finish();
    if (!result) {
        return tl::unexpected(std::move(result.error()));
    }
    const media::SourceLosses losses = (*source)->losses();
    result->frames.dropped += losses.frames;
    return OfflineResult{info, std::move(*result), end, losses.endsAt, std::move(broken)};
}

} // namespace livegloss::session
