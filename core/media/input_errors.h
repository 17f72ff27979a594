#pragma once

#include "base/result.h"
#include "io_guard.h"
#include "media/frame_source.h"

#include <string>

namespace livegloss::media {

/// Turns FFmpeg's return value into an Error that names the source and says what to do.
Error describeFailure(const SourceRequest& request, const std::string& name, int code, const IoGuard& guard);

} // namespace livegloss::media
