#pragma once

#include "base/result.h"
#include "io_guard.h"
#include "media/frame_source.h"

#include <string>

namespace livegloss::media {

/// Turns FFmpeg's return value into an Error that names the source and says what to do.
Error describeFailure(const SourceRequest& request, const std::string& name, int code, const IoGuard& guard);

/// The Error for a computer's name that could not be turned into an address: getaddrinfo()'s return value, 0 where no
/// name server answered in time.
Error describeLookup(const std::string& host, int code);

} // namespace livegloss::media
