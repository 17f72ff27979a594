#include "copy_record.h"

#include "base/decimal.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <utility>

namespace livegloss::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* kHeading = "path\tsize\tcrf\tfps\tstart\tend\tfiles\tbytes\tchanged\tcopy_bytes";

/// What tells media from other media without reading it.
struct MediaMark {
    std::int64_t files = 0;
    std::uintmax_t bytes = 0;
    std::int64_t newest = 0; ///< on the clock of the file system

    void add(const fs::path& file) {
        std::error_code problem;
        const std::uintmax_t size = fs::file_size(file, problem);
        if (problem) {
            return;
        }
        const auto changed = static_cast<std::int64_t>(fs::last_write_time(file, problem).time_since_epoch().count());
        newest = files == 0 ? changed : std::max(newest, changed);
        bytes += size;
        ++files;
    }
};

MediaMark markOf(const fs::path& media) {
    MediaMark mark;
    std::error_code problem;
    if (!fs::is_directory(media, problem)) {
        mark.add(media);
        return mark;
    }
    for (fs::directory_iterator entry(media, problem); !problem && entry != fs::directory_iterator();
         entry.increment(problem)) {
        mark.add(entry->path());
    }
    return mark;
}

/// With the bytes of the copy as it is now: one that was replaced since is another.
std::string withCopy(const std::string& making, const fs::path& copy) {
    const MediaMark mark = markOf(copy);
    return mark.files == 0 ? std::string() : making + "\t" + std::to_string(mark.bytes);
}

} // namespace

fs::path CopyRecord::fileIn(const fs::path& folder) {
    return folder / "copies.tsv";
}

CopyRecord::CopyRecord(const fs::path& folder) : folder_(folder) {
    std::ifstream file(fileIn(folder));
    std::string line;
    if (!std::getline(file, line) || line != kHeading) {
        return; // of another version: nothing is known of the clips
    }
    while (std::getline(file, line)) {
        const std::size_t tab = line.find('\t');
        cutOff_ = file.eof(); // the last line is whole only with its end
        if (tab != std::string::npos && !cutOff_) {
            lines_[line.substr(0, tab)] = line.substr(tab + 1);
        }
    }
}

bool CopyRecord::holds(const fs::path& copy, const std::string& making) const {
    const auto found = lines_.find(copy.generic_string());
    return found != lines_.end() && found->second == withCopy(making, folder_ / copy);
}

Result<void> CopyRecord::add(const fs::path& copy, const std::string& making) {
    const fs::path path = fileIn(folder_);
    const std::string line = withCopy(making, folder_ / copy);
    const bool fresh = lines_.empty();
    std::ofstream file(path, fresh ? std::ios::trunc : std::ios::app);
    if (fresh) {
        file << kHeading << "\n";
    } else if (std::exchange(cutOff_, false)) {
        file << "\n"; // or the line that a crash cut off would swallow this one
    }
    file << copy.generic_string() << "\t" << line << "\n";
    file.flush();
    if (!file) {
        return failure(ErrorCode::WriteFailed, "cannot write " + path.string(),
                       "Check that the folder may be written to and has room.");
    }
    lines_[copy.generic_string()] = line;
    return {};
}

std::string makingOf(const dataset::Clip& clip, int size, const std::string& compression) {
    const MediaMark mark = markOf(clip.media);
    std::string text;
    for (const std::string& column :
         {std::to_string(size), compression, clip.pictures ? decimalText(clip.fps) : std::string(),
          decimalText(clip.startSeconds), clip.endSeconds ? decimalText(*clip.endSeconds) : std::string(),
          std::to_string(mark.files), std::to_string(mark.bytes), std::to_string(mark.newest)}) {
        text.append(text.empty() ? "" : "\t").append(column);
    }
    return text;
}

} // namespace livegloss::cli
