#pragma once

#include "base/result.h"
#include "engine/loaded_model.h"
#include "model/quantisation.h"

#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace livegloss::engine {

// What `livegloss-cli quantize` measures with. All of these load a model for the fast engine and fail as loadModel()
// does; Unsupported where the processor has only the reference engine.

/// A model in f32 that writes down what its large layers read.
struct ObservedModel {
    LoadedModelPtr model;
    /// So far.
    std::function<std::map<std::string, model::LayerRange, std::less<>>()> ranges;
};
Result<ObservedModel> loadObserved(const std::filesystem::path& path);

/// A model in f32 that compares what each of its large layers would give in 8 bits.
struct ComparedModel {
    LoadedModelPtr model;
    /// Relative L2 of each layer's result, so far.
    std::function<std::map<std::string, double, std::less<>>()> errors;
};
Result<ComparedModel> loadCompared(const std::filesystem::path& path, const model::Quantisation& scales);

/// A model in 8 bits by these scales instead of those of its file.
Result<LoadedModelPtr> loadQuantised(const std::filesystem::path& path, const model::Quantisation& scales);

/// The largest number that a source value becomes on this processor.
int quantisationLevels();

} // namespace livegloss::engine
