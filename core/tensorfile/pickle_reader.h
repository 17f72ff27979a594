#pragma once

#include "file_bytes.h"
#include "pickle_value.h"

#include <memory>
#include <string_view>

namespace livegloss::tensorfile {

/// Which classes and functions a pickle may name.
enum class PickleDialect {
    Values,       ///< none
    TorchSave,    ///< those of tensors, and NumPy's for arrays and scalars
    TorchScript,  ///< those of tensors, list types, and the archive's own classes, which become plain attributes
    NumpyObjects, ///< NumPy's for arrays and scalars
};

/// Reads the pickle that begins at the stream's position (protocols 0 to 5), to its STOP. Builds plain values; nothing
/// that the pickle names is ever looked up or run. Throws Refusal; messages begin with `label` and the byte in it.
std::unique_ptr<const Pickle> readPickle(ByteStream& stream, PickleDialect dialect, MemoryBudget& budget,
                                         std::string_view label);

} // namespace livegloss::tensorfile
