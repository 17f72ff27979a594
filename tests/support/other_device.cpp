#include "other_device.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>
#include <atomic>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <sys/mman.h>
#include <torch/library.h>
#include <torch/version.h>
#include <unistd.h>

namespace livegloss::test {
namespace {

using torch::Tensor;

// Names for devices that LibTorch knows and this one has not. LibTorch 2 copies to and from the first by kernels of its
// own, LibTorch 1 moves modules to no other.
#if TORCH_VERSION_MAJOR >= 2
constexpr c10::DeviceType kind = c10::DeviceType::HPU;
constexpr c10::DispatchKey dispatchKey = c10::DispatchKey::HPU;
#else
constexpr c10::DeviceType kind = c10::DeviceType::XPU;
constexpr c10::DispatchKey dispatchKey = c10::DispatchKey::XPU;
#endif
const c10::Device device(kind, 0);
std::atomic<std::int64_t> computed{0};

/// The device's memory, mapped twice: where its pointers lead nobody may read, and beside it the device itself does.
class Memory {
public:
    Memory() {
        const int file = memfd_create("other-device", 0);
        TORCH_CHECK(file >= 0 && ftruncate(file, static_cast<off_t>(room)) == 0, "no memory for the test device");
        far_ = map(file, PROT_NONE);
        near_ = map(file, PROT_READ | PROT_WRITE);
        close(file);
    }
    char* take(std::size_t bytes) {
        const std::size_t size = sizeOf(bytes);
        const std::scoped_lock lock(mutex_);
        if (auto& free = free_[size]; !free.empty()) {
            char* block = free.back();
            free.pop_back();
            return block;
        }
        TORCH_CHECK(used_ + size <= room, "the test device's memory is full");
        char* block = far_ + used_;
        used_ += size;
        return block;
    }
    void give(char* block, std::size_t bytes) {
        const std::scoped_lock lock(mutex_);
        free_[sizeOf(bytes)].push_back(block);
    }
    char* near(const void* farPointer) const { return near_ + (static_cast<const char*>(farPointer) - far_); }

private:
    static constexpr std::size_t room = std::size_t{1} << 34U;
    static char* map(int file, int rights) {
        void* start = mmap(nullptr, room, rights, MAP_SHARED | MAP_NORESERVE, file, 0);
        TORCH_CHECK(start != MAP_FAILED, "no memory for the test device");
        return static_cast<char*>(start);
    }
    static std::size_t sizeOf(std::size_t bytes) {
        std::size_t size = 64;
        while (size < bytes) {
            size *= 2;
        }
        return size;
    }
    char* far_ = nullptr;
    char* near_ = nullptr;
    std::size_t used_ = 0;
    std::map<std::size_t, std::vector<char*>> free_;
    std::mutex mutex_;
};
Memory& memory() {
    static auto* const all = new Memory; // tensors may outlive statics
    return *all;
}

struct Block {
    char* start;
    std::size_t bytes;
};
void giveBack(void* context) {
    const std::unique_ptr<Block> block(static_cast<Block*>(context));
    memory().give(block->start, block->bytes);
}

c10::Storage storageOf(std::size_t bytes) {
    auto block = std::make_unique<Block>(Block{memory().take(bytes), bytes});
    char* const start = block->start;
    return {c10::Storage::use_byte_size_t(), bytes, c10::DataPtr(start, block.release(), &giveBack, device), nullptr,
            false};
}

Tensor tensorOn(c10::Storage storage, c10::DispatchKey key, const Tensor& like, std::int64_t offset) {
    auto impl = c10::make_intrusive<c10::TensorImpl>(std::move(storage), c10::DispatchKeySet(key), like.dtype());
    impl->set_sizes_and_strides(like.sizes(), like.strides(), offset);
    return Tensor(std::move(impl));
}

bool isHere(const Tensor& tensor) {
    return tensor.defined() && tensor.device().type() == kind;
}

std::size_t span(const Tensor& tensor) {
    std::int64_t last = tensor.numel() == 0 ? -1 : 0;
    for (std::int64_t dim = 0; last >= 0 && dim < tensor.dim(); ++dim) {
        last += (tensor.size(dim) - 1) * tensor.stride(dim);
    }
    return static_cast<std::size_t>(last + 1) * tensor.itemsize();
}

/// A copy of what the processor's kernel gave.
c10::Storage takenOver(const Tensor& result) {
    const std::size_t bytes = span(result);
    c10::Storage storage = storageOf(bytes);
    if (bytes > 0) {
        std::memcpy(memory().near(storage.data_ptr().get()), result.data_ptr(), bytes);
    }
    return storage;
}

/// The device's tensors of one call as the processor sees them.
class Call {
public:
    explicit Call(std::string name) : name_(std::move(name)) { ++computed; }

