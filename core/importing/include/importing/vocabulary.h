#pragma once

#include "base/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace livegloss::importing {

/// Glosses in the order of their classes, from 1 (the blank, 0, is left out), UTF-8. The format is told from the
/// contents: a NumPy gloss dictionary, JSON (an array of glosses, {gloss: index}, {gloss: [index, count]} or
/// {index: gloss}), or plain text with one gloss a line. Errors name the line or the key.
Result<std::vector<std::string>> readVocabulary(const std::filesystem::path& path);

} // namespace livegloss::importing
