#include "tensorfile/npy.h"

#include "data_type.h"
#include "npy_header.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace livegloss::tensorfile {
namespace {

std::optional<DataType> plainType(std::string_view code) {
    struct Code {
        std::string_view code;
        DataType type;
    };
    constexpr std::array<Code, 12> codes{{{"b1", DataType::Bool},
                                          {"i1", DataType::I8},
                                          {"i2", DataType::I16},
                                          {"i4", DataType::I32},
                                          {"i8", DataType::I64},
                                          {"u1", DataType::U8},
                                          {"u2", DataType::U16},
                                          {"u4", DataType::U32},
                                          {"u8", DataType::U64},
                                          {"f2", DataType::F16},
                                          {"f4", DataType::F32},
                                          {"f8", DataType::F64}}};
    for (const Code& entry : codes) {
        if (entry.code == code) {
            return entry.type;
        }
    }
    return std::nullopt;
}

DataType typeOf(const std::string& descr) {
    if (descr.find('O') != std::string::npos) {
        refuseUnsupported("it holds Python objects instead of numbers",
                          "A gloss dictionary is opened as one; other objects are not read.");
    }
    const bool hasOrder = !descr.empty() && std::string_view("<>=|").find(descr.front()) != std::string_view::npos;
    const auto type = plainType(hasOrder ? std::string_view(descr).substr(1) : std::string_view(descr));
    if (!type) {
        refuseUnsupported(joined("its data type ", quotedName(descr), " is not one of plain numbers"),
                          "Save it as float32 or int64: array.astype('float32').");
    }
    return *type;
}

void swapBytes(std::vector<std::byte>& bytes, std::size_t width) {
    for (std::size_t i = 0; i + width <= bytes.size(); i += width) {
        std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                     bytes.begin() + static_cast<std::ptrdiff_t>(i + width));
    }
}

/// From column-major to row-major.
std::vector<std::byte> reordered(const std::vector<std::byte>& bytes, const Shape& shape, std::size_t width) {
    std::vector<std::byte> result(bytes.size());
    std::vector<std::size_t> step(shape.size(), width);
    for (std::size_t i = 1; i < shape.size(); ++i) {
        step[i] = step[i - 1] * static_cast<std::size_t>(shape[i - 1]);
    }
    std::vector<std::int64_t> index(shape.size(), 0);
    std::size_t source = 0;
    for (std::size_t target = 0; target < result.size(); target += width) {
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(source), width,
                    result.begin() + static_cast<std::ptrdiff_t>(target));
        for (std::size_t i = shape.size(); i-- > 0;) {
            source += step[i];
            if (++index[i] < shape[i]) {
                break;
            }
            source -= step[i] * static_cast<std::size_t>(shape[i]);
            index[i] = 0;
        }
    }
    return result;
}

NpyArray readArray(const FileBytes& file) {
    const NpyHeader header = readNpyHeader(file);
    NpyArray array;
    array.type = typeOf(header.descr);
    array.shape = header.shape;
    array.fortranOrder = header.fortranOrder;
    const std::size_t width = dataTypeSize(array.type);
    std::uint64_t needed = width;
    for (const std::int64_t size : array.shape) {
        if (__builtin_mul_overflow(needed, static_cast<std::uint64_t>(size), &needed) ||
            needed > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
            refuse(joined("the shape ", shapeText(array.shape), " is more than can be addressed"));
        }
    }
    const std::uint64_t present = file.size() - header.dataOffset;
    if (present != needed) {
        refuse(joined("an array of shape ", shapeText(array.shape), " and type ", quotedName(header.descr), " needs ",
                      needed, " bytes from byte ", header.dataOffset, " on, but the file has ", present));
    }
    array.bytes.resize(static_cast<std::size_t>(needed));
    file.read(header.dataOffset, array.bytes);
    if (header.descr.starts_with('>')) {
        swapBytes(array.bytes, width);
    }
    if (array.fortranOrder && array.shape.size() > 1) {
        array.bytes = reordered(array.bytes, array.shape, width);
    }
    return array;
}

} // namespace

std::vector<float> NpyArray::floats() const {
    std::vector<float> values(static_cast<std::size_t>(elementCount(shape)));
    convertToFloats(type, bytes, values);
    return values;
}

Result<std::vector<std::int64_t>> NpyArray::integers() const {
    std::vector<std::int64_t> values(static_cast<std::size_t>(elementCount(shape)));
    if (!convertToIntegers(type, bytes, values)) {
        return failure(ErrorCode::Unsupported, "the array does not hold integers of 64 bits",
                       "Read it as numbers with fractions.");
    }
    return values;
}

Result<NpyArray> readNpy(const std::filesystem::path& path) {
    return guarded(path, [&path] { return readArray(*FileBytes::open(path)); });
}

} // namespace livegloss::tensorfile
