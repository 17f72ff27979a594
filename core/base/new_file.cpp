#include "base/new_file.h"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace livegloss {

namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> cannotWrite(const fs::path& path, int reason) {
    return failure(ErrorCode::WriteFailed,
                   "cannot write " + path.string() + ": " + std::generic_category().message(reason),
                   reason == ENOSPC ? "Free space on the disk, or choose another place."
                                    : "Check that the folder exists, can be written to and has room.");
}

bool isRegularOrNew(const fs::path& path) {
    std::error_code ignored;
    const fs::file_type type = fs::status(path, ignored).type();
    return type == fs::file_type::regular || type == fs::file_type::not_found;
}

fs::path folderOf(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// Where `path` leads to in the end, so that a link stays a link.
fs::path targetOf(const fs::path& path) {
    std::error_code problem;
    fs::path target = fs::weakly_canonical(path, problem);
    if (problem) {
        return path;
    }
    // What a link leads to need not be there yet.
    constexpr int mostLinks = 40;
    for (int i = 0; i < mostLinks && fs::is_symlink(target, problem); ++i) {
        const fs::path next = fs::weakly_canonical(folderOf(target) / fs::read_symlink(target, problem), problem);
        if (problem) {
            break;
        }
        target = next;
    }
    return target;
}

void flushFolder(const fs::path& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        ::fsync(descriptor);
        ::close(descriptor);
    }
}

} // namespace

NewFile::NewFile(const fs::path& target) : named_(target), target_(targetOf(target)), path_(target_) {
    replaces_ = isRegularOrNew(target_);
    if (replaces_) {
        static std::atomic<unsigned> serial{0};
        path_ += ".part-";
        path_ += std::to_string(::getpid());
        path_ += "-";
        path_ += std::to_string(serial++);
    }
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC | (replaces_ ? O_CREAT | O_EXCL : 0), 0666);
    openError_ = errno;
    if (struct stat before{}; descriptor_ >= 0 && replaces_ && ::stat(target_.c_str(), &before) == 0) {
        ::fchmod(descriptor_, before.st_mode & 07777U);
    }
    replaces_ = replaces_ && descriptor_ >= 0;
}

NewFile::~NewFile() {
    close();
    if (replaces_) {
        ::unlink(path_.c_str());
    }
}

Result<void> NewFile::opened() const {
    return descriptor_ >= 0 ? Result<void>() : failed(openError_);
}

Result<void> NewFile::write(const void* data, std::size_t bytes) {
    if (descriptor_ < 0) {
        return failed(openError_);
    }
    const auto* next = static_cast<const char*>(data);
    while (bytes > 0) {
        const ssize_t written = ::write(descriptor_, next, bytes);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return failed(errno);
        }
        next += written;
        bytes -= static_cast<std::size_t>(written);
    }
    return {};
}

Result<void> NewFile::commit() {
    if (descriptor_ < 0) {
        return failed(openError_);
    }
    if (!replaces_) {
        return close() ? Result<void>() : failed(errno);
    }
    if (::fsync(descriptor_) != 0 || !close() || ::rename(path_.c_str(), target_.c_str()) != 0) {
        return failed(errno);
    }
    replaces_ = false;
    flushFolder(folderOf(target_)); // the rename itself is on the disk only then
    return {};
}

tl::unexpected<Error> NewFile::failed(int reason) const {
    return cannotWrite(named_, reason);
}

bool NewFile::close() {
    const bool closed = descriptor_ < 0 || ::close(descriptor_) == 0;
    descriptor_ = -1;
    return closed;
}

Result<void> writeNewFile(const fs::path& target, std::string_view contents) {
    NewFile file(target);
    return file.write(contents.data(), contents.size()).and_then([&] { return file.commit(); });
}

Result<void> checkNewFile(const fs::path& target) {
    const fs::path end = targetOf(target);
    std::error_code ignored;
    if (fs::is_directory(end, ignored)) {
        return cannotWrite(target, EISDIR);
    }
    const bool exists = fs::exists(end, ignored);
    if ((exists && ::access(end.c_str(), W_OK) != 0) ||
        (isRegularOrNew(end) && ::access(folderOf(end).c_str(), W_OK) != 0)) {
        return cannotWrite(target, errno);
    }
    return {};
}

} // namespace livegloss
