#pragma once

#include "zip_archive.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace livegloss::tensorfile {

/// CRC-32 as zip counts it (ISO 3309), of bytes that follow those of `running`; 0 to begin with.
std::uint32_t zipChecksum(std::uint32_t running, std::span<const std::byte> bytes);

/// Counts and checks what passes through.
class CheckedInput : public ByteInput {
public:
    explicit CheckedInput(const ZipEntry& entry) : name_(entry.name), checksum_(entry.checksum), left_(entry.bytes) {}

    std::size_t next(std::span<std::byte> destination) final {
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left_, destination.size()));
        if (wanted == 0) {
            if (left_ == 0) {
                checkEnd();
            }
            return 0;
        }
        const std::size_t count = fill(destination.first(wanted));
        current_ = zipChecksum(current_, destination.first(count));
        left_ -= count;
        if (left_ == 0) {
            checkEnd();
        }
        return count;
    }

protected:
    /// At least one byte, or a Refusal.
    virtual std::size_t fill(std::span<std::byte> destination) = 0;
    virtual void checkNothingFollows() {}
    const std::string& name() const { return name_; }

private:
    void checkEnd() {
        checkNothingFollows();
        if (current_ != checksum_) {
            refuse(joined("the checksum of the zip entry ", quotedName(name_), " is wrong: its bytes were changed"));
        }
    }

    std::string name_;
    std::uint32_t checksum_;
    std::uint64_t left_;
    std::uint32_t current_ = 0;
};

/// A deflated entry, unpacked as it is read. Without zlib in the build: a Refusal that says so.
std::unique_ptr<ByteInput> openDeflated(const FileBytes& file, const ZipEntry& entry);

} // namespace livegloss::tensorfile
