#pragma once

#include "engine/loaded_model.h"
#include "model/adapt_sign.h"

namespace livegloss::engine {

/// Arranges `network` for what `request` comes to. The fast engine takes its weights: nobody else may use it any more.
LoadedModelPtr makeLoadedModel(const model::AdaptSign& network, ComputeRequest request);

/// Threads inside LibTorch's and OpenBLAS's operations. One, except where that is what is measured.
void setLibraryThreads(int threads);

} // namespace livegloss::engine
