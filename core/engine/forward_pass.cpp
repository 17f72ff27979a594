#include "engine/forward_pass.h"

#include "engine/threads.h"
#include "prepared_network.h"
#include "recognise_clips.h"
#include "streaming_encoder_impl.h"

#include <algorithm>
#include <map>

namespace livegloss::engine {
namespace {

using torch::Tensor;

/// Enough for every core; a long clip at once would only take memory.
constexpr int framesPerPush = 64;

OutputTensor toOutput(const std::string& name, const Tensor& tensor) {
    OutputTensor output;
    output.name = name;
    output.shape = tensor.sizes().vec();
    const Tensor values = tensor.contiguous();
    const auto count = static_cast<std::size_t>(values.numel());
    output.isInteger = values.scalar_type() == torch::kInt64;
    if (output.isInteger) {
        output.integers.assign(values.data_ptr<std::int64_t>(), values.data_ptr<std::int64_t>() + count);
    } else {
        output.floats.assign(values.data_ptr<float>(), values.data_ptr<float>() + count);
    }
    return output;
}

Result<void> checkInput(const model::ModelConfig& config, const ForwardInput& input) {
    const auto wrong = [](const std::string& what) { return failure(ErrorCode::InvalidArgument, what); };
    const auto& shape = input.shape;
    const bool fits = shape.size() == 5 && shape[0] > 0 && shape[1] > 0 && shape[2] == 3 &&
                      shape[3] == config.resolution && shape[4] == config.resolution;
    if (!fits) {
        return wrong("frames have the shape " + tensorfile::shapeText(shape) +
                     "; this model takes [clips, frames, 3, " + std::to_string(config.resolution) + ", " +
                     std::to_string(config.resolution) + "]");
    }
    if (tensorfile::elementCount(shape) != static_cast<std::int64_t>(input.frames.size())) {
        return wrong("frames of shape " + tensorfile::shapeText(shape) + " were given " +
                     std::to_string(input.frames.size()) + " values");
    }
    if (input.lengths.size() != static_cast<std::size_t>(shape[0])) {
        return wrong("lengths has " + std::to_string(input.lengths.size()) + " entries for " +
                     std::to_string(shape[0]) + " clips");
    }
    for (const std::int64_t length : input.lengths) {
        if (length > shape[1] || length < 1 || model::temporalSteps(config.convType, static_cast<int>(length)) < 1) {
            return wrong("a clip of " + std::to_string(length) + " frames in a batch of " + std::to_string(shape[1]) +
                         ": it has to fit, and the model needs " +
                         std::to_string(model::temporalLayout(config.convType).receptiveField));
        }
    }
    return {};
}

/// Joins pieces of one name along frames, into the shapes of the reference.
model::ForwardTrace joinPieces(const model::ForwardTrace& pieces, std::int64_t clips, std::int64_t length) {
    std::vector<std::string> order;
    std::map<std::string, std::vector<Tensor>> byName;
    for (const auto& [name, tensor] : pieces) {
        if (!byName.contains(name)) {
            order.push_back(name);
        }
        byName[name].push_back(tensor);
    }
    model::ForwardTrace joined;
    for (const std::string& name : order) {
        Tensor whole = torch::cat(byName[name]);
        if (name == "cross_frame_affinity") {
            whole = whole.view({clips, length, whole.size(1), whole.size(2)});
        }
        joined.emplace_back(name, whole);
    }
    return joined;
}

/// Frame features [B, T, E] by the streaming encoder, clip after clip.
Result<Tensor> streamFeatures(const LoadedModelPtr& model, const ForwardInput& input, const ForwardOptions& options,
                              model::ForwardTrace* trace) {
    const std::int64_t clips = input.shape[0];
    const std::int64_t length = input.shape[1];
    const std::int64_t width = model->config().embedDim;
    const auto frameValues = static_cast<std::size_t>(tensorfile::elementCount(input.shape) / (clips * length));
    TorchStreamingEncoder encoder(model, EncoderOptions{false});
    encoder.setTrace(trace);
    Tensor features = torch::zeros({clips, length, width});
    for (std::int64_t clip = 0; clip < clips; ++clip) {
        std::vector<FrameFeature> collected;
        const auto collect = [&collected](Result<EncoderOutput> output) -> Result<void> {
            if (!output) {
                return tl::unexpected(output.error());
            }
            std::ranges::move(output->features, std::back_inserter(collected));
            return {};
        };
        for (std::int64_t start = 0; start < length; start += options.batch) {
            const auto count = static_cast<std::size_t>(std::min<std::int64_t>(options.batch, length - start));
            const std::span<const float> frames(input.frames.data() +
                                                    static_cast<std::size_t>(clip * length + start) * frameValues,
                                                count * frameValues);
            if (auto pushed = collect(encoder.push(frames, static_cast<int>(count), false)); !pushed) {
                return tl::unexpected(pushed.error());
            }
            options.progress(clip * length + start + static_cast<std::int64_t>(count));
        }
        if (auto finished = collect(encoder.finish()); !finished) {
            return tl::unexpected(finished.error());
        }
        encoder.reset();
        for (const FrameFeature& feature : collected) {
            std::ranges::copy(feature.values,
                              features.data_ptr<float>() + (clip * length + feature.frameIndex) * width);
        }
    }
    return features;
}

Result<std::vector<OutputTensor>> run(const LoadedModelPtr& model, const ForwardInput& input,
                                      const ForwardOptions& options) {
    const torch::NoGradGuard guard;
    model::AdaptSign network = torchModel(model).network;
    const Tensor frames = torch::from_blob(const_cast<float*>(input.frames.data()), input.shape);
    const Tensor lengths = torch::tensor(input.lengths, torch::kInt64);
    model::ForwardTrace trace;
    Tensor features;
    // The fast engine has one way only, for streams and for whole clips.
    if (options.streaming || torchModel(model).fast) {
        ForwardOptions pushes = options;
        pushes.batch = options.streaming ? options.batch : framesPerPush;
        model::ForwardTrace pieces;
        auto streamed = streamFeatures(model, input, pushes, options.all ? &pieces : nullptr);
        if (!streamed) {
            return tl::unexpected(streamed.error());
        }
        features = *streamed;
        if (options.all) {
            trace = joinPieces(pieces, input.shape[0], input.shape[1]);
            BlockRunner(torchModel(model)).tracePlain(frames.flatten(0, 1), trace);
        }
    } else {
        features = network->encodeFrames(frames, options.all ? &trace : nullptr);
    }
    const model::ForwardOutput output = recogniseClips(torchModel(model), features, lengths);
    std::vector<OutputTensor> results{
        toOutput("frame_features", output.frameFeatures), toOutput("feature_lengths", output.featureLengths),
        toOutput("conv_logits", output.convLogits), toOutput("sequence_logits", output.sequenceLogits)};
    for (const auto& [name, tensor] : trace) {
        results.push_back(toOutput(name, tensor));
    }
    if (options.all) {
        results.push_back(toOutput("frames", frames));
        results.push_back(toOutput("lengths", lengths));
    }
    return results;
}

} // namespace

Result<std::vector<OutputTensor>> forwardPass(const LoadedModelPtr& model, const ForwardInput& input,
                                              const ForwardOptions& options) try {
    if (auto checked = checkInput(model->config(), input); !checked) {
        return tl::unexpected(checked.error());
    }
    if (options.batch < 1) {
        return failure(ErrorCode::InvalidArgument, "a batch has to hold at least one frame");
    }
    return run(model, input, options);
} catch (const std::bad_alloc&) {
    return failure(ErrorCode::OutOfMemory, "not enough memory for this input",
                   "Give fewer or shorter clips at a time.");
} catch (const std::exception& error) {
    return failure(ErrorCode::Internal, std::string("the forward pass failed: ") + error.what());
}

} // namespace livegloss::engine
