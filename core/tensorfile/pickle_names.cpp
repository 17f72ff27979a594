#include "pickle_names.h"

#include <algorithm>
#include <array>

namespace livegloss::tensorfile {
namespace {

struct StorageName {
    std::string_view name;
    DataType type;
};
constexpr std::array<StorageName, 10> storageNames{{
    {"DoubleStorage", DataType::F64},
    {"FloatStorage", DataType::F32},
    {"HalfStorage", DataType::F16},
    {"BFloat16Storage", DataType::BF16},
    {"LongStorage", DataType::I64},
    {"IntStorage", DataType::I32},
    {"ShortStorage", DataType::I16},
    {"CharStorage", DataType::I8},
    {"ByteStorage", DataType::U8},
    {"BoolStorage", DataType::Bool},
}};
constexpr std::array<std::string_view, 8> unreadableNames{
    "ComplexDoubleStorage", "ComplexFloatStorage", "ComplexHalfStorage", "QUInt8Storage",
    "QInt8Storage",         "QInt32Storage",       "QUInt4x2Storage",    "QUInt2x4Storage",
};
constexpr std::array<std::string_view, 17> typeNames{
    "float64", "double", "float32", "float", "float16", "half",  "bfloat16", "int64",   "long",
    "int32",   "int",    "int16",   "short", "int8",    "uint8", "bool",     "strided",
};

template <class Names>
bool contains(const Names& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

bool isStorageModule(std::string_view module) {
    return module == "torch" || module == "torch.cuda";
}

bool isTensorName(std::string_view module, std::string_view name) {
    if (module == "torch._utils") {
        return name == "_rebuild_tensor_v2" || name == "_rebuild_parameter";
    }
    if (isStorageModule(module) &&
        (storageType(std::string("torch ").append(name)) || contains(unreadableNames, name))) {
        return true;
    }
    return module == "torch" && (name == "Size" || contains(typeNames, name));
}

bool isNumpyName(std::string_view module, std::string_view name) {
    if (module == "numpy.core.multiarray" || module == "numpy._core.multiarray") {
        return name == "_reconstruct" || name == "scalar";
    }
    if (module == "numpy") {
        return name == "ndarray" || name == "dtype";
    }
    return module == "_codecs" && name == "encode";
}

/// Functions around a value that add nothing to it.
bool isWrapperName(std::string_view module, std::string_view name) {
    constexpr std::array<std::string_view, 5> names{"build_intlist", "build_doublelist", "build_boollist",
                                                    "build_tensorlist", "restore_type_tag"};
    return (module == "torch.jit._pickle" && contains(names, name)) || (module == "torch" && name == "device");
}

} // namespace

bool isAllowedGlobal(PickleDialect dialect, const std::string& module, const std::string& name) {
    const bool isDict = module == "collections" && (name == "OrderedDict" || name == "Counter");
    switch (dialect) {
    case PickleDialect::Values:
        return false;
    case PickleDialect::TorchSave:
        return isDict || isTensorName(module, name) || isNumpyName(module, name);
    case PickleDialect::TorchScript:
        return isDict || isTensorName(module, name) || isWrapperName(module, name) ||
               isScriptClass(std::string(module).append(" ").append(name));
    case PickleDialect::NumpyObjects:
        return isDict || isNumpyName(module, name);
    }
    return false;
}

bool isUnreadableType(std::string_view module, std::string_view name) {
    return isStorageModule(module) && contains(unreadableNames, name);
}

std::optional<DataType> storageType(std::string_view fullName) {
    const std::size_t space = fullName.rfind(' ');
    if (space == std::string_view::npos || !isStorageModule(fullName.substr(0, space))) {
        return std::nullopt;
    }
    for (const StorageName& storage : storageNames) {
        if (storage.name == fullName.substr(space + 1)) {
            return storage.type;
        }
    }
    return std::nullopt;
}

bool isScriptClass(std::string_view fullName) {
    return fullName.starts_with("__torch__.") || fullName.starts_with("__torch__ ");
}

std::size_t numpyTypeBytes(std::string_view code) {
    constexpr std::array<std::string_view, 12> codes{"b1", "i1", "i2", "i4", "i8", "u1",
                                                     "u2", "u4", "u8", "f2", "f4", "f8"};
    return contains(codes, code) ? static_cast<std::size_t>(code[1] - '0') : 0;
}

} // namespace livegloss::tensorfile
