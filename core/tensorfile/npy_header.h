#pragma once

#include "file_bytes.h"
#include "tensorfile/tensor_types.h"

#include <string>
#include <string_view>

namespace livegloss::tensorfile {

struct NpyHeader {
    std::string descr; ///< "<f4", "|O"
    bool fortranOrder = false;
    Shape shape;
    std::uint64_t dataOffset = 0; ///< in the file
};

/// Throws Refusal.
NpyHeader readNpyHeader(const FileBytes& file);

} // namespace livegloss::tensorfile
