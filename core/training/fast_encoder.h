#pragma once

#include "autocast.h"
#include "model/adapt_sign.h"

#include <optional>
#include <torch/torch.h>
#include <vector>

namespace livegloss::training {

// The encoder's arithmetic arranged for training on few cores: same parameters, same numbers up to rounding as
// model::VisualEncoder, with less work: prefixes are projected once instead of once per frame, the aggregation's single
// query is moved to the other side of its key and value projections, QuickGELU is one operation, frames that repeat are
// encoded once, and nothing is computed that the result does not depend on.

/// What the encoder has and how it computes.
struct EncoderSettings {
    bool adapters = true;
    bool prefixes = true;
    bool sharedPrefixes = false; ///< every block uses the first one's
    bool aggregation = true;
    bool crossFrame = true;
    bool forget = false; ///< gradient checkpointing: blocks run again for their gradients, chunk by chunk
    std::optional<at::ScalarType> autocast; ///< on a graphics card
};

/// One clip on its way through the encoder: images [U, 3, R, R] of its distinct frames, and for each of its T frames
/// the image it shows. Holds what the gradients need until they are taken.
class EncodedClip {
public:
    EncodedClip(model::VisualEncoderImpl& encoder, const EncoderSettings& settings, const torch::Tensor& images,
                const std::vector<std::int64_t>& imageOfFrame);
    /// Frame features [T, E] in float32, differentiable unless `forget`.
    const torch::Tensor& features() const { return features_; }
    /// Gradients of sum(features * towards) in the order of `parameters`; undefined where there is no influence. Once.
    std::vector<torch::Tensor> gradients(const std::vector<torch::Tensor>& parameters, const torch::Tensor& towards);

private:
    model::VisualEncoderImpl& encoder_;
    EncoderSettings settings_;
    torch::Tensor images_;  ///< kept where chunks run again
    torch::Tensor tokens_;  ///< [U, L, D] leaf, likewise
    torch::Tensor queries_; ///< [U, 1, D]
    torch::Tensor features_;
};

/// Frame features of a clip as EncodedClip gives them, of a network with all modules.
torch::Tensor encodeClip(model::VisualEncoderImpl& encoder, const torch::Tensor& images,
                         const std::vector<std::int64_t>& imageOfFrame, const EncoderSettings& settings = {});

/// Plain CLIP image tower over K patches of each picture, `patches` [N, K, 3 * p * p] with their `positions` [N, K] in
/// the grid -> [N, 1, E] for the class token or, with `allTokens`, [N, 1 + K, E]; differentiable in the backbone.
torch::Tensor encodeStills(model::VisualEncoderImpl& encoder, const torch::Tensor& patches,
                           const torch::Tensor& positions, bool allTokens);

} // namespace livegloss::training