    Tensor inside(const Tensor& tensor) {
        if (!isHere(tensor)) {
            others_ = others_ || (tensor.defined() && tensor.dim() > 0);
            first_ = first_.value_or(false);
            return tensor;
        }
        first_ = first_.value_or(true);
        const c10::Storage& own = tensor.storage();
        char* const start = memory().near(own.data_ptr().get());
        c10::Storage shared(c10::Storage::use_byte_size_t(), own.nbytes(),
                            c10::DataPtr(
                                start, nullptr, [](void*) {}, c10::Device(c10::kCPU)),
                            c10::GetAllocator(c10::kCPU), true);
        Tensor alias = tensorOn(std::move(shared), c10::DispatchKey::CPU, tensor, tensor.storage_offset());
        seen_.push_back({tensor, alias, start});
        return alias;
    }
    void refuseMixture() const {
        const bool mayMix = first_.value_or(true) && (name_ == "aten::index" || name_ == "aten::_index_put_impl_" ||
                                                      name_ == "aten::index_put_");
        TORCH_CHECK(seen_.empty() || !others_ || mayMix, name_, " has tensors of the device and of the processor");
    }
    Tensor outside(const Tensor& result) {
        if (!result.defined() || isHere(result)) {
            return result;
        }
        for (const Seen& seen : seen_) {
            if (result.is_same(seen.alias)) {
                return seen.tensor;
            }
            if (seen.alias.storage().data_ptr().get() == seen.start &&
                result.storage().data_ptr().get() == seen.start && result.storage().nbytes() > 0) {
                auto view = c10::make_intrusive<c10::TensorImpl>(
                    c10::TensorImpl::VIEW, c10::Storage(seen.tensor.storage()), seen.tensor.key_set(), result.dtype());
                view->set_sizes_and_strides(result.sizes(), result.strides(), result.storage_offset());
                return Tensor(std::move(view));
            }
        }
        return tensorOn(takenOver(result), dispatchKey, result, 0);
    }
    /// What the kernel did to its arguments beside their values.
    void finish() {
        for (const Seen& seen : seen_) {
            c10::TensorImpl* const impl = seen.tensor.unsafeGetTensorImpl();
            if (seen.alias.storage().data_ptr().get() != seen.start) {
                impl->set_storage_keep_dtype(takenOver(seen.alias));
                impl->set_sizes_and_strides(seen.alias.sizes(), seen.alias.strides(), 0);
            } else if (seen.alias.sizes() != seen.tensor.sizes() || seen.alias.strides() != seen.tensor.strides()) {
                impl->set_sizes_and_strides(seen.alias.sizes(), seen.alias.strides(), seen.alias.storage_offset());
            }
        }
    }

private:
    struct Seen {
        Tensor tensor;
        Tensor alias;
        char* start;
    };
    std::string name_;
    std::vector<Seen> seen_;
    bool others_ = false;
    std::optional<bool> first_; ///< the first tensor is the device's
};

c10::IValue argumentInside(Call& call, const c10::IValue& value) {
    if (value.isTensor()) {
        return call.inside(value.toTensor());
    }
    if (value.isTensorList()) {
        std::vector<Tensor> list;
        for (const Tensor& each : value.toTensorVector()) {
            list.push_back(call.inside(each));
        }
        return list;
    }
    if (value.isOptionalTensorList()) {
        c10::List<c10::optional<Tensor>> list;
        for (const c10::optional<Tensor>& each : value.toOptionalTensorList()) {
            list.push_back(each ? c10::optional<Tensor>(call.inside(*each)) : each);
        }
        return list;
    }
    return value.isDevice() && value.toDevice().type() == kind ? c10::IValue(c10::Device(c10::kCPU)) : value;
}

/// Any operator: by the processor's kernel, on the device's memory.
void compute(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
    Call call(op.schema().name());
    const std::size_t count = op.schema().arguments().size();
    std::vector<c10::IValue> arguments(stack->end() - static_cast<std::ptrdiff_t>(count), stack->end());
    for (c10::IValue& argument : arguments) {
        argument = argumentInside(call, argument);
    }
    call.refuseMixture();
    stack->resize(stack->size() - count);
    const std::size_t below = stack->size();
    stack->insert(stack->end(), arguments.begin(), arguments.end());
    op.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), stack);
    for (std::size_t at = below; at < stack->size(); ++at) {
        c10::IValue& result = (*stack)[at];
        if (result.isTensor()) {
            result = call.outside(result.toTensor());
        } else if (result.isTensorList()) {
            std::vector<Tensor> list;
            for (const Tensor& each : result.toTensorVector()) {
                list.push_back(call.outside(each));
            }
            result = list;
        }
    }
    call.finish();
}

