#include "dataset_media.h"

#include "base/decimal.h"
#include "media/picture_folder.h"

#include <algorithm>
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

/// Those of the clip alone, where it is a part of the media: not before its start, nor what is cut off after its end.
media::SourceLosses lossesOfClip(const dataset::Clip& clip, const media::FrameSource& source, std::int64_t beforeStart,
                                 std::int64_t beforeEnd) {
    media::SourceLosses losses = source.losses();
    std::int64_t atEnd = losses.frames - beforeEnd;
    const double fps = source.info().fps > 0.0 ? source.info().fps : clip.fps;
    if (clip.endSeconds && losses.endsAt) {
        atEnd = std::clamp<std::int64_t>(std::llround((*clip.endSeconds - toSeconds(*losses.endsAt)) * fps), 0, atEnd);
    }
    losses.frames = beforeEnd - beforeStart + atEnd;
    return losses;
}

} // namespace

Result<media::SourceLosses> forEachFrame(const dataset::Clip& clip,
                                         const std::function<Result<void>(const FramePtr&)>& take) {
    const SteadyClock clock;
    auto source = openMedia(clip, clock);
    if (!source) {
        return tl::unexpected(std::move(source.error()));
    }
    const MediaTime start = fromSeconds(clip.startSeconds);
    const std::optional<MediaTime> length = (*source)->info().duration;
    using Losses = media::SourceLosses;
    const auto empty = [&] {
        return Result<Losses>(failure(ErrorCode::Unreadable,
                                      clip.media.string() + " has no frames where the clip should be",
                                      "Check the clip's start and end."));
    };
    std::int64_t lostBefore = 0;
    if (clip.startSeconds > 0.0) {
        if (length && start >= *length) {
            return empty();
        }
        if (auto found = (*source)->seek(start); !found) {
            return tl::unexpected(std::move(found.error()));
        }
        const Losses before = (*source)->losses();
        if (before.endsAt && start >= *before.endsAt) {
            return empty();
        }
        lostBefore = before.frames;
    }
    for (std::int64_t index = 0;; ++index) {
        const std::int64_t lost = (*source)->losses().frames;
        auto frame = (*source)->read();
        if (!frame) {
            return tl::unexpected(std::move(frame.error()));
        }
        const bool past = *frame && clip.endSeconds && (**frame)->time >= fromSeconds(*clip.endSeconds);
        if (!*frame || past) {
            return index == 0 ? empty() : Result<Losses>(lossesOfClip(clip, **source, lostBefore, lost));
        }
        if (auto taken = take(isSpan(clip) ? shifted(**frame, start, index) : **frame); !taken) {
            return tl::unexpected(std::move(taken.error()));
        }
    }
}

std::string damageText(const dataset::Clip& clip, const media::SourceLosses& losses) {
    if (losses.frames == 0 && !losses.endsAt) {
        return {};
    }
    std::string text = clip.media.string();
    text.append(" is damaged or cut off: ").append(std::to_string(losses.frames));
    text.append(losses.frames == 1 ? " frame is" : " frames are").append(" missing or cannot be decoded");
    if (losses.endsAt) {
        text.append("; it ends at ").append(fixedText(toSeconds(*losses.endsAt), 1)).append(" s");
    }
    return text;
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
    facts.damage = damageText(clip, *read);
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
