#pragma once

#include "stage.h"

#include <torch/torch.h>
#include <vector>

namespace livegloss::training {

/// The endless, numbered clips that adaptation trains on.
class ClipSupply {
public:
    explicit ClipSupply(const StageContext& context) : context_(context) {}
    /// Clip `number`; how many signs it may have follows from the curriculum at `progress` (0..1) of the stage.
    TrainingClip render(std::int64_t number, double progress) const;

private:
    const StageContext& context_;
};

/// Features of several clips side by side, the shorter ones continued with their last row.
struct ClipBatch {
    torch::Tensor features;     ///< [B, T, E]
    torch::Tensor lengths;      ///< [B]
    torch::Tensor labels;       ///< concatenated
    torch::Tensor labelLengths; ///< [B]
};
ClipBatch joinClips(const std::vector<torch::Tensor>& features, const std::vector<std::vector<std::int64_t>>& labels);

} // namespace livegloss::training
