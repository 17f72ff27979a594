#pragma once

#include "fast_head.h"
#include "model/adapt_sign.h"

namespace livegloss::engine {

/// Packs the temporal head of `network`, in eval mode, for the fast engine. `classifier`: [H, V], columns of length
/// one. `narrowWeights`: in Bf16 where the processor has kernels for that; what is computed stays f32.
void packHead(const model::AdaptSign& network, const torch::Tensor& classifier, kernels::InstructionSet instructions,
              bool narrowWeights, FastHeadNetwork& packed);

} // namespace livegloss::engine
