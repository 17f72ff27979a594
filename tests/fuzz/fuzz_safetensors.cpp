#include "fuzz_file.h"
#include "tensorfile/safetensors.h"

using namespace livegloss;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto reader = tensorfile::SafetensorsReader::open(fuzz::fileOf(fuzz::asText(data, size)));
    if (!reader) {
        fuzz::require(!reader.error().message.empty(), "an error without a message");
        return 0;
    }
    for (const tensorfile::TensorInfo& tensor : reader->tensors()) {
        const auto values = reader->readFloats(tensor.name);
        fuzz::require(values && static_cast<std::int64_t>(values->size()) == tensorfile::elementCount(tensor.shape),
                      "every tensor of an accepted file can be read");
        static_cast<void>(reader->readIntegers(tensor.name));
    }
    return 0;
}
