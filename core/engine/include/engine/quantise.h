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

/// A model in f32 that finds scales by what its large layers read.
struct ObservedModel {
    LoadedModelPtr model;
    /// By what was read so far.
    std::function<std::map<std::string, model::LayerScales, std::less<>>()> scales;
};
Result<ObservedModel> loadObserved(const std::filesystem::path& path);

// `scales.levels`, 255 or 127, decides how finely sources are rounded. More than quantisationLevels() is computed in
// another way, with the same sums as a processor that has so many and at about the speed of f32. What surrounds the
// layers in 8 bits is f32, with AMX bf16.

/// A model in f32 that compares what each of its large layers would give in 8 bits.
struct ComparedModel {
    LoadedModelPtr model;
    /// Relative L2 of each layer's result, so far.
    std::function<std::map<std::string, double, std::less<>>()> errors;
};
Result<ComparedModel> loadCompared(const std::filesystem::path& path, const model::Quantisation& scales);

/// A model in 8 bits by these scales instead of those of its file.
Result<LoadedModelPtr> loadQuantised(const std::filesystem::path& path, const model::Quantisation& scales);

/// The largest number that a source value becomes where this processor runs a model.
int quantisationLevels();

} // namespace livegloss::engine
