#pragma once

#include <cstddef>
#include <memory>

namespace livegloss::kernels {

/// Memory for values that vector instructions read: aligned, uninitialised, only grows; large ones on big pages.
class AlignedBuffer {
public:
    AlignedBuffer() = default;
    explicit AlignedBuffer(std::size_t bytes) { reserve(bytes); }

    /// At least `bytes`; what was in it is lost when it has to grow. Throws std::bad_alloc.
    void reserve(std::size_t bytes);
    std::size_t bytes() const { return bytes_; }

    template <class T>
    T* as() {
        return static_cast<T*>(memory_.get());
    }
    template <class T>
    const T* as() const {
        return static_cast<const T*>(memory_.get());
    }
    /// Room for `count` values.
    template <class T>
    T* room(std::size_t count) {
        reserve(count * sizeof(T));
        return as<T>();
    }

private:
    struct Free {
        void operator()(void* memory) const;
    };
    std::unique_ptr<void, Free> memory_;
    std::size_t bytes_ = 0;
};

/// Scratch memory of one thread, shared by the kernels that it runs one after the other.
struct Workspace {
    AlignedBuffer rows;       ///< a layer's source, repacked or converted
    AlignedBuffer strip;      ///< sums of one strip of outputs
    AlignedBuffer scratchpad; ///< oneDNN's
    AlignedBuffer attention;
};

} // namespace livegloss::kernels
