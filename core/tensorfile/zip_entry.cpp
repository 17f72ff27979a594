#include "zip_input.h"

#include <algorithm>
#include <array>

namespace livegloss::tensorfile {
namespace {

/// What a byte does to the checksum `k` bytes further on: [k][byte].
using ChecksumTables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr ChecksumTables checksumTables() {
    ChecksumTables tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value >> 1) ^ ((value & 1U) != 0 ? 0xEDB88320U : 0U);
        }
        tables[0][byte] = value;
    }
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        for (std::size_t k = 1; k < tables.size(); ++k) {
            const std::uint32_t before = tables[k - 1][byte];
            tables[k][byte] = (before >> 8) ^ tables[0][before & 255U];
        }
    }
    return tables;
}

class StoredInput : public CheckedInput {
public:
    StoredInput(const FileBytes& file, const ZipEntry& entry)
        : CheckedInput(entry), input_(file, entry.dataOffset, entry.storedBytes) {}

private:
    std::size_t fill(std::span<std::byte> destination) override { return input_.next(destination); }
    FileInput input_;
};

} // namespace

std::uint32_t zipChecksum(std::uint32_t running, std::span<const std::byte> bytes) {
    static constexpr ChecksumTables tables = checksumTables();
    std::uint32_t value = ~running;
    const auto at = [&bytes](std::size_t i) { return static_cast<std::uint32_t>(bytes[i]); };
    std::size_t i = 0;
    for (; i + 8 <= bytes.size(); i += 8) {
        value ^= at(i) | at(i + 1) << 8 | at(i + 2) << 16 | at(i + 3) << 24;
        value = tables[7][value & 255U] ^ tables[6][(value >> 8) & 255U] ^ tables[5][(value >> 16) & 255U] ^
                tables[4][value >> 24] ^ tables[3][at(i + 4)] ^ tables[2][at(i + 5)] ^ tables[1][at(i + 6)] ^
                tables[0][at(i + 7)];
    }
    for (; i < bytes.size(); ++i) {
        value = (value >> 8) ^ tables[0][(value ^ at(i)) & 255U];
    }
    return ~value;
}

std::unique_ptr<ByteInput> openZipEntry(const FileBytes& file, const ZipEntry& entry) {
    if (entry.deflated) {
        return openDeflated(file, entry);
    }
    return std::make_unique<StoredInput>(file, entry);
}

} // namespace livegloss::tensorfile
