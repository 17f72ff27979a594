#pragma once

#include "base/result.h"

#include <filesystem>
#include <string>

namespace livegloss::evaluation {

/// The whole of a text file. Errors name the path.
Result<std::string> readText(const std::filesystem::path& path);
/// Replaces the file in one step, so that it is never half there.
Result<void> writeText(const std::filesystem::path& path, const std::string& text);

} // namespace livegloss::evaluation
