#pragma once

#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace livegloss::tensorfile {

/// The first `most` bytes of a regular file, or all of them where there are fewer. Never waits: pipes and devices are
/// refused. NotFound, PermissionDenied, Unreadable.
Result<std::string> readFileStart(const std::filesystem::path& path, std::uint64_t most);

bool isUtf8(std::string_view text);

} // namespace livegloss::tensorfile
