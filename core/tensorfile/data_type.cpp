#include "data_type.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

namespace livegloss::tensorfile {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

namespace {

struct TypeFacts {
    DataType type;
    std::string_view name;
    std::size_t size;
};
constexpr std::array<TypeFacts, 13> typeTable{{
    {DataType::Bool, "BOOL", 1},
    {DataType::U8, "U8", 1},
    {DataType::I8, "I8", 1},
    {DataType::U16, "U16", 2},
    {DataType::I16, "I16", 2},
    {DataType::U32, "U32", 4},
    {DataType::I32, "I32", 4},
    {DataType::U64, "U64", 8},
    {DataType::I64, "I64", 8},
    {DataType::F16, "F16", 2},
    {DataType::BF16, "BF16", 2},
    {DataType::F32, "F32", 4},
    {DataType::F64, "F64", 8},
}};

const TypeFacts& factsOf(DataType type) {
    return typeTable[static_cast<std::size_t>(type)];
}

template <class Stored, class Value, class Convert>
void convertEach(std::span<const std::byte> source, std::span<Value> destination, Convert convert) {
    for (std::size_t i = 0; i < destination.size(); ++i) {
        Stored stored;
        std::memcpy(&stored, source.data() + i * sizeof(Stored), sizeof(Stored));
        destination[i] = convert(stored);
    }
}

template <class Stored, class Value>
void castEach(std::span<const std::byte> source, std::span<Value> destination) {
    convertEach<Stored>(source, destination, [](Stored value) { return static_cast<Value>(value); });
}

} // namespace

std::string_view dataTypeName(DataType type) {
    return factsOf(type).name;
}

std::size_t dataTypeSize(DataType type) {
    return factsOf(type).size;
}

std::optional<DataType> dataTypeFromName(std::string_view name) {
    for (const TypeFacts& facts : typeTable) {
        if (facts.name == name) {
            return facts.type;
        }
    }
    return std::nullopt;
}

bool isFloatingPoint(DataType type) {
    return type == DataType::F16 || type == DataType::BF16 || type == DataType::F32 || type == DataType::F64;
}

std::int64_t elementCount(const Shape& shape) {
    // The sizes beside a zero may be too large to be multiplied.
    if (std::ranges::find(shape, 0) != shape.end()) {
        return 0;
    }
    std::int64_t count = 1;
    for (const std::int64_t size : shape) {
        count *= size;
    }
    return count;
}

std::string shapeText(const Shape& shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    }
    return text + "]";
}

void convertToFloats(DataType type, std::span<const std::byte> source, std::span<float> destination) {
    switch (type) {
    case DataType::F32:
        if (!destination.empty()) {
            std::memcpy(destination.data(), source.data(), destination.size_bytes());
        }
        return;
    case DataType::F16:
        return convertEach<std::uint16_t>(source, destination, floatFromHalf);
    case DataType::BF16:
        return convertEach<std::uint16_t>(source, destination, [](std::uint16_t upper) {
            return std::bit_cast<float>(static_cast<std::uint32_t>(upper) << 16);
        });
    case DataType::F64:
        return castEach<double>(source, destination);
    case DataType::Bool:
    case DataType::U8:
        return castEach<std::uint8_t>(source, destination);
    case DataType::I8:
        return castEach<std::int8_t>(source, destination);
    case DataType::U16:
        return castEach<std::uint16_t>(source, destination);
    case DataType::I16:
        return castEach<std::int16_t>(source, destination);
    case DataType::U32:
        return castEach<std::uint32_t>(source, destination);
    case DataType::I32:
        return castEach<std::int32_t>(source, destination);
    case DataType::U64:
        return castEach<std::uint64_t>(source, destination);
    case DataType::I64:
        return castEach<std::int64_t>(source, destination);
    }
}

bool convertToIntegers(DataType type, std::span<const std::byte> source, std::span<std::int64_t> destination) {
    switch (type) {
    case DataType::Bool:
    case DataType::U8:
        castEach<std::uint8_t>(source, destination);
        return true;
    case DataType::I8:
        castEach<std::int8_t>(source, destination);
        return true;
    case DataType::U16:
        castEach<std::uint16_t>(source, destination);
        return true;
    case DataType::I16:
        castEach<std::int16_t>(source, destination);
        return true;
    case DataType::U32:
        castEach<std::uint32_t>(source, destination);
        return true;
    case DataType::I32:
        castEach<std::int32_t>(source, destination);
        return true;
    case DataType::I64:
        castEach<std::int64_t>(source, destination);
        return true;
    case DataType::U64: {
        bool fits = true;
        convertEach<std::uint64_t>(source, destination, [&fits](std::uint64_t value) {
            fits = fits && value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
            return static_cast<std::int64_t>(value);
        });
        return fits;
    }
    default:
        return false;
    }
}

std::uint16_t halfFromFloat(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000U);
    const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
    if (magnitude > 0x7F800000U) {
        return sign | 0x7E00U; // NaN
    }
    if (magnitude >= 0x477FF000U) {
        return sign | 0x7C00U; // rounds to 65536 or more, or is infinite
    }
    if (magnitude < 0x38800000U) {
        // Subnormal half: adding 0.5 leaves the rounded multiple of 2^-24 in the low bits.
        const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
        return sign | static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(shifted) - 0x3F000000U);
    }
    const std::uint32_t roundToEven = 0xFFFU + ((magnitude >> 13) & 1U);
    return sign | static_cast<std::uint16_t>((magnitude + roundToEven - 0x38000000U) >> 13);
}

float floatFromHalf(std::uint16_t half) {
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
    const std::uint32_t exponent = (half >> 10) & 0x1FU;
    const std::uint32_t fraction = half & 0x3FFU;
    if (exponent == 0x1F) {
        return std::bit_cast<float>(sign | 0x7F800000U | (fraction << 13));
    }
    if (exponent == 0) {
        const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
        return sign != 0 ? -magnitude : magnitude;
    }
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
}

} // namespace livegloss::tensorfile
