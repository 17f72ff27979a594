#include "zip_archive.h"

#include <array>
#include <zlib.h>

namespace livegloss::tensorfile {
namespace {

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
        current_ = static_cast<std::uint32_t>(
            ::crc32_z(current_, reinterpret_cast<const unsigned char*>(destination.data()), count));
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

class StoredInput : public CheckedInput {
public:
    StoredInput(const FileBytes& file, const ZipEntry& entry)
        : CheckedInput(entry), input_(file, entry.dataOffset, entry.storedBytes) {}

private:
    std::size_t fill(std::span<std::byte> destination) override { return input_.next(destination); }
    FileInput input_;
};

class InflatedInput : public CheckedInput {
public:
    InflatedInput(const FileBytes& file, const ZipEntry& entry)
        : CheckedInput(entry), input_(file, entry.dataOffset, entry.storedBytes) {
        constexpr int rawDeflate = -MAX_WBITS;
        if (::inflateInit2(&stream_, rawDeflate) != Z_OK) {
            throw std::bad_alloc();
        }
    }
    ~InflatedInput() override { ::inflateEnd(&stream_); }
    InflatedInput(const InflatedInput&) = delete;
    InflatedInput& operator=(const InflatedInput&) = delete;

private:
    std::size_t fill(std::span<std::byte> destination) override {
        stream_.next_out = reinterpret_cast<unsigned char*>(destination.data());
        const auto room = static_cast<unsigned>(std::min<std::size_t>(destination.size(), 1U << 30));
        stream_.avail_out = room;
        while (stream_.avail_out == room) {
            step();
        }
        return room - stream_.avail_out;
    }

    void checkNothingFollows() override {
        std::array<unsigned char, 1> more{};
        while (!ended_) {
            stream_.next_out = more.data();
            stream_.avail_out = 1;
            step();
            if (stream_.avail_out == 0) {
                refuse(joined("the zip entry ", quotedName(name()), " unpacks to more than the directory says"));
            }
        }
    }

    void step() {
        if (ended_) {
            refuse(joined("the zip entry ", quotedName(name()), " unpacks to less than the directory says"));
        }
        if (stream_.avail_in == 0) {
            const std::size_t count = input_.next(buffer_);
            stream_.next_in = reinterpret_cast<unsigned char*>(buffer_.data());
            stream_.avail_in = static_cast<unsigned>(count);
        }
        const bool starved = stream_.avail_in == 0;
        const int result = ::inflate(&stream_, Z_NO_FLUSH);
        ended_ = result == Z_STREAM_END;
        if (!ended_ && (result != Z_OK || starved)) {
            refuse(joined("the compressed bytes of the zip entry ", quotedName(name()), " are damaged"));
        }
    }

    FileInput input_;
    ::z_stream stream_{};
    std::array<std::byte, 32768> buffer_{};
    bool ended_ = false;
};

} // namespace

std::unique_ptr<ByteInput> openZipEntry(const FileBytes& file, const ZipEntry& entry) {
    if (entry.deflated) {
        return std::make_unique<InflatedInput>(file, entry);
    }
    return std::make_unique<StoredInput>(file, entry);
}

} // namespace livegloss::tensorfile
