#pragma once

#include "clip_supply.h"
#include "training_loop.h"

#include <memory>

namespace livegloss::training {

/// Adaptation from the network as it is. Until begin() a batch is made when it is fetched, on the calling thread.
std::unique_ptr<StageWork> makeAdaptation(StageContext& context, ClipSupply& supply);
/// Throws StageFailure where the recipe's rates do not suit the supply.
LoopPlan adaptationPlan(const StageContext& context, const ClipSupply& supply);

} // namespace livegloss::training
