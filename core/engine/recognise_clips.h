#pragma once

#include "prepared_network.h"

namespace livegloss::engine {

/// The temporal head over whole clips, by the model's engine: features [B, T, E], lengths [B] int64 -> logits. A clip's
/// sequence logits see its own length only. Throws std::exception.
model::ForwardOutput recogniseClips(const TorchModel& model, const torch::Tensor& features,
                                    const torch::Tensor& lengths);

} // namespace livegloss::engine
