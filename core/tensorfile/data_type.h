#pragma once

#include "tensorfile/tensor_types.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace livegloss::tensorfile {

std::optional<DataType> dataTypeFromName(std::string_view name);
bool isFloatingPoint(DataType type);
/// `source` holds destination.size() elements of `type`, little-endian.
void convertToFloats(DataType type, std::span<const std::byte> source, std::span<float> destination);
/// As above for integer types; false where a value does not fit into int64.
bool convertToIntegers(DataType type, std::span<const std::byte> source, std::span<std::int64_t> destination);

} // namespace livegloss::tensorfile