Tensor copyFrom(const Tensor& source, const Tensor& target, bool /*nonBlocking*/) {
    Call call("aten::_copy_from");
    call.inside(target).copy_(call.inside(source));
    return target;
}

Tensor convolve(const Tensor& input, const Tensor& weight, const c10::optional<Tensor>& bias, at::IntArrayRef stride,
                at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed, at::IntArrayRef outputPadding,
                std::int64_t groups) {
    Call call("aten::convolution");
    const c10::optional<Tensor> offset = bias ? c10::optional<Tensor>(call.inside(*bias)) : bias;
    const Tensor result = at::convolution(call.inside(input), call.inside(weight), offset, stride, padding, dilation,
                                          transposed, outputPadding, groups);
    call.refuseMixture();
    return call.outside(result);
}

std::tuple<Tensor, Tensor, Tensor> convolveBackwards(const Tensor& gradient, const Tensor& input, const Tensor& weight,
                                                     at::IntArrayRef stride, at::IntArrayRef padding,
                                                     at::IntArrayRef dilation, bool transposed,
                                                     at::IntArrayRef outputPadding, std::int64_t groups,
                                                     std::array<bool, 3> wanted) {
    Call call("aten::convolution_backward");
    const std::vector<std::int64_t> biasSizes{weight.size(0)};
    const auto [ofInput, ofWeight, ofBias] =
        at::convolution_backward(call.inside(gradient), call.inside(input), call.inside(weight), biasSizes, stride,
                                 padding, dilation, transposed, outputPadding, groups, wanted);
    call.refuseMixture();
    return {call.outside(ofInput), call.outside(ofWeight), call.outside(ofBias)};
}

struct Guard final : c10::impl::DeviceGuardImplInterface {
    c10::DeviceType type() const override { return kind; }
    c10::Device exchangeDevice(c10::Device) const override { return device; }
    c10::Device getDevice() const override { return device; }
    void setDevice(c10::Device) const override {}
    void uncheckedSetDevice(c10::Device) const noexcept override {}
    c10::Stream getStream(c10::Device) const noexcept override { return c10::Stream(c10::Stream::UNSAFE, device, 0); }
    c10::Stream exchangeStream(c10::Stream) const noexcept override {
        return c10::Stream(c10::Stream::UNSAFE, device, 0);
    }
    c10::DeviceIndex deviceCount() const noexcept override { return 1; }
};

} // namespace

std::string addOtherDevice() {
    static const c10::impl::DeviceGuardImplRegistrar guard(kind, new Guard);
    static auto* const any = new torch::Library(torch::Library::IMPL, "_", dispatchKey, __FILE__, __LINE__);
    static auto* const aten = new torch::Library(torch::Library::IMPL, "aten", dispatchKey, __FILE__, __LINE__);
    static std::once_flag once;
    std::call_once(once, [] {
        any->fallback(torch::CppFunction::makeFromBoxedFunction<&compute>());
        aten->impl("_copy_from", &copyFrom);
        aten->impl("convolution_overrideable", &convolve);
        aten->impl("convolution_backward_overrideable", &convolveBackwards);
    });
    return device.str();
}

std::int64_t otherDeviceOperators() {
    return computed;
}

} // namespace livegloss::test
