#pragma once

#include "base/result.h"
#include "engine/compute.h"
#include "model/model_config.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace livegloss::engine {

/// Weights ready to run, immutable and shared: any number of encoders and heads on any threads may use one.
class LoadedModel {
public:
    virtual ~LoadedModel() = default;
    virtual const model::ModelConfig& config() const = 0;
    /// What runs it.
    virtual const ComputeChoice& compute() const = 0;
};
using LoadedModelPtr = std::shared_ptr<const LoadedModel>;

/// Reads a .safetensors model and packs it for what `request` comes to on this processor (see chooseCompute()). Errors
/// say which file, key or shape is wrong.
Result<LoadedModelPtr> loadModel(const std::filesystem::path& path, ComputeRequest request = {});

/// What inference runs on.
struct ComputeDevice {
    std::string name; ///< "CPU"; empty: none
    int threads = 0;
};
/// The processor.
ComputeDevice computeDevice();
/// Devices that ComputeRequest::device may name, besides the processor: "cuda:0" and so on. May take a second.
std::vector<std::string> otherDevices();
/// What `model` runs on. Null: none.
ComputeDevice computeDevice(const LoadedModelPtr& model);

} // namespace livegloss::engine
