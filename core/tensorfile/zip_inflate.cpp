#include "zip_input.h"

#include <array>
#include <new>
#include <zlib.h>

namespace livegloss::tensorfile {
namespace {

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

std::unique_ptr<ByteInput> openDeflated(const FileBytes& file, const ZipEntry& entry) {
    return std::make_unique<InflatedInput>(file, entry);
}

} // namespace livegloss::tensorfile
