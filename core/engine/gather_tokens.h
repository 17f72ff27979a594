#pragma once

#include "prepared_network.h"

namespace livegloss::engine {

/// One step of the aggregation (paper section 3.2): the next query token [n, D] from the present one and the tokens'
/// bare norms [n, L, D]. On whatever device the tensors are.
torch::Tensor gatherTokens(const PreparedBlock& block, const torch::Tensor& query, const torch::Tensor& norm);

} // namespace livegloss::engine
