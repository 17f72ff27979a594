#pragma once

#include "engine/loaded_model.h"
#include "model/adapt_sign.h"

#include <filesystem>

namespace livegloss::engine {

/// Arranges `network`, read from `path` if from a file, for what `request` comes to. The fast engine takes its weights:
/// nobody else may use it any more.
LoadedModelPtr makeLoadedModel(const model::AdaptSign& network, ComputeRequest request,
                               const std::filesystem::path& path = {});

/// Threads inside LibTorch's and OpenBLAS's operations. One, except where that is what is measured.
void setLibraryThreads(int threads);

} // namespace livegloss::engine
