#include "device_choice.h"

#include "base/log.h"
#include "device_network.h"
#include "engine/loaded_model.h"

#include <optional>
#include <string>

namespace livegloss::engine {
namespace {

constexpr std::string_view torchPrefix = "torch:";

/// The device that a name means; none: the processor, by the program's own engines. Throws c10::Error for a name that
/// LibTorch does not know.
std::optional<torch::Device> deviceNamed(const std::string& name) {
    if (name == "auto") {
        return torch::cuda::is_available() ? std::optional(torch::Device("cuda:0")) : std::nullopt;
    }
    if (name == "cpu") {
        return std::nullopt;
    }
    return torch::Device(name.starts_with(torchPrefix) ? name.substr(torchPrefix.size()) : name);
}

torch::ScalarType typeFor(const torch::Device& device, Precision precision) {
    const bool full = precision == Precision::F32 || (precision == Precision::Auto && device.is_cpu());
    return full ? torch::kFloat : torch::kBFloat16;
}

} // namespace

std::vector<std::string> otherDevices() {
    std::vector<std::string> names;
    for (std::size_t index = 0; torch::cuda::is_available() && index < torch::cuda::device_count(); ++index) {
        names.push_back(std::string("cuda:").append(std::to_string(index)));
    }
    return names;
}

Result<void> checkDevice(const ComputeRequest& request) try {
    const auto device = deviceNamed(request.device);
    if (!device) {
        return {};
    }
    if (device->is_cuda() && !torch::cuda::is_available()) {
        return failure(ErrorCode::InvalidArgument,
                       "there is no device '" + request.device +
                           "': this LibTorch was built without CUDA, or finds no graphics processor of NVIDIA",
                       "Choose cpu, or auto.");
    }
    torch::zeros({1}).to(*device);
    return {};
} catch (const std::exception&) {
    return failure(ErrorCode::InvalidArgument, "there is no device '" + request.device + "' for LibTorch",
                   "Choose auto, cpu, cuda or cuda:N.");
}

std::shared_ptr<const DeviceNetwork> networkOnDevice(const model::AdaptSign& network, const ComputeRequest& request) {
    const auto device = deviceNamed(request.device);
    if (!device) {
        return nullptr;
    }
    try {
        return makeDeviceNetwork(network, *device, typeFor(*device, request.precision));
    } catch (const std::exception& problem) {
        if (request.device != "auto") {
            throw;
        }
        log(LogLevel::Warning, std::string("the model stays on the CPU: ") + problem.what());
        return nullptr;
    }
}

} // namespace livegloss::engine
