#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <vector>
#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace livegloss::test {

/// Values that end where memory ends: the next byte belongs to a page that nobody may touch, also by instructions that
/// a sanitizer does not see. Elsewhere than on Linux plain memory.
template <class T>
class GuardedMemory {
public:
    explicit GuardedMemory(const std::vector<T>& values) : count_(values.size()) {
#ifdef __linux__
        const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        const std::size_t bytes = count_ * sizeof(T);
        size_ = (bytes + page - 1) / page * page + page;
        memory_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory_ == MAP_FAILED ||
            ::mprotect(static_cast<std::byte*>(memory_) + size_ - page, page, PROT_NONE) != 0) {
            throw std::bad_alloc();
        }
        begin_ = reinterpret_cast<T*>(static_cast<std::byte*>(memory_) + size_ - page - bytes);
#else
        begin_ = new T[count_];
#endif
        std::uninitialized_copy(values.begin(), values.end(), begin_);
    }
    ~GuardedMemory() {
#ifdef __linux__
        ::munmap(memory_, size_);
#else
        delete[] begin_;
#endif
    }
    GuardedMemory(const GuardedMemory&) = delete;
    GuardedMemory& operator=(const GuardedMemory&) = delete;

    T* data() {
        return begin_;
    }
    std::vector<T> values() const {
        return {begin_, begin_ + count_};
    }

private:
    std::size_t count_;
    T* begin_ = nullptr;
#ifdef __linux__
    void* memory_ = nullptr;
    std::size_t size_ = 0;
#endif
};

} // namespace livegloss::test
