#pragma once

#include "base/result.h"
#include "dataset/dataset.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace livegloss::dataset {

/// A gloss and how often it is signed in each of train, dev and test.
struct VocabularyEntry {
    std::string gloss;
    std::int64_t train = 0;
    std::int64_t dev = 0;
    std::int64_t test = 0;
};

/// Every gloss of the data set, sorted byte by byte, as published dictionaries are: entry i has label i + 1.
std::vector<VocabularyEntry> vocabularyOf(const Dataset& dataset);
/// The glosses alone.
std::vector<std::string> glossesOf(const std::vector<VocabularyEntry>& vocabulary);

/// One gloss a line in the order of the labels, as `livegloss-cli import --glosses` reads it.
Result<void> writeVocabulary(const std::filesystem::path& path, const std::vector<VocabularyEntry>& vocabulary);
/// Refuses empty, repeated and damaged lines with file and line.
Result<std::vector<std::string>> readVocabulary(const std::filesystem::path& path);

} // namespace livegloss::dataset
