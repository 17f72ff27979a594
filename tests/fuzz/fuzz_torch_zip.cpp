#include "fuzz_file.h"
#include "model_files.h"

using namespace livegloss;

/// Inputs that begin with "PK" are whole archives. Others are a pickle for an archive that is otherwise right, because
/// no mutation meets a checksum: 's' and the pickle of a TorchScript archive, or anything else and torch.save's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(fuzz::asText(data, size));
    if (input.starts_with("PK") || input.empty()) {
        fuzz::readEverything(fuzz::fileOf(input));
    } else if (input.front() == 's') {
        fuzz::readEverything(fuzz::fileOf(
            testfiles::scriptZip(input.substr(1), testfiles::pickle(testfiles::tuple({testfiles::tensor({})})))));
    } else {
        fuzz::readEverything(fuzz::fileOf(testfiles::torchZip(input.substr(1))));
    }
    return 0;
}
