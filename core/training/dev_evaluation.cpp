#include "augment.h"
#include "clip_supply.h"
#include "fast_encoder.h"
#include "training/prefetcher.h"

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

DevResult evaluateDev(StageContext& context, ClipSupply& supply) {
    const model::ModelConfig& config = context.network->config();
    const model::TemporalLayout layout = model::temporalLayout(config.convType);
    const EncoderSettings settings = encoderSettings(context);
    const int workers = context.group->size();
    const int mine = (supply.devCount() - context.group->rank() + workers - 1) / workers;
    Prefetcher<ClipSupply::ClipPtr> clips(0, mine, 2 * context.pool.threads(), context.options.loaders,
                                          [&](std::int64_t number) {
                                              const auto place = number * workers + context.group->rank();
                                              return supply.dev(static_cast<int>(place));
                                          });
    context.network->eval();
    float errors = 0.0F;
    float words = 0.0F;
    for (int done = 0; done < mine;) {
        std::vector<ClipSupply::ClipPtr> some;
        for (; done < mine && static_cast<int>(some.size()) < context.pool.threads(); ++done) {
            some.push_back(clips.take());
        }
        std::vector<int> wrong(some.size());
        context.pool.run(static_cast<int>(some.size()), [&](int index) {
            const torch::NoGradGuard noGrad;
            const TrainingClip& clip = *some[static_cast<std::size_t>(index)];
            std::vector<int> frames(static_cast<std::size_t>(clip.frames));
            std::iota(frames.begin(), frames.end(), 0);
            const PreparedClip prepared = prepareClip(clip, padFrames(frames, layout),
                                                      plainChange(clip.size, config.resolution), config.resolution);
            const torch::Tensor features = encodeClip(*context.network->visual, prepared.images.to(context.device),
                                                      prepared.imageOfFrame, settings);
            const auto output =
                context.network->recognise(features.unsqueeze(0), torch::tensor({features.size(0)}, torch::kInt64));
            wrong[static_cast<std::size_t>(index)] =
                editDistance(clip.labels, greedy(output.sequenceLogits.select(1, 0).cpu()));
        });
        for (std::size_t index = 0; index < some.size(); ++index) {
            errors += static_cast<float>(wrong[index]);
            words += static_cast<float>(some[index]->labels.size());
        }
    }
    std::vector<torch::Tensor> sums{torch::tensor({errors, words})};
    context.group->sum(sums);
    return {static_cast<int>(sums[0][0].item<float>()), static_cast<int>(sums[0][1].item<float>())};
}

} // namespace livegloss::training
