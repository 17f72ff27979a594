#include "fuzz_file.h"
#include "tensorfile/npy.h"

using namespace livegloss;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto array = tensorfile::readNpy(fuzz::fileOf(fuzz::asText(data, size)));
    if (array) {
        fuzz::require(static_cast<std::int64_t>(array->floats().size()) == tensorfile::elementCount(array->shape),
                      "as many values as the shape says");
        static_cast<void>(array->integers());
    } else {
        fuzz::require(!array.error().message.empty() && !array.error().hint.empty(),
                      "an error says what and what to do");
    }
    return 0;
}
