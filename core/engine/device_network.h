#pragma once

#include "prepared_network.h"

#include <atomic>
#include <memory>
#include <string>
#include <torch/torch.h>

namespace livegloss::engine {

/// The encoder up to the cross-frame step on a device of LibTorch. Immutable but for `failed`: any number of
/// DeviceBlocks may run it.
struct DeviceNetwork {
    model::ModelConfig config;
    torch::Device device = torch::kCPU;
    std::string name;                       ///< "cuda:0"
    torch::ScalarType type = torch::kFloat; ///< of the large products; sums, residual, layer norms and aggregation: f32
    PreparedNetwork prepared;               ///< on the device: matrices in `type`, what aggregates in f32
    torch::Tensor preGain, preOffset;       ///< of ln_pre
    mutable std::atomic<bool> failed{false}; ///< it did once: nobody asks it again
};

/// Copies what `network` needs to `device`, block after block. Throws c10::Error where that fails.
std::shared_ptr<const DeviceNetwork> makeDeviceNetwork(const model::AdaptSign& network, const torch::Device& device,
                                                       torch::ScalarType type);

/// What the blocks gave for n frames, still on the device.
struct DeviceTokens {
    torch::Tensor tokens;         ///< [n, L, D]
    torch::Tensor bareNorm;       ///< [n, L, D]
    torch::Tensor query;          ///< [n, D]
    torch::Tensor classAttention; ///< [n, L + K]; only where it was wanted
};

/// One pass of all blocks over `pixels` [n, 3, R, R] on the device: bytes, normalised here, or floats in -1 .. 1.
DeviceTokens devicePass(const DeviceNetwork& network, const torch::Tensor& pixels, bool wantAttention);

} // namespace livegloss::engine
