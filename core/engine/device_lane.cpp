#include "device_lane.h"

namespace livegloss::engine {
namespace {

class PlainLane final : public DeviceLane {
public:
    explicit PlainLane(const torch::Device& device) : device_(device) {}

    DeviceTokens launch(const torch::Tensor& pixels, int /*variant*/, const Pass& pass) override {
        return pass(pixels.to(device_));
    }

private:
    torch::Device device_;
};

} // namespace

std::unique_ptr<DeviceLane> makeDeviceLane(const torch::Device& device) {
#ifdef LIVEGLOSS_TORCH_CUDA
    if (device.is_cuda()) {
        return makeCudaLane(device);
    }
#endif
    return std::make_unique<PlainLane>(device);
}

} // namespace livegloss::engine
