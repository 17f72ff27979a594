#pragma once

#include "base/result.h"

#include <string>
#include <vector>

namespace livegloss::cli {

/// Writes `text` to the file at `path` as writeNewFile() does, or to standard output where `path` is empty.
Result<void> writeOutput(const std::string& path, const std::string& text);

/// Whether all that was printed to standard output got there; WriteFailed where it did not.
Result<void> finishOutput();

/// Whether `path` can be expected to be written, before long work begins; empty is standard output. WriteFailed with
/// the reason otherwise, InvalidArgument where it is one of the files that are read.
Result<void> checkOutput(const std::string& path, const std::vector<std::string>& inputs = {});

} // namespace livegloss::cli
