#include "fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    livegloss::fuzz::readEverything(livegloss::fuzz::fileOf(livegloss::fuzz::asText(data, size)));
    return 0;
}
