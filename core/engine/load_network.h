#pragma once

#include "engine/loaded_model.h"
#include "model/adapt_sign.h"

#include "layer_maker.h"

namespace livegloss::engine {

/// Arranges `network` for `choice`. The fast engine takes its weights: nobody else
/// may use it any more. `maker` may make its blocks' large layers. The
/// encoder goes to the device that `onDevice` asks for, too; null: to none.
LoadedModelPtr makeLoadedModel(const model::AdaptSign& network, ComputeChoice choice, const LayerMaker& maker = {},
                               const ComputeRequest* onDevice = nullptr);

/// Threads inside LibTorch's and OpenBLAS's operations. One, except where that is what is measured.
void setLibraryThreads(int threads);

} // namespace livegloss::engine
