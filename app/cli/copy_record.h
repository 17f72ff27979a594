#pragma once

#include "base/result.h"
#include "dataset/dataset.h"

#include <filesystem>
#include <map>
#include <string>

namespace livegloss::cli {

/// How the clips of a built folder were made, a line each in its file copies.tsv, so that a later build keeps only
/// those that it would make the same. One process at a time.
class CopyRecord {
public:
    /// Reads what an earlier build left in the folder; without one it is empty.
    explicit CopyRecord(const std::filesystem::path& folder);
    static std::filesystem::path fileIn(const std::filesystem::path& folder);

    /// Whether `copy`, a file or a folder of files, below the folder, is there as it was written, and was made like
    /// this.
    bool holds(const std::filesystem::path& copy, const std::string& making) const;
    /// Notes that `copy` was just written like this.
    Result<void> add(const std::filesystem::path& copy, const std::string& making);

private:
    std::filesystem::path folder_;
    std::map<std::string, std::string> lines_; ///< what follows the path, by path
    bool cutOff_ = false;                      ///< the file does not end with the end of a line
};

/// Everything that a copy of the clip depends on, as columns: side, compression (a number, or "png"), the part of the
/// media that is meant, and the media's bytes and newest change; of a folder of pictures those of all its files.
std::string makingOf(const dataset::Clip& clip, int size, const std::string& compression);

} // namespace livegloss::cli
