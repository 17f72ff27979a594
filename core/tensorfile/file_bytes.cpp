#include "file_bytes.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <sys/stat.h>
#include <unistd.h>

namespace livegloss::tensorfile {
namespace {

constexpr std::size_t bufferBytes = 64 * 1024;

} // namespace

std::shared_ptr<const FileBytes> FileBytes::open(const std::filesystem::path& path) {
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        if (errno == ENOENT || errno == ENOTDIR) {
            throw Refusal{ErrorCode::NotFound, "there is no such file", "Check the name and the folder."};
        }
        if (errno == ELOOP) {
            throw Refusal{ErrorCode::NotFound, "it is a link that leads back to itself",
                          "Choose the file that it was to lead to."};
        }
        throw Refusal{ErrorCode::PermissionDenied, "the file may not be opened", "Check the file's permissions."};
    }
    struct stat status {};
    const bool regular = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
    if (!regular) {
        ::close(descriptor);
        throw Refusal{ErrorCode::Unreadable, "not a regular file", "Choose a file, not a folder or a device."};
    }
    return std::shared_ptr<const FileBytes>(new FileBytes(descriptor, static_cast<std::uint64_t>(status.st_size)));
}

FileBytes::~FileBytes() {
    ::close(descriptor_);
}

void FileBytes::read(std::uint64_t offset, std::span<std::byte> destination) const {
    std::size_t done = 0;
    while (done < destination.size()) {
        const ::ssize_t count = ::pread(descriptor_, destination.data() + done, destination.size() - done,
                                        static_cast<::off_t>(offset + done));
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            refuse(joined("only ", done, " of ", destination.size(), " bytes at offset ", offset, " could be read"));
        }
        done += static_cast<std::size_t>(count);
    }
}

std::size_t FileInput::next(std::span<std::byte> destination) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, destination.size()));
    file_.read(offset_, destination.first(count));
    offset_ += count;
    left_ -= count;
    return count;
}

ByteStream::ByteStream(ByteInput& input, std::uint64_t bytes)
    : input_(input), bytes_(bytes), buffer_(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, bufferBytes))) {}

void ByteStream::refill() {
    bufferNext_ = 0;
    const std::uint64_t wanted = std::min<std::uint64_t>(left(), buffer_.size());
    bufferEnd_ = wanted == 0 ? 0 : input_.next(std::span(buffer_).first(static_cast<std::size_t>(wanted)));
    if (bufferEnd_ == 0) {
        refuse("the data ends too early");
    }
}

std::uint8_t ByteStream::byte() {
    if (bufferNext_ == bufferEnd_) {
        refill();
    }
    ++position_;
    return static_cast<std::uint8_t>(buffer_[bufferNext_++]);
}

std::uint64_t ByteStream::unsignedInteger(std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
        value |= static_cast<std::uint64_t>(byte()) << (8 * i);
    }
    return value;
}

std::string ByteStream::text(std::uint64_t bytes) {
    if (bytes > left()) {
        refuse(joined("a length of ", bytes, " bytes is announced where only ", left(), " are left"));
    }
    std::string result;
    result.reserve(static_cast<std::size_t>(bytes));
    while (result.size() < bytes) {
        if (bufferNext_ == bufferEnd_) {
            refill();
        }
        const std::size_t count = std::min<std::size_t>(bufferEnd_ - bufferNext_, bytes - result.size());
        result.append(reinterpret_cast<const char*>(buffer_.data()) + bufferNext_, count);
        bufferNext_ += count;
        position_ += count;
    }
    return result;
}

std::string ByteStream::line(std::size_t longest) {
    std::string result;
    for (;;) {
        const char letter = static_cast<char>(byte());
        if (letter == '\n') {
            return result;
        }
        if (result.size() == longest) {
            refuse(joined("a name has more than ", longest, " bytes"));
        }
        result += letter;
    }
}

void ByteStream::skip(std::uint64_t bytes) {
    if (bytes > left()) {
        refuse(joined("a length of ", bytes, " bytes is announced where only ", left(), " are left"));
    }
    while (bytes > 0) {
        if (bufferNext_ == bufferEnd_) {
            refill();
        }
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(bufferEnd_ - bufferNext_, bytes));
        bufferNext_ += count;
        position_ += count;
        bytes -= count;
    }
}

Result<std::string> readFileStart(const std::filesystem::path& path, std::uint64_t most) {
    return guarded(path, [&] {
        const auto file = FileBytes::open(path);
        std::string start(static_cast<std::size_t>(std::min(file->size(), most)), '\0');
        file->read(0, std::as_writable_bytes(std::span(start)));
        return start;
    });
}

bool isUtf8(std::string_view text) {
    std::size_t next = 0;
    const auto continuation = [&](std::size_t place, unsigned low, unsigned high) {
        const unsigned code = place < text.size() ? static_cast<unsigned char>(text[place]) : 0;
        return code >= low && code <= high;
    };
    while (next < text.size()) {
        const unsigned lead = static_cast<unsigned char>(text[next]);
        if (lead < 0x80) {
            ++next;
        } else if (lead >= 0xC2 && lead < 0xE0 && continuation(next + 1, 0x80, 0xBF)) {
            next += 2;
        } else if (lead >= 0xE0 && lead < 0xF0 &&
                   continuation(next + 1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF) &&
                   continuation(next + 2, 0x80, 0xBF)) {
            next += 3;
        } else if (lead >= 0xF0 && lead < 0xF5 &&
                   continuation(next + 1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF) &&
                   continuation(next + 2, 0x80, 0xBF) && continuation(next + 3, 0x80, 0xBF)) {
            next += 4;
        } else {
            return false;
        }
    }
    return true;
}

} // namespace livegloss::tensorfile
