#include "augment.h"
#include "clip_supply.h"
#include "decode/ctc.h"
#include "evaluation/cleanup.h"
#include "evaluation/word_error.h"
#include "fast_encoder.h"
#include "training/prefetcher.h"

#include <algorithm>
#include <numeric>

namespace livegloss::training {
namespace {

Matrix logProbabilities(const torch::Tensor& logits) {
    const torch::Tensor values = logits.to(torch::kCPU, torch::kFloat32).log_softmax(-1).contiguous();
    Matrix matrix(static_cast<int>(values.size(0)), static_cast<int>(values.size(1)));
    std::copy_n(values.data_ptr<float>(), matrix.values.size(), matrix.values.begin());
    return matrix;
}

} // namespace

evaluation::Words devWords(const Matrix& logProbs, const std::vector<std::string>& glosses, const Scoring& scoring) {
    decode::DecodeOptions options;
    options.alternatives = 0;
    options.mergeRepeats = scoring.mergeRepeats;
    evaluation::Words words;
    for (const decode::DecodedGloss& decoded : decode::decode(logProbs, options)) {
        words.push_back(glosses[static_cast<std::size_t>(decoded.label) - 1]);
    }
    return scoring.phoenixCleanup ? evaluation::cleanPhoenixWords(std::move(words)) : words;
}

DevResult evaluateDev(StageContext& context, ClipSupply& supply) {
    const model::ModelConfig& config = context.network->config();
    const model::TemporalLayout layout = model::temporalLayout(config.convType);
    const EncoderSettings settings = encoderSettings(context);
    const std::vector<std::string>& glosses = context.source.glosses();
    const Scoring scoring = context.source.scoring();
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
            evaluation::Words reference;
            for (const int label : clip.labels) {
                reference.push_back(glosses[static_cast<std::size_t>(label) - 1]);
            }
            const evaluation::Words recognised =
                devWords(logProbabilities(output.sequenceLogits.select(1, 0)), glosses, scoring);
            wrong[static_cast<std::size_t>(index)] =
                static_cast<int>(evaluation::countErrors(evaluation::alignWords(reference, recognised)).errors());
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
