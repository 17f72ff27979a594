#pragma once

#include "file_bytes.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace livegloss::tensorfile {

struct ZipEntry {
    std::string name;
    std::uint64_t dataOffset = 0;  ///< in the file
    std::uint64_t storedBytes = 0; ///< in the file
    std::uint64_t bytes = 0;       ///< after decompression; equal to storedBytes where nothing is compressed
    std::uint32_t checksum = 0;    ///< CRC-32 of the decompressed bytes
    bool deflated = false;
};

/// The directory of a zip archive, checked completely when it is opened: central and local headers agree, no two
/// entries overlap or share a name, all names are plain relative paths. Only stored and deflated entries.
class ZipArchive {
public:
    /// Throws Refusal.
    explicit ZipArchive(const FileBytes& file);

    const std::vector<ZipEntry>& entries() const { return entries_; }
    /// Null when there is none.
    const ZipEntry* find(const std::string& name) const;

private:
    std::vector<ZipEntry> entries_;
    std::unordered_map<std::string_view, const ZipEntry*> byName_; ///< into `entries_`
};

/// The entry's bytes, decompressed. Refuses a wrong length or, at the last byte, a wrong checksum.
std::unique_ptr<ByteInput> openZipEntry(const FileBytes& file, const ZipEntry& entry);

} // namespace livegloss::tensorfile
