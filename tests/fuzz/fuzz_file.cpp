#include "fuzz_file.h"

#include <cstdio>
#include <cstdlib>
#include <sys/mman.h>
#include <unistd.h>

namespace livegloss::fuzz {
namespace {

constexpr std::int64_t mostElements = 1 << 16;

} // namespace

std::filesystem::path fileOf(std::string_view contents) {
    static const int descriptor = ::memfd_create("fuzz", 0);
    require(descriptor >= 0 && ::ftruncate(descriptor, 0) == 0, "a file in memory");
    std::size_t written = 0;
    while (written < contents.size()) {
        const ::ssize_t count =
            ::pwrite(descriptor, contents.data() + written, contents.size() - written, static_cast<::off_t>(written));
        require(count > 0, "writing to a file in memory");
        written += static_cast<std::size_t>(count);
    }
    return "/proc/self/fd/" + std::to_string(descriptor);
}

void readEverything(const std::filesystem::path& path) {
    const auto file = tensorfile::TorchFile::open(path);
    if (!file) {
        require(!file.error().message.empty(), "an error without a message");
        require(!file.error().hint.empty() || file.error().code == ErrorCode::OutOfMemory, "an error without a hint");
        return;
    }
    for (const tensorfile::TorchTensor& tensor : file->tensors()) {
        require(file->find(tensor.name) == &tensor, "a tensor found by its name");
        if (tensorfile::elementCount(tensor.shape) <= mostElements) {
            const auto values = file->readFloats(tensor.name);
            require(!values || static_cast<std::int64_t>(values->size()) == tensorfile::elementCount(tensor.shape),
                    "as many values as the shape says");
            static_cast<void>(file->readIntegers(tensor.name));
        }
    }
}

void require(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "not so: %s\n", what);
        std::abort();
    }
}

} // namespace livegloss::fuzz
