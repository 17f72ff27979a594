#pragma once

#include "base/result.h"

#include <filesystem>
#include <string>

namespace livegloss::evaluation {

/// The whole of a text file. Errors name the path.
Result<std::string> readText(const std::filesystem::path& path);

} // namespace livegloss::evaluation
