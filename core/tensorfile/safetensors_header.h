#pragma once

#include "file_bytes.h"
#include "tensorfile/safetensors.h"

#include <cstdint>
#include <vector>

namespace livegloss::tensorfile {

constexpr std::uint64_t longestSafetensorsHeader = 100'000'000;

struct SafetensorsHeader {
    Metadata metadata;
    std::vector<TensorInfo> tensors; ///< by place in the file; offsets count from the first byte after the header
};

/// Reads the JSON header, which is the whole stream, of a file with `dataBytes` bytes after it and checks that the
/// tensors cover these bytes exactly. Throws Refusal.
SafetensorsHeader readSafetensorsHeader(ByteStream& stream, std::uint64_t dataBytes);

} // namespace livegloss::tensorfile
