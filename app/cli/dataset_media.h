#pragma once

#include "base/frame.h"
#include "base/result.h"
#include "dataset/check.h"
#include "dataset/dataset.h"

#include <functional>

namespace livegloss::cli {

/// Hands every frame of the clip to `take`, in order, until it fails: a video or its span, or a folder of pictures. The
/// times of a span begin at 0. Errors name the media.
Result<void> forEachFrame(const dataset::Clip& clip, const std::function<Result<void>(const FramePtr&)>& take);

/// Decodes the whole clip and counts its frames; `quick` decodes only the first frame and believes what the file says
/// of its length, where it says anything.
Result<dataset::MediaFacts> probeMedia(const dataset::Clip& clip, bool quick);

} // namespace livegloss::cli
