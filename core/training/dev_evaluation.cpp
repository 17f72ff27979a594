#include "augment.h"
#include "fast_encoder.h"
#include "stage.h"
#include "training/replay.h"

#include <algorithm>
#include <numeric>

namespace livegloss::training {
namespace {

std::vector<int> greedy(const torch::Tensor& logits) {
    const torch::Tensor best = logits.argmax(-1).contiguous();
    std::vector<int> glosses;
    std::int64_t previous = 0;
    for (std::int64_t step = 0; step < best.size(0); ++step) {
        const std::int64_t label = best[step].item<std::int64_t>();
        if (label != previous && label != 0) {
            glosses.push_back(static_cast<int>(label));
        }
        previous = label;
    }
    return glosses;
}

} // namespace

int editDistance(const std::vector<int>& reference, const std::vector<int>& hypothesis) {
    std::vector<int> row(hypothesis.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (std::size_t i = 1; i <= reference.size(); ++i) {
        int diagonal = row[0];
        row[0] = static_cast<int>(i);
        for (std::size_t j = 1; j <= hypothesis.size(); ++j) {
            const int substituted = diagonal + (reference[i - 1] == hypothesis[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

std::vector<TrainingClip> devClips(const StageContext& context, int count) {
    std::vector<TrainingClip> clips(static_cast<std::size_t>(count));
    context.pool.run(count, [&](int index) {
        ClipQuery query;
        query.seed = mixSeed(context.recipe.seed, static_cast<std::uint64_t>(index), 7);
        query.part = SamplePart::Dev;
        query.size = context.recipe.model.resize;
        query.fps = context.recipe.model.fps;
        clips[static_cast<std::size_t>(index)] = context.source.clip(query);
    });
    return clips;
}

DevResult evaluateDev(StageContext& context, const std::vector<TrainingClip>& clips) {
    const model::ModelConfig& config = context.recipe.model;
    const model::TemporalLayout layout = model::temporalLayout(config.convType);
    context.network->eval();
    std::vector<int> errors(clips.size());
    context.pool.run(static_cast<int>(clips.size()), [&](int index) {
        const torch::NoGradGuard noGrad;
        const TrainingClip& clip = clips[static_cast<std::size_t>(index)];
        std::vector<int> frames(static_cast<std::size_t>(clip.frames));
        std::iota(frames.begin(), frames.end(), 0);
        const PreparedClip prepared =
            prepareClip(clip, padFrames(frames, layout), plainChange(clip.size, config.resolution), config.resolution);
        const torch::Tensor features = encodeClip(*context.network->visual, prepared.images, prepared.imageOfFrame);
        const auto output =
            context.network->recognise(features.unsqueeze(0), torch::tensor({features.size(0)}, torch::kInt64));
        errors[static_cast<std::size_t>(index)] = editDistance(clip.labels, greedy(output.sequenceLogits.select(1, 0)));
    });
    DevResult result;
    for (std::size_t index = 0; index < clips.size(); ++index) {
        result.errors += errors[index];
        result.words += static_cast<int>(clips[index].labels.size());
    }
    return result;
}

} // namespace livegloss::training
