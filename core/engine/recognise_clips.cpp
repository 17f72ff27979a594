#include "recognise_clips.h"

#include "fast_network.h"

namespace livegloss::engine {

using torch::Tensor;

model::ForwardOutput recogniseClips(const TorchModel& model, const Tensor& features, const Tensor& lengths) {
    if (!model.fast) {
        model::AdaptSign network = model.network;
        return network->recognise(features, lengths);
    }
    const model::ModelConfig& config = model.config();
    const std::int64_t clips = features.size(0);
    const int frames = static_cast<int>(features.size(1));
    const int most = model::temporalSteps(config.convType, frames);
    const Tensor rows = features.contiguous();
    const Tensor counts = lengths.contiguous();
    const Tensor convolutional = torch::empty({clips, most, config.classes});
    const Tensor sequence = torch::zeros({clips, most, config.classes});
    const Tensor steps = torch::empty_like(counts);
    FastHead head(model.fast->head, 1);
    for (std::int64_t clip = 0; clip < clips; ++clip) {
        const int own = model::temporalSteps(config.convType, static_cast<int>(counts[clip].item<std::int64_t>()));
        steps[clip] = own;
        head.forget();
        head.setWindow(rows[clip].data_ptr<float>(), frames, 0);
        head.convolutionalLogits(convolutional[clip].data_ptr<float>());
        head.sequenceLogits(own, sequence[clip].data_ptr<float>());
    }
    return {features, convolutional.transpose(0, 1), sequence.transpose(0, 1), steps};
}

} // namespace livegloss::engine
