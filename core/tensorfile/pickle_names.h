#pragma once

#include "pickle_reader.h"
#include "tensorfile/tensor_types.h"

#include <optional>
#include <string>
#include <string_view>

namespace livegloss::tensorfile {

/// Whether a pickle of this dialect may name the class or function `name` of `module`.
bool isAllowedGlobal(PickleDialect dialect, const std::string& module, const std::string& name);
/// Allowed, but of a kind of number that this program does not read.
bool isUnreadableType(std::string_view module, std::string_view name);
/// Of "torch FloatStorage".
std::optional<DataType> storageType(std::string_view fullName);
/// A class that a TorchScript archive defines itself.
bool isScriptClass(std::string_view fullName);
/// Bytes of one value of the NumPy type "f8"; 0 where it is unknown. At least one letter and one digit otherwise.
std::size_t numpyTypeBytes(std::string_view code);

} // namespace livegloss::tensorfile
