#include "device_blocks.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace livegloss::engine {
namespace {

using torch::Tensor;

/// Grey levels as bytes: a quarter of the floats to carry, with an error below that of bf16.
Tensor asBytes(const Tensor& images) {
    return images.add(1.0).mul_(127.5).round_().clamp_(0.0, 255.0).to(torch::kByte);
}

class Collector {
public:
    void add(const DeviceTokens& results) {
        tokens_.push_back(results.tokens.cpu());
        norms_.push_back(results.bareNorm.cpu());
        queries_.push_back(results.query.cpu());
        if (results.classAttention.defined()) {
            attention_.push_back(results.classAttention.cpu());
        }
    }
    BlockOutput output() const {
        BlockOutput output;
        output.tokens = torch::cat(tokens_);
        output.bareNorm = torch::cat(norms_);
        output.query = torch::cat(queries_);
        if (!attention_.empty()) {
            output.classAttention = torch::cat(attention_);
        }
        return output;
    }

private:
    std::vector<Tensor> tokens_, norms_, queries_, attention_;
};

} // namespace

DeviceBlocks::DeviceBlocks(std::shared_ptr<const DeviceNetwork> network, std::function<void()> beforePass)
    : network_(std::move(network)), beforePass_(std::move(beforePass)) {}

BlockOutput DeviceBlocks::run(const Tensor& images, bool wantAttention) {
    if (beforePass_) {
        beforePass_();
    }
    if (!lane_) {
        lane_ = makeDeviceLane(network_->device);
    }
    const Tensor pixels = network_->type == torch::kFloat ? images : asBytes(images);
    const auto pass = [&](const Tensor& there) { return devicePass(*network_, there, wantAttention); };
    Collector collector;
    std::optional<DeviceTokens> running;
    for (std::int64_t start = 0; start < pixels.size(0); start += DeviceLane::mostFrames) {
        const std::int64_t count = std::min(DeviceLane::mostFrames, pixels.size(0) - start);
        DeviceTokens next = lane_->launch(pixels.narrow(0, start, count), wantAttention ? 1 : 0, pass);
        if (running) {
            collector.add(*running);
        }
        running = std::move(next);
    }
    collector.add(*running);
    return collector.output();
}

} // namespace livegloss::engine
