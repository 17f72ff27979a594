#pragma once

// LibTorch header: for folders that link LibTorch themselves.

#include "training/recipe.h"

#include <string>
#include <torch/torch.h>
#include <vector>

namespace livegloss::training {

struct LossWeights {
    double sequence = 1.0;
    double conv = 1.0;
    double distill = 25.0;
};

/// The three losses of section 3.4 and their weighted sum; gradients flow from `total`.
struct LossTerms {
    torch::Tensor sequenceCtc;  ///< [B], per clip
    torch::Tensor convCtc;      ///< [B]
    torch::Tensor distillation; ///< scalar
    torch::Tensor total;        ///< scalar: batch means of both CTC losses and the distillation, weighted
};

/// Logits [S, B, V], labels concatenated [sum of labelLengths] int64, lengths [B] int64 on the CPU.
LossTerms alignmentLosses(const torch::Tensor& sequenceLogits, const torch::Tensor& convLogits,
                          const torch::Tensor& featureLengths, const torch::Tensor& labels,
                          const torch::Tensor& labelLengths, const LossWeights& weights);

/// Whether the released freeze rule trains the parameter of this name. The head (conv1d, classifier, rnn) always is;
/// `query` only when `trainQuery`.
bool isTrained(const std::string& name, bool trainQuery);

struct NamedParameter {
    std::string name;
    torch::Tensor value;
};
/// Freezes everything of `network` that the rule does not train and returns the rest, in the network's order.
std::vector<NamedParameter> applyFreezeRule(torch::nn::Module& network, bool trainQuery);

/// Contrast of a batch of pictures with their captions, both [N, E] (CLIP): mean of both directions' cross entropies.
/// `same` [N, N] bool marks captions that say the same; these share the target.
torch::Tensor contrastiveLoss(const torch::Tensor& images, const torch::Tensor& captions, const torch::Tensor& scale,
                              const torch::Tensor& same);

} // namespace livegloss::training
