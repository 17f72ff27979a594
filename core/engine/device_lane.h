#pragma once

#include "device_network.h"

#include <functional>
#include <memory>
#include <torch/torch.h>

namespace livegloss::engine {

/// The way of pictures to a device and through a pass there. On CUDA pictures lie in pinned memory that is allocated
/// once, cross on a stream of their own while the pass before them runs, and a pass over as many pictures as one before
/// is replayed as a graph. On other devices, and where LibTorch was built without CUDA, the same steps follow one
/// another. One thread at a time; everything throws c10::Error.
class DeviceLane {
public:
    using Pass = std::function<DeviceTokens(const torch::Tensor& pixels)>;
    static constexpr std::int64_t mostFrames = 8; ///< of one launch()

    virtual ~DeviceLane() = default;

    /// Starts a pass over `pixels` (on the CPU, at most mostFrames). Calls with the same number of frames and `variant`
    /// must mean the same work. The results are good until the second launch() after this one.
    virtual DeviceTokens launch(const torch::Tensor& pixels, int variant, const Pass& pass) = 0;
};

std::unique_ptr<DeviceLane> makeDeviceLane(const torch::Device& device);

/// Defined where LibTorch was built with CUDA.
std::unique_ptr<DeviceLane> makeCudaLane(const torch::Device& device);

} // namespace livegloss::engine
