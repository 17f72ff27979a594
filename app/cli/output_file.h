#pragma once

#include "base/result.h"

#include <string>
#include <vector>

namespace livegloss::cli {

/// Writes `text` to the file at `path`, or to standard output where `path` is empty. A file appears whole or not at
/// all; links are followed; a device or pipe is written to as it is. WriteFailed with the path and the system's reason.
Result<void> writeOutput(const std::string& path, const std::string& text);

/// Whether `path` can be expected to be written, before long work begins; empty is standard output. WriteFailed with the
/// reason otherwise, InvalidArgument where it is one of the files that are read.
Result<void> checkOutput(const std::string& path, const std::vector<std::string>& inputs = {});

} // namespace livegloss::cli
