#pragma once

#include "base/result.h"
#include "tensorfile/tensor_types.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace livegloss::tensorfile {

/// A NumPy array of numbers or truth values.
struct NpyArray {
    DataType type = DataType::F32; ///< in the file; big-endian files say the same
    Shape shape;
    bool fortranOrder = false;    ///< as the file has it; `bytes` are row-major all the same
    std::vector<std::byte> bytes; ///< row-major, little-endian

    /// Row-major values, converted from any type.
    std::vector<float> floats() const;
    /// Unsupported for floating point and for U64 values past int64.
    Result<std::vector<std::int64_t>> integers() const;
};

/// Reads a .npy file (format versions 1 to 3) of a plain data type. Unsupported for objects, text, complex numbers,
/// dates and records.
Result<NpyArray> readNpy(const std::filesystem::path& path);

struct GlossEntry {
    std::string gloss;      ///< UTF-8
    std::int64_t index = 0; ///< class number, from 1; 0 is the blank
    std::int64_t count = 0; ///< how often the gloss occurs in the training set; 0 where the file does not say
};

/// Reads a gloss dictionary as CSLR code keeps it: a .npy file of one pickled dictionary {gloss: [index, count]} (or
/// {gloss: index}). The result is ordered by index and complete: entry i has index i + 1. Unreadable where an index is
/// missing, used twice or out of range, or where the file holds something else.
Result<std::vector<GlossEntry>> readGlossDictionary(const std::filesystem::path& path);

} // namespace livegloss::tensorfile
