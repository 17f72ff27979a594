#pragma once

#include "base/result.h"

#include <filesystem>

namespace livegloss::media {

/// Brings a complete file's bytes to the disk and gives it its name in one step. WriteFailed.
Result<void> publishFile(const std::filesystem::path& partial, const std::filesystem::path& path);

/// What cannot be written and why.
tl::unexpected<Error> writeFailure(const std::filesystem::path& path, const std::string& reason);

} // namespace livegloss::media
