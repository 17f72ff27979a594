#pragma once

#include "block_runner.h"
#include "device_lane.h"

#include <functional>
#include <memory>

namespace livegloss::engine {

/// Runs frames through the blocks on a device; what they give comes back to the CPU, where the stream keeps it, so that
/// a device may fail without taking anything along. One thread at a time.
class DeviceBlocks {
public:
    /// `beforePass` is called before each pass; tests make it throw.
    DeviceBlocks(std::shared_ptr<const DeviceNetwork> network, std::function<void()> beforePass);

    /// images [n, 3, R, R] on the CPU, in -1 .. 1. With f32 products they cross as they are, else as bytes. Throws
    /// c10::Error.
    BlockOutput run(const torch::Tensor& images, bool wantAttention);
    const DeviceNetwork& network() const { return *network_; }

private:
    std::shared_ptr<const DeviceNetwork> network_;
    std::function<void()> beforePass_;
    std::unique_ptr<DeviceLane> lane_;
};

} // namespace livegloss::engine
