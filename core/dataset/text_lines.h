#pragma once

#include "base/result.h"
#include "dataset/dataset.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace livegloss::dataset {

/// A line of a list: its fields and where it stands.
struct ListLine {
    const std::filesystem::path& file;
    int number;
    std::vector<std::string> fields;

    tl::unexpected<Error> wrong(const std::string& problem) const;
};

/// Splits `text` at every `separator`; fields keep their inner spaces and lose those around them.
std::vector<std::string> fieldsOf(std::string_view text, char separator);
/// Splits at white space.
std::vector<std::string> wordsOf(std::string_view text);

/// Calls `take` for every line that is not empty, split at `separator`, until it fails. Either line ending, with or
/// without a byte order mark; lines that are no UTF-8, hold control characters or are longer than 1 MiB are refused.
Result<void> forEachLine(const std::filesystem::path& file, char separator,
                         const std::function<Result<void>(const ListLine&)>& take);
/// The same for a file whose first line names its columns: refuses another heading.
Result<void> forEachRow(const std::filesystem::path& file, char separator, const std::vector<std::string>& columns,
                        const std::function<Result<void>(const ListLine&)>& take);

/// Whether it is UTF-8 without control characters; tabs and a carriage return may stand in it.
bool isText(std::string_view line);

/// A relative path that stays inside the folder it is relative to; nothing for others.
std::optional<std::filesystem::path> innerPath(const std::string& text);
/// The same; an error of the line otherwise.
Result<std::filesystem::path> innerPath(const ListLine& line, const std::string& text);

/// Adds the clip, or refuses a name that another clip has or that leads out of the data set.
class ClipList {
public:
    Result<void> add(const ListLine& line, Clip clip);
    std::vector<Clip> take() { return std::move(clips_); }

private:
    std::vector<Clip> clips_;
    std::set<std::string> ids_; ///< over all splits: a clip in two of them would spoil every figure
};

// One reader a layout.
Result<std::vector<Clip>> readPhoenix2014(const std::filesystem::path& root, bool signerIndependent);
Result<std::vector<Clip>> readPhoenix2014T(const std::filesystem::path& root);
Result<std::vector<Clip>> readCslDaily(const std::filesystem::path& root);
Result<std::vector<Clip>> readCsl(const std::filesystem::path& root);
Result<std::vector<Clip>> readTable(const std::filesystem::path& root);
Result<std::vector<Clip>> readSynthFolder(const std::filesystem::path& root);

} // namespace livegloss::dataset
