#include "dataset_media.h"

#include "media/frame_source.h"
#include "media/picture_folder.h"

#include <cmath>
#include <memory>
#include <optional>

namespace livegloss::cli {

namespace {

Result<std::unique_ptr<media::FrameSource>> openMedia(const dataset::Clip& clip, const Clock& clock) {
    return clip.pictures ? media::openPictureFolder(clip.media, clip.fps, clock)
                         : media::openSource({media::SourceKind::File, clip.media.string()}, clock);
}

bool isSpan(const dataset::Clip& clip) {
    return clip.startSeconds > 0.0 || clip.endSeconds.has_value();
}

/// The frame with its time counted from the span's start.
FramePtr shifted(const FramePtr& frame, MediaTime start, std::int64_t index) {
    auto copy = std::make_shared<Frame>(*frame);
    copy->time -= start;
    copy->index = index;
    return copy;
}

} // namespace

Result<void> forEachFrame(const dataset::Clip& clip, const std::function<Result<void>(const FramePtr&)>& take) {
    const SteadyClock clock;
    auto source = openMedia(clip, clock);
    if (!source) {
        return tl::unexpected(std::move(source.error()));
    }
    const MediaTime start = fromSeconds(clip.startSeconds);
    const std::optional<MediaTime> length = (*source)->info().duration;
    const auto empty = [&] {
        return failure(ErrorCode::Unreadable, clip.media.string() + " has no frames where the clip should be",
                       "Check the clip's start and end.");
    };
    if (clip.startSeconds > 0.0) {
        if (length && start >= *length) {
            return empty();
        }
        if (auto found = (*source)->seek(start); !found) {
            return found;
        }
    }
    for (std::int64_t index = 0;; ++index) {
        auto frame = (*source)->read();
        if (!frame) {
            return tl::unexpected(std::move(frame.error()));
        }
        const bool past = *frame && clip.endSeconds && (**frame)->time >= fromSeconds(*clip.endSeconds);
        if (!*frame || past) {
            return index == 0 ? Result<void>(empty()) : Result<void>();
        }
        if (auto taken = take(isSpan(clip) ? shifted(**frame, start, index) : **frame); !taken) {
            return taken;
        }
    }
}

namespace {

Result<dataset::MediaFacts> countFrames(const dataset::Clip& clip) {
    dataset::MediaFacts facts;
    MediaTime last{0};
    auto read = forEachFrame(clip, [&](const FramePtr& frame) -> Result<void> {
        ++facts.frames;
        last = frame->time;
        return {};
    });
    if (!read) {
        return tl::unexpected(std::move(read.error()));
    }
    facts.fps = facts.frames > 1 && last.count() > 0 ? (facts.frames - 1) / toSeconds(last) : clip.fps;
    return facts;
}

} // namespace

Result<dataset::MediaFacts> probeMedia(const dataset::Clip& clip, bool quick) {
    if (!quick) {
        return countFrames(clip);
    }
    const SteadyClock clock;
    auto source = openMedia(clip, clock);
    if (!source) {
        return tl::unexpected(std::move(source.error()));
    }
    if (auto first = (*source)->read(); !first) {
        return tl::unexpected(std::move(first.error()));
    }
    const media::SourceInfo& info = (*source)->info();
    if (!info.duration) {
        return countFrames(clip);
    }
    dataset::MediaFacts facts;
    facts.fps = info.fps > 0.0 ? info.fps : clip.fps;
    const double length = toSeconds(*info.duration);
    const double end = clip.endSeconds ? std::min(*clip.endSeconds, length) : length;
    facts.frames = static_cast<int>(std::lround(std::max(0.0, end - clip.startSeconds) * facts.fps));
    return facts;
}

} // namespace livegloss::cli
