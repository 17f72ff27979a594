#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace livegloss::tensorfile {

enum class DataType { Bool, U8, I8, U16, I16, U32, I32, U64, I64, F16, BF16, F32, F64 };

/// As written in a safetensors header ("F32").
std::string_view dataTypeName(DataType type);
/// Bytes of one element.
std::size_t dataTypeSize(DataType type);

using Shape = std::vector<std::int64_t>;
/// Elements of a tensor of this shape; 1 for a scalar. The shape must be one that a reader gave out.
std::int64_t elementCount(const Shape& shape);
/// "[2, 28, 512]", for messages.
std::string shapeText(const Shape& shape);

/// IEEE 754 binary16, for code that keeps halves of its own. Round to nearest even; overflow gives infinity.
std::uint16_t halfFromFloat(float value);
float floatFromHalf(std::uint16_t half);

using Metadata = std::map<std::string, std::string>;

} // namespace livegloss::tensorfile
