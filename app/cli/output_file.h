#pragma once

#include "base/result.h"

#include <string>

namespace livegloss::cli {

/// Writes `text` to the file at `path`, or to standard output where `path` is empty. A file appears whole or not at
/// all; links are followed; a device or pipe is written to as it is. WriteFailed with the path and the system's reason.
Result<void> writeOutput(const std::string& path, const std::string& text);

/// Whether writeOutput() can be expected to succeed, before long work begins. WriteFailed with the reason otherwise.
Result<void> checkOutput(const std::string& path);

} // namespace livegloss::cli
