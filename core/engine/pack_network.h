#pragma once

#include "fast_network.h"
#include "layer_maker.h"
#include "model/adapt_sign.h"
#include "prepared_network.h"

namespace livegloss::engine {

/// Packs the encoder and the head of `network` for the fast engine, block after block, and empties the tensors that it
/// has packed: the weights are in memory once, and one block of them twice while it is packed. `surroundings` of the
/// same network.
std::shared_ptr<const FastNetwork> packNetwork(const model::AdaptSign& network, const PreparedNetwork& surroundings,
                                               kernels::Element element, kernels::InstructionSet instructions,
                                               const LayerMaker& maker = {});

} // namespace livegloss::engine
