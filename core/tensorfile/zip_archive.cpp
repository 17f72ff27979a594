#include "zip_archive.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

namespace livegloss::tensorfile {
namespace {

constexpr std::uint32_t localSignature = 0x04034B50;
constexpr std::uint32_t centralSignature = 0x02014B50;
constexpr std::uint32_t endSignature = 0x06054B50;
constexpr std::uint32_t wideEndSignature = 0x06064B50;
constexpr std::uint32_t wideLocatorSignature = 0x07064B50;
constexpr std::uint64_t endBytes = 22;
constexpr std::uint64_t wideLocatorBytes = 20;
constexpr std::uint64_t wideEndBytes = 56;
constexpr std::uint64_t localBytes = 30;
constexpr std::uint64_t centralBytes = 46;
constexpr std::uint64_t longestDirectory = 32U << 20;
constexpr std::uint64_t longestComment = 0xFFFF;
// Deflate cannot exceed 1032:1; weights do not come near a hundredth of the limit below.
constexpr std::uint64_t highestRatio = 100;
constexpr std::uint64_t ratioMatters = 1U << 20;

constexpr unsigned flagEncrypted = 1U << 0;
constexpr unsigned flagSizesFollow = 1U << 3;
constexpr unsigned flagPatch = 1U << 5;
constexpr unsigned flagStrongEncryption = 1U << 6;
constexpr unsigned flagMasked = 1U << 13;

/// Little-endian fields of a block of memory.
class Fields {
public:
    explicit Fields(std::span<const std::byte> bytes) : bytes_(bytes) {}
    std::uint64_t at(std::size_t offset, std::size_t width) const {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < width; ++i) {
            value |= static_cast<std::uint64_t>(bytes_[offset + i]) << (8 * i);
        }
        return value;
    }
    std::uint16_t u16(std::size_t offset) const { return static_cast<std::uint16_t>(at(offset, 2)); }
    std::uint32_t u32(std::size_t offset) const { return static_cast<std::uint32_t>(at(offset, 4)); }
    std::uint64_t u64(std::size_t offset) const { return at(offset, 8); }
    std::size_t size() const { return bytes_.size(); }
    Fields part(std::size_t offset, std::size_t count) const { return Fields(bytes_.subspan(offset, count)); }
    std::string text(std::size_t offset, std::size_t count) const {
        return std::string(reinterpret_cast<const char*>(bytes_.data()) + offset, count);
    }

private:
    std::span<const std::byte> bytes_;
};

std::vector<std::byte> readBlock(const FileBytes& file, std::uint64_t offset, std::uint64_t bytes) {
    std::vector<std::byte> block(static_cast<std::size_t>(bytes));
    file.read(offset, block);
    return block;
}

struct Directory {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::uint64_t entries = 0;
};

[[noreturn]] void refuseSplit() {
    refuseUnsupported("the zip archive is split over several files", "Join its parts into one file first.");
}

Directory readWideEnd(const FileBytes& file, std::uint64_t locatorOffset, const Directory& narrow) {
    const auto locatorBlock = readBlock(file, locatorOffset, wideLocatorBytes);
    const Fields locator(locatorBlock);
    const std::uint64_t offset = locator.u64(8);
    if (locator.u32(4) != 0 || locator.u32(16) > 1) {
        refuseSplit();
    }
    if (locatorOffset < wideEndBytes || offset != locatorOffset - wideEndBytes) {
        refuse(joined("the zip archive's end record is said to lie at offset ", offset, ", but belongs before offset ",
                      locatorOffset));
    }
    const auto block = readBlock(file, offset, wideEndBytes);
    const Fields record(block);
    if (record.u32(0) != wideEndSignature || record.u64(4) != wideEndBytes - 12) {
        refuse(joined("no zip end record at offset ", offset));
    }
    if (record.u32(16) != 0 || record.u32(20) != 0 || record.u64(24) != record.u64(32)) {
        refuseSplit();
    }
    const Directory wide{record.u64(48), record.u64(40), record.u64(32)};
    const auto differs = [](std::uint64_t narrowValue, std::uint64_t wideValue, std::uint64_t elsewhere) {
        return narrowValue != elsewhere && narrowValue != wideValue;
    };
    if (differs(narrow.offset, wide.offset, 0xFFFFFFFF) || differs(narrow.bytes, wide.bytes, 0xFFFFFFFF) ||
        differs(narrow.entries, wide.entries, 0xFFFF)) {
        refuse("the zip archive's two end records contradict each other");
    }
    return wide;
}

/// Finds the end record, which is followed by nothing but its comment.
std::pair<std::uint64_t, Directory> findEnd(const FileBytes& file) {
    if (file.size() < endBytes) {
        refuse("the zip archive is cut off: it has no end record");
    }
    const std::uint64_t tailBytes = std::min(file.size(), endBytes + longestComment);
    const auto tail = readBlock(file, file.size() - tailBytes, tailBytes);
    for (std::uint64_t place = tailBytes - endBytes + 1; place-- > 0;) {
        const Fields record = Fields(tail).part(place, static_cast<std::size_t>(tailBytes - place));
        if (record.u32(0) != endSignature || record.u16(20) != tailBytes - place - endBytes) {
            continue;
        }
        if (record.u16(4) != 0 && record.u16(4) != 0xFFFF) {
            refuseSplit();
        }
        return {file.size() - tailBytes + place, {record.u32(16), record.u32(12), record.u16(10)}};
    }
    refuse("the zip archive is cut off: it has no end record");
}

Directory findDirectory(const FileBytes& file) {
    auto [end, directory] = findEnd(file);
    if (end >= wideLocatorBytes) {
        const auto block = readBlock(file, end - wideLocatorBytes, 4);
        if (Fields(block).u32(0) == wideLocatorSignature) {
            end -= wideLocatorBytes;
            directory = readWideEnd(file, end, directory);
            end -= wideEndBytes;
        }
    }
    if (directory.bytes > end || directory.offset != end - directory.bytes) {
        refuse(joined("the zip directory is said to lie at offset ", directory.offset, " with ", directory.bytes,
                      " bytes, but its end record is at offset ", end));
    }
    if (directory.bytes > longestDirectory) {
        refuse(joined("the zip directory has ", directory.bytes, " bytes, more than is allowed"));
    }
    if (directory.entries > directory.bytes / centralBytes) {
        refuse(joined("the zip archive announces ", directory.entries, " entries, more than its directory can hold"));
    }
    return directory;
}

void checkName(const std::string& name) {
    const std::string subject = joined("the zip entry ", quotedName(name));
    if (name.empty()) {
        refuse("a zip entry has no name");
    }
    if (name.find('\0') != std::string::npos) {
        refuse(subject + " has a NUL character in its name");
    }
    if (name.front() == '/' || name.find('\\') != std::string::npos || (name.size() > 1 && name[1] == ':')) {
        refuse(subject + " has an absolute or foreign path for a name");
    }
    std::string_view rest = name;
    while (!rest.empty()) {
        const std::size_t slash = rest.find('/');
        if (rest.substr(0, slash) == "..") {
            refuse(subject + " leads out of the archive by '..'");
        }
        rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    }
    if (!isUtf8(name)) {
        refuse(subject + " has a name that is not UTF-8");
    }
}

/// Replaces 32-bit fields that are all ones by the 64-bit values of the extra field. The order is fixed.
void widen(const Fields& extra, std::initializer_list<std::uint64_t*> values, const std::string& name) {
    const bool needed = std::ranges::any_of(values, [](const auto* value) { return *value == 0xFFFFFFFF; });
    std::size_t next = 0;
    while (next + 4 <= extra.size()) {
        const std::size_t bytes = extra.u16(next + 2);
        if (next + 4 + bytes > extra.size()) {
            break;
        }
        if (extra.u16(next) == 1) {
            std::size_t place = next + 4;
            for (std::uint64_t* value : values) {
                if (*value == 0xFFFFFFFF) {
                    if (place + 8 > next + 4 + bytes) {
                        refuse(joined("the zip entry ", quotedName(name), " lacks its 64-bit sizes"));
                    }
                    *value = extra.u64(place);
                    place += 8;
                }
            }
            return;
        }
        next += 4 + bytes;
    }
    if (needed) {
        refuse(joined("the zip entry ", quotedName(name), " lacks its 64-bit sizes"));
    }
}

struct CentralRecord {
    ZipEntry entry;
    std::uint64_t localOffset = 0;
    unsigned flags = 0;
    unsigned method = 0;
    std::uint64_t end = 0; ///< of the data, in the file
};

void checkKind(const CentralRecord& record) {
    const std::string subject = joined("the zip entry ", quotedName(record.entry.name));
    if ((record.flags & (flagEncrypted | flagStrongEncryption | flagMasked)) != 0) {
        refuseUnsupported(subject + " is encrypted", "Unpack the archive with its password first.");
    }
    if ((record.flags & flagPatch) != 0 || (record.method != 0 && record.method != 8)) {
        refuseUnsupported(joined(subject, " is compressed by method ", record.method),
                          "Save the file again without compression.");
    }
    if (record.method == 0 && record.entry.storedBytes != record.entry.bytes) {
        refuse(
            joined(subject, " is stored with ", record.entry.storedBytes, " bytes, but claims ", record.entry.bytes));
    }
    if (record.entry.bytes > ratioMatters && record.entry.bytes / highestRatio > record.entry.storedBytes) {
        refuse(joined(subject, " would grow from ", record.entry.storedBytes, " to ", record.entry.bytes,
                      " bytes, more than real weights do"));
    }
}

/// The record at `place` of the directory; moves `place` behind it.
CentralRecord readCentral(const Fields& directory, std::size_t& place, std::uint64_t directoryOffset) {
    const std::size_t left = directory.size() - place;
    if (left < centralBytes || directory.u32(place) != centralSignature) {
        refuse(joined("no zip directory entry at offset ", directoryOffset + place));
    }
    const Fields fixed = directory.part(place, centralBytes);
    const std::size_t nameBytes = fixed.u16(28);
    const std::size_t extraBytes = fixed.u16(30);
    const std::size_t recordBytes = centralBytes + nameBytes + extraBytes + fixed.u16(32);
    if (left < recordBytes) {
        refuse(joined("the zip directory entry at offset ", directoryOffset + place, " is cut off"));
    }
    CentralRecord record;
    record.entry.name = directory.text(place + centralBytes, nameBytes);
    record.flags = fixed.u16(8);
    record.method = fixed.u16(10);
    record.entry.deflated = record.method == 8;
    record.entry.checksum = fixed.u32(16);
    record.entry.storedBytes = fixed.u32(20);
    record.entry.bytes = fixed.u32(24);
    record.localOffset = fixed.u32(42);
    checkName(record.entry.name);
    widen(directory.part(place + centralBytes + nameBytes, extraBytes),
          {&record.entry.bytes, &record.entry.storedBytes, &record.localOffset}, record.entry.name);
    if (fixed.u16(34) != 0) {
        refuseSplit();
    }
    checkKind(record);
    place += recordBytes;
    return record;
}

void checkLocal(const FileBytes& file, CentralRecord& record, std::uint64_t directoryOffset) {
    ZipEntry& entry = record.entry;
    const std::string subject = joined("the zip entry ", quotedName(entry.name));
    const std::uint64_t room = directoryOffset;
    if (room < localBytes || record.localOffset > room - localBytes) {
        refuse(joined(subject, " is said to begin at offset ", record.localOffset, ", inside or after the directory"));
    }
    const auto fixedBlock = readBlock(file, record.localOffset, localBytes);
    const Fields fixed(fixedBlock);
    if (fixed.u32(0) != localSignature) {
        refuse(joined(subject, " has no header at offset ", record.localOffset));
    }
    const std::size_t nameBytes = fixed.u16(26);
    const std::size_t extraBytes = fixed.u16(28);
    const std::uint64_t headerEnd = record.localOffset + localBytes + nameBytes + extraBytes;
    if (headerEnd > room || entry.storedBytes > room - headerEnd) {
        refuse(joined(subject, " reaches past offset ", room, ", where the directory begins"));
    }
    const auto restBlock = readBlock(file, record.localOffset + localBytes, nameBytes + extraBytes);
    const Fields rest(restBlock);
    std::uint64_t stored = fixed.u32(18);
    std::uint64_t whole = fixed.u32(22);
    widen(rest.part(nameBytes, extraBytes), {&whole, &stored}, entry.name);
    const bool follow = (record.flags & flagSizesFollow) != 0;
    const auto agrees = [follow](std::uint64_t local, std::uint64_t central) {
        return local == central || (follow && local == 0);
    };
    if (rest.text(0, nameBytes) != entry.name || fixed.u16(6) != record.flags || fixed.u16(8) != record.method ||
        !agrees(fixed.u32(14), entry.checksum) || !agrees(stored, entry.storedBytes) || !agrees(whole, entry.bytes)) {
        refuse(
            joined(subject, ": its header at offset ", record.localOffset, " and the directory contradict each other"));
    }
    entry.dataOffset = headerEnd;
    record.end = headerEnd + entry.storedBytes;
}

void checkOverlap(std::vector<CentralRecord>& records) {
    std::vector<const CentralRecord*> order;
    order.reserve(records.size());
    for (const CentralRecord& record : records) {
        order.push_back(&record);
    }
    std::ranges::sort(order, {}, [](const CentralRecord* record) { return record->localOffset; });
    for (std::size_t i = 1; i < order.size(); ++i) {
        if (order[i]->localOffset < order[i - 1]->end) {
            refuse(joined("the zip entries ", quotedName(order[i - 1]->entry.name), " and ",
                          quotedName(order[i]->entry.name), " overlap at offset ", order[i]->localOffset));
        }
    }
}

} // namespace

ZipArchive::ZipArchive(const FileBytes& file) {
    const Directory place = findDirectory(file);
    std::vector<CentralRecord> records;
    {
        const auto block = readBlock(file, place.offset, place.bytes);
        const Fields directory(block);
        std::size_t next = 0;
        for (std::uint64_t i = 0; i < place.entries; ++i) {
            records.push_back(readCentral(directory, next, place.offset));
        }
        if (next != directory.size()) {
            refuse(joined("the zip directory announces ", place.entries, " entries, but holds more"));
        }
    }
    for (CentralRecord& record : records) {
        checkLocal(file, record, place.offset);
    }
    checkOverlap(records);
    entries_.reserve(records.size());
    for (CentralRecord& record : records) {
        entries_.push_back(std::move(record.entry));
    }
    for (const ZipEntry& entry : entries_) {
        if (!byName_.emplace(entry.name, &entry).second) {
            refuse(joined("the zip archive holds ", quotedName(entry.name), " twice"));
        }
    }
}

const ZipEntry* ZipArchive::find(const std::string& name) const {
    const auto found = byName_.find(name);
    return found == byName_.end() ? nullptr : found->second;
}

} // namespace livegloss::tensorfile
