#include "fuzz_file.h"
#include "pickle_reader.h"
#include "torch_layout.h"

#include <algorithm>

using namespace livegloss;
using namespace livegloss::tensorfile;

namespace {

class MemoryInput : public ByteInput {
public:
    explicit MemoryInput(std::span<const std::byte> bytes) : left_(bytes) {}
    std::size_t next(std::span<std::byte> destination) override {
        const std::size_t count = std::min(destination.size(), left_.size());
        std::copy_n(left_.begin(), count, destination.begin());
        left_ = left_.subspan(count);
        return count;
    }

private:
    std::span<const std::byte> left_;
};

} // namespace

/// The first byte chooses the dialect, the rest is the pickle.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    MemoryInput input(std::as_bytes(std::span(data + 1, size - 1)));
    ByteStream stream(input, size - 1);
    MemoryBudget budget;
    try {
        const auto pickle = readPickle(stream, static_cast<PickleDialect>(data[0] % 4), budget, "the pickle");
        TorchLayout layout;
        describeTorchValues(*pickle->root, {"", "", true}, budget, layout);
    } catch (const Refusal& refusal) {
        fuzz::require(!refusal.message.empty() && !refusal.hint.empty(), "a refusal says what and what to do");
    }
    return 0;
}
