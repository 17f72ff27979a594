#include "kernels/workspace.h"

#include <cstdlib>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace livegloss::kernels {
namespace {

constexpr std::size_t cacheLine = 64;
constexpr std::size_t bigPage = std::size_t{2} << 20;

std::size_t roundedUp(std::size_t bytes, std::size_t step) {
    return (bytes + step - 1) / step * step;
}

} // namespace

void AlignedBuffer::Free::operator()(void* memory) const {
    std::free(memory);
}

void AlignedBuffer::reserve(std::size_t bytes) {
    if (bytes <= bytes_) {
        return;
    }
    memory_.reset();
    bytes_ = 0;
    const std::size_t alignment = bytes >= bigPage ? bigPage : cacheLine;
    const std::size_t rounded = roundedUp(bytes, alignment == bigPage ? 4096 : cacheLine);
    void* memory = nullptr;
    if (::posix_memalign(&memory, alignment, rounded) != 0) {
        throw std::bad_alloc();
    }
    memory_.reset(memory);
    bytes_ = rounded;
#ifdef __linux__
    if (alignment == bigPage) {
        ::madvise(memory, rounded, MADV_HUGEPAGE); // only a wish: small pages work too
    }
#endif
}

} // namespace livegloss::kernels
