#include "gloss_times.h"

namespace livegloss::session {

RowRange rowsOfSteps(const model::TemporalLayout& layout, std::int64_t firstStep, std::int64_t lastStep) {
    const int margin = (layout.receptiveField - layout.stride) / 2;
    return {firstStep * layout.stride + margin, lastStep * layout.stride + margin + layout.stride - 1};
}

MediaTime frameDuration(const model::ModelConfig& config) {
    return fromSeconds(config.fps > 0.0 ? 1.0 / config.fps : 0.04);
}

std::vector<GlossAlternative> namedAlternatives(const model::ModelConfig& config,
                                                const std::vector<decode::Alternative>& alternatives) {
    std::vector<GlossAlternative> named;
    named.reserve(alternatives.size());
    for (const decode::Alternative& alternative : alternatives) {
        named.push_back({model::glossText(config, alternative.label), alternative.probability});
    }
    return named;
}

} // namespace livegloss::session
