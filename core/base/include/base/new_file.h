#pragma once

#include "base/result.h"

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace livegloss {

/// A file that is written beside its target, under a name that nobody else has, and takes the target's place once it is
/// whole and on the disk. A link is followed; a device or pipe is written to as it is. Without commit() the target
/// stays what it was and nothing is left behind. Errors are WriteFailed with the path and the system's reason. One
/// thread at a time.
class NewFile {
public:
    explicit NewFile(const std::filesystem::path& target);
    ~NewFile();
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;

    /// Whether it can be written at all.
    Result<void> opened() const;
    /// Where it lies until then, for writers that want a path.
    const std::filesystem::path& path() const { return path_; }
    Result<void> write(const void* data, std::size_t bytes);
    Result<void> commit();

private:
    tl::unexpected<Error> failed(int reason) const;
    bool close();

    std::filesystem::path named_;  ///< as it was asked for, for messages
    std::filesystem::path target_; ///< what it leads to
    std::filesystem::path path_;
    int descriptor_ = -1;
    int openError_ = 0;
    bool replaces_ = false; ///< `path_` is a name of its own, which goes unless the file is committed
};

/// The whole of a file at once.
Result<void> writeNewFile(const std::filesystem::path& target, std::string_view contents);

/// Whether a file can be expected to be written there, without touching it.
Result<void> checkNewFile(const std::filesystem::path& target);

} // namespace livegloss
