#include "fuzz_file.h"
#include "tensorfile/npy.h"

using namespace livegloss;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto glosses = tensorfile::readGlossDictionary(fuzz::fileOf(fuzz::asText(data, size)));
    if (!glosses) {
        fuzz::require(!glosses.error().message.empty() && !glosses.error().hint.empty(),
                      "an error says what and what to do");
        return 0;
    }
    for (std::size_t i = 0; i < glosses->size(); ++i) {
        fuzz::require((*glosses)[i].index == static_cast<std::int64_t>(i + 1), "glosses are complete and in order");
    }
    return 0;
}
