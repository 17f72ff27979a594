#include "device_lane.h"

#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <array>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <map>
#include <utility>

namespace livegloss::engine {
namespace {

using torch::Tensor;

/// A pass as it was recorded: its input and results lie at fixed places.
struct Recorded {
    at::cuda::CUDAGraph graph;
    DeviceTokens results;
};

/// Pinned memory and its counterpart on the device. Two of them take turns, so that one is filled while the other is
/// read.
struct Slot {
    Tensor host;
    Tensor pixels;
    at::cuda::CUDAEvent uploaded;
    at::cuda::CUDAEvent consumed;
    std::map<std::pair<std::int64_t, int>, std::unique_ptr<Recorded>> passes; ///< by number of frames and variant
};

class CudaLane final : public DeviceLane {
public:
    explicit CudaLane(const torch::Device& device)
        : device_(device.has_index() ? device : torch::Device(torch::kCUDA, c10::cuda::current_device())),
          copying_(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device_.index())),
          recording_(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device_.index())) {}

    DeviceTokens launch(const Tensor& pixels, int variant, const Pass& pass) override {
        const c10::cuda::CUDAGuard onDevice(device_);
        const std::int64_t frames = pixels.size(0);
        Slot& slot = slots_[turn_++ % slots_.size()];
        prepareFor(slot, pixels);
        const auto running = c10::cuda::getCurrentCUDAStream(device_.index());
        // The copy that last read the pinned memory is over when this event is: nothing before may still need it.
        slot.uploaded.synchronize();
        slot.host.narrow(0, 0, frames).copy_(pixels);
        {
            const c10::cuda::CUDAStreamGuard copies(copying_);
            slot.consumed.block(copying_);
            slot.pixels.narrow(0, 0, frames).copy_(slot.host.narrow(0, 0, frames), /*non_blocking=*/true);
            slot.uploaded.record(copying_);
        }
        slot.uploaded.block(running);
        auto& recorded = slot.passes[{frames, variant}];
        if (!recorded) {
            recorded = record(slot.pixels.narrow(0, 0, frames), pass);
        }
        recorded->graph.replay();
        slot.consumed.record(running);
        return recorded->results;
    }

private:
    void prepareFor(Slot& slot, const Tensor& pixels) {
        const bool fits = slot.host.defined() && slot.host.scalar_type() == pixels.scalar_type() &&
                          slot.host.sizes().slice(1) == pixels.sizes().slice(1);
        if (fits) {
            return;
        }
        std::vector<std::int64_t> shape = pixels.sizes().vec();
        shape.front() = mostFrames;
        const auto type = torch::TensorOptions().dtype(pixels.scalar_type());
        slot.passes.clear();
        slot.host = torch::empty(shape, type.pinned_memory(true));
        slot.pixels = torch::empty(shape, type.device(device_));
    }

    /// Runs the pass once, so that libraries allocate what they need, and records it the second time.
    std::unique_ptr<Recorded> record(const Tensor& pixels, const Pass& pass) {
        auto recorded = std::make_unique<Recorded>();
        c10::cuda::getCurrentCUDAStream(device_.index()).synchronize();
        {
            const c10::cuda::CUDAStreamGuard here(recording_);
            pass(pixels);
            recording_.synchronize();
            recorded->graph.capture_begin();
            try {
                recorded->results = pass(pixels);
            } catch (...) {
                recorded->graph.capture_end(); // nothing else can be recorded while one is open
                throw;
            }
            recorded->graph.capture_end();
        }
        return recorded;
    }

    torch::Device device_;
    c10::cuda::CUDAStream copying_;
    c10::cuda::CUDAStream recording_;
    std::array<Slot, 2> slots_;
    std::size_t turn_ = 0;
};

} // namespace

std::unique_ptr<DeviceLane> makeCudaLane(const torch::Device& device) {
    return std::make_unique<CudaLane>(device);
}

} // namespace livegloss::engine
