#pragma once

#include "decode/ctc.h"
#include "model/model_config.h"
#include "session/caption.h"

#include <cstdint>
#include <vector>

namespace livegloss::session {

/// Rows of a (padded) feature sequence, both inclusive.
struct RowRange {
    std::int64_t first = 0;
    std::int64_t last = 0;
};
/// The rows that a run of steps stands for: the `stride` rows in the middle of each step's receptive field.
RowRange rowsOfSteps(const model::TemporalLayout& layout, std::int64_t firstStep, std::int64_t lastStep);

/// Time from one of the model's frames to the next.
MediaTime frameDuration(const model::ModelConfig& config);

std::vector<GlossAlternative> namedAlternatives(const model::ModelConfig& config,
                                                const std::vector<decode::Alternative>& alternatives);

} // namespace livegloss::session
