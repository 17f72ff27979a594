#pragma once

#include "model/adapt_sign.h"

#include <torch/torch.h>
#include <vector>

namespace livegloss::training {

// The encoder's arithmetic arranged for training on few cores: same parameters, same numbers up to rounding as
// model::VisualEncoder, with less work: prefixes are projected once instead of once per frame, the aggregation's single
// query is moved to the other side of its key and value projections, QuickGELU is one operation, frames that repeat are
// encoded once, and nothing is computed that the result does not depend on.

/// One clip: images [U, 3, R, R] of its distinct frames, and for each of its T frames the image it shows.
/// Returns frame features [T, E]. Differentiable in the trained parameters.
torch::Tensor encodeClip(model::VisualEncoderImpl& encoder, const torch::Tensor& images,
                         const std::vector<std::int64_t>& imageOfFrame);

/// Plain CLIP image tower over K patches of each picture, `patches` [N, K, 3 * p * p] with their `positions` [N, K] in
/// the grid -> [N, 1, E] for the class token or, with `allTokens`, [N, 1 + K, E]; differentiable in the backbone.
torch::Tensor encodeStills(model::VisualEncoderImpl& encoder, const torch::Tensor& patches,
                           const torch::Tensor& positions, bool allTokens);

} // namespace livegloss::training
