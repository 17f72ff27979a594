#pragma once

#include "base/result.h"
#include "model/model_config.h"

#include <filesystem>
#include <memory>

namespace livegloss::engine {

/// Weights ready to run, immutable and shared: any number of encoders and heads on any threads may use one.
class LoadedModel {
public:
    virtual ~LoadedModel() = default;
    virtual const model::ModelConfig& config() const = 0;
};
using LoadedModelPtr = std::shared_ptr<const LoadedModel>;

/// Reads a .safetensors model. Errors say which file, key or shape is wrong.
Result<LoadedModelPtr> loadModel(const std::filesystem::path& path);

/// Processor or device that inference runs on, for people ("CPU, 2 threads").
std::string deviceDescription();

} // namespace livegloss::engine
