#include "publish_file.h"

#include <system_error>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <unistd.h>
#endif

namespace livegloss::media {

namespace {

namespace fs = std::filesystem;

/// Brings a file's or folder's bytes to the disk; true where the system offers no such call.
bool flushToDisk(const fs::path& path) {
#if defined(__unix__) || defined(__APPLE__)
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    const bool flushed = ::fsync(descriptor) == 0;
    return ::close(descriptor) == 0 && flushed;
#else
    static_cast<void>(path);
    return true;
#endif
}

} // namespace

tl::unexpected<Error> writeFailure(const fs::path& path, const std::string& reason) {
    return failure(ErrorCode::WriteFailed, "cannot write " + path.string() + ": " + reason,
                   "Check that the folder exists, can be written to and has room.");
}

Result<void> publishFile(const fs::path& partial, const fs::path& path) {
    if (!flushToDisk(partial)) {
        return writeFailure(path, "its bytes do not reach the disk");
    }
    std::error_code renamed;
    fs::rename(partial, path, renamed);
    if (renamed) {
        return writeFailure(path, renamed.message());
    }
    flushToDisk(path.has_parent_path() ? path.parent_path() : fs::path("."));
    return {};
}

} // namespace livegloss::media
