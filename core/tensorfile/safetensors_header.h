#pragma once

#include "base/result.h"
#include "tensorfile/safetensors.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace livegloss::tensorfile {

struct SafetensorsHeader {
    Metadata metadata;
    std::vector<TensorInfo> tensors; ///< by place in the file; offsets count from the first byte after the header
};

/// Parses the JSON header of a file with `dataBytes` bytes after it and checks that the tensors cover these bytes
/// exactly. Messages do not name the file.
Result<SafetensorsHeader> parseSafetensorsHeader(std::string_view text, std::uint64_t dataBytes);

} // namespace livegloss::tensorfile
