#pragma once

#include "refusal.h"
#include "tensorfile/text.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace livegloss::tensorfile {

/// A regular file opened for reading at any place. It stays the same file when another is renamed over its path.
/// Threads may share one.
class FileBytes {
public:
    /// Throws Refusal.
    static std::shared_ptr<const FileBytes> open(const std::filesystem::path& path);
    ~FileBytes();
    FileBytes(const FileBytes&) = delete;
    FileBytes& operator=(const FileBytes&) = delete;

    std::uint64_t size() const { return size_; }
    /// Fills `destination` or throws Refusal: the file may have shrunk since it was opened.
    void read(std::uint64_t offset, std::span<std::byte> destination) const;

private:
    FileBytes(int descriptor, std::uint64_t size) : descriptor_(descriptor), size_(size) {}
    int descriptor_;
    std::uint64_t size_;
};

/// Bytes that come one after the other.
class ByteInput {
public:
    virtual ~ByteInput() = default;
    /// Fills the front of `destination`; how many bytes, 0 at the end. Throws Refusal.
    virtual std::size_t next(std::span<std::byte> destination) = 0;
};

/// A range of a file.
class FileInput : public ByteInput {
public:
    FileInput(const FileBytes& file, std::uint64_t offset, std::uint64_t bytes)
        : file_(file), offset_(offset), left_(bytes) {}
    std::size_t next(std::span<std::byte> destination) override;

private:
    const FileBytes& file_;
    std::uint64_t offset_;
    std::uint64_t left_;
};

/// Buffered reading of a ByteInput of known length. Everything throws Refusal where the input ends too early.
class ByteStream {
public:
    ByteStream(ByteInput& input, std::uint64_t bytes);

    /// From the start of the input.
    std::uint64_t position() const { return position_; }
    std::uint64_t left() const { return bytes_ - position_; }
    std::uint8_t byte();
    /// A little-endian integer of `bytes` (1 to 8) bytes, without a sign.
    std::uint64_t unsignedInteger(std::size_t bytes);
    std::string text(std::uint64_t bytes);
    /// Up to a line feed, which is taken and not returned.
    std::string line(std::size_t longest);
    void skip(std::uint64_t bytes);

private:
    void refill();

    ByteInput& input_;
    std::uint64_t bytes_;
    std::uint64_t position_ = 0;
    std::vector<std::byte> buffer_;
    std::size_t bufferNext_ = 0;
    std::size_t bufferEnd_ = 0;
};

} // namespace livegloss::tensorfile
