#pragma once

#include "base/frame.h"
#include "base/result.h"
#include "dataset/check.h"
#include "dataset/dataset.h"
#include "media/frame_source.h"

#include <functional>
#include <string>

namespace livegloss::cli {

/// Hands every frame of the clip to `take`, in order, until it fails: a video or its span, or a folder of pictures. The
/// times of a span begin at 0. Gives how many frames of the clip are missing or damaged, and where its media ends
/// before the length that it states. Errors name the media.
Result<media::SourceLosses> forEachFrame(const dataset::Clip& clip,
                                         const std::function<Result<void>(const FramePtr&)>& take);

/// For people: what is missing of the clip's media; empty where nothing is.
std::string damageText(const dataset::Clip& clip, const media::SourceLosses& losses);

/// Decodes the whole clip and counts its frames; `quick` decodes only the first frame and believes what the file says
/// of its length, where it says anything.
Result<dataset::MediaFacts> probeMedia(const dataset::Clip& clip, bool quick);

} // namespace livegloss::cli
