#include "clip_supply.h"

#include "augment.h"
#include "training/replay.h"

#include <algorithm>

namespace livegloss::training {

TrainingClip ClipSupply::render(std::int64_t number, double progress) const {
    const AdaptRecipe& stage = context_.recipe.adapt;
    const int base = stage.renderSize > 0 ? stage.renderSize : context_.recipe.model.resize;
    ClipQuery query;
    query.seed = mixSeed(context_.recipe.seed, static_cast<std::uint64_t>(number), 5);
    query.size = renderedSize(query.seed, base, stage.sizeJitter, context_.recipe.model.resolution);
    query.fps = context_.recipe.model.fps;
    for (const Curriculum& lesson : stage.curriculum) {
        query.minSigns = lesson.minSigns;
        query.maxSigns = lesson.maxSigns;
        if (progress <= lesson.until) {
            break;
        }
    }
    return context_.source.clip(query);
}

ClipBatch joinClips(const std::vector<torch::Tensor>& features, const std::vector<std::vector<std::int64_t>>& labels) {
    std::int64_t longest = 0;
    for (const torch::Tensor& clip : features) {
        longest = std::max(longest, clip.size(0));
    }
    std::vector<torch::Tensor> rows;
    std::vector<std::int64_t> lengths;
    std::vector<std::int64_t> allLabels;
    std::vector<std::int64_t> labelLengths;
    for (std::size_t index = 0; index < features.size(); ++index) {
        const torch::Tensor& clip = features[index];
        lengths.push_back(clip.size(0));
        rows.push_back(clip.size(0) == longest
                           ? clip
                           : torch::cat({clip, clip.slice(0, -1).expand({longest - clip.size(0), -1})}, 0));
        allLabels.insert(allLabels.end(), labels[index].begin(), labels[index].end());
        labelLengths.push_back(static_cast<std::int64_t>(labels[index].size()));
    }
    return {torch::stack(rows), torch::tensor(lengths, torch::kInt64), torch::tensor(allLabels, torch::kInt64),
            torch::tensor(labelLengths, torch::kInt64)};
}

} // namespace livegloss::training
