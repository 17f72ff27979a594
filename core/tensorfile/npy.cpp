#include "tensorfile/npy.h"

#include "data_type.h"
#include "refusal.h"

namespace livegloss::tensorfile {

std::vector<float> NpyArray::floats() const {
    std::vector<float> values(static_cast<std::size_t>(elementCount(shape)));
    convertToFloats(type, bytes, values);
    return values;
}

Result<std::vector<std::int64_t>> NpyArray::integers() const {
    std::vector<std::int64_t> values(static_cast<std::size_t>(elementCount(shape)));
    if (!convertToIntegers(type, bytes, values)) {
        return failure(ErrorCode::Unsupported, "the array does not hold integers of 64 bits");
    }
    return values;
}

Result<NpyArray> readNpy(const std::filesystem::path& path) {
    return failure(ErrorCode::Unsupported, joined("'", path.string(), "': NumPy files cannot be read yet"));
}

Result<std::vector<GlossEntry>> readGlossDictionary(const std::filesystem::path& path) {
    return failure(ErrorCode::Unsupported, joined("'", path.string(), "': NumPy files cannot be read yet"));
}

} // namespace livegloss::tensorfile
