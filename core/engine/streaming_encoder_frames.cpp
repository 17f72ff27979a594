#include "engine/frame_similarity.h"
#include "streaming_encoder_impl.h"

#include <algorithm>
#include <new>
#include <string>
#include <string_view>

namespace livegloss::engine {

using torch::Tensor;

WatchedFrames TorchStreamingEncoder::runShare(BlockRunner& runner, const Tensor& images, bool wantAttention) const {
    return request_ ? runWatched(runner, network_, images, *request_, wantAttention, false, trace_)
                    : WatchedFrames{runner.run(images, wantAttention, trace_), {}};
}

/// Nothing where there is no device, where it cannot answer what is asked, and where it failed: then it is given up,
/// here and for every encoder of this model.
std::optional<BlockOutput> TorchStreamingEncoder::runOnDevice(const Tensor& images, bool wantAttention,
                                                              EncoderOutput& output) {
    if (!device_ || trace_ != nullptr || request_) {
        return std::nullopt;
    }
    try {
        return device_->run(images, wantAttention);
    } catch (const std::exception& problem) {
        const std::string_view what(problem.what());
        const bool full = what.find("out of memory") != std::string_view::npos ||
                          dynamic_cast<const std::bad_alloc*>(&problem) != nullptr;
        std::string message = device_->network().name;
        message.append(full ? " has no memory left: " : " failed: ").append(what.substr(0, what.find('\n')));
        output.deviceFailure = Error{full ? ErrorCode::OutOfMemory : ErrorCode::Internal, std::move(message),
                                     "The CPU goes on. Close other programs that use the device, then load the model "
                                     "again."};
        device_->network().failed = true;
        device_.reset();
        return std::nullopt;
    }
}

/// Frames are alone in the blocks, so each worker takes a share of them.
std::vector<WatchedFrames> TorchStreamingEncoder::runBlocks(const Tensor& images, bool wantAttention,
                                                            EncoderOutput& output) {
    if (auto blocks = runOnDevice(images, wantAttention, output)) {
        return {{std::move(*blocks), {}}};
    }
    const std::int64_t frames = images.size(0);
    const std::int64_t shares = trace_ != nullptr ? 1 : std::min<std::int64_t>(frames, workers_.count());
    std::vector<WatchedFrames> outputs(static_cast<std::size_t>(shares));
    workers_.run(static_cast<int>(shares), [&](int share) {
        const c10::InferenceMode guard;
        const std::int64_t begin = frames * share / shares;
        const std::int64_t end = frames * (share + 1) / shares;
        const auto place = static_cast<std::size_t>(share);
        outputs[place] = runShare(runners_[place], images.narrow(0, begin, end - begin), wantAttention);
    });
    return outputs;
}

void TorchStreamingEncoder::encode(const Tensor& images, bool wantAttention, EncoderOutput& output) {
    const std::vector<bool> repeats = likeTheLastComputed(images, wantAttention);
    std::vector<std::int64_t> computed;
    for (std::size_t i = 0; i < repeats.size(); ++i) {
        if (!repeats[i]) {
            computed.push_back(static_cast<std::int64_t>(i));
        }
    }
    std::vector<WatchedFrames> shares;
    if (!computed.empty()) {
        const bool all = computed.size() == repeats.size();
        shares = runBlocks(all ? images : images.index_select(0, torch::tensor(computed)), wantAttention, output);
    }
    std::size_t share = 0;
    std::int64_t row = 0;
    for (const bool repeat : repeats) {
        if (repeat) {
            repeatLast(wantAttention, output);
            continue;
        }
        while (row == shares[share].blocks.tokens.size(0)) {
            ++share;
            row = 0;
        }
        takeComputed(shares[share], row++, wantAttention, output);
    }
    giveOutFinal(first_ + static_cast<std::int64_t>(recent_.size()) - ahead_, output);
}

/// Which frames take what an earlier one gave. The one that they are compared with stays the same until another is
/// computed, so that slow changes add up.
std::vector<bool> TorchStreamingEncoder::likeTheLastComputed(const Tensor& images, bool wantAttention) {
    std::vector<bool> repeats(static_cast<std::size_t>(images.size(0)), false);
    if (options_.reuseUpTo < 0.0F || trace_ != nullptr) {
        return repeats;
    }
    const model::ModelConfig& config = model_->config();
    const auto size = static_cast<std::size_t>(images[0].numel());
    // What is wanted of a frame has to be there of the computed one as well.
    bool usable = lastComputed_ && (!wantAttention || lastShown_) && lastRequest_ == request_;
    for (std::size_t i = 0; i < repeats.size(); ++i) {
        const std::span<const float> picture(images.data_ptr<float>() + i * size, size);
        repeats[i] =
            usable && largestPatchChange(lastPicture_, picture, config.resolution, config.patch) <= options_.reuseUpTo;
        if (!repeats[i]) {
            lastPicture_.assign(picture.begin(), picture.end());
            usable = true;
        }
    }
    return repeats;
}

void TorchStreamingEncoder::takeComputed(WatchedFrames& share, std::int64_t row, bool wantAttention,
                                         EncoderOutput& output) {
    const auto& norm = network_.network->visual->transformer->crossFrameNorm;
    const BlockOutput& blocks = share.blocks;
    const Tensor normed = torch::addcmul(norm->bias, blocks.bareNorm[row], norm->weight);
    EncodedFrame frame{normed.narrow(0, 1, model_->config().patches()),
                       normed[0],
                       blocks.tokens[row][0].clone(),
                       blocks.query[row],
                       received_,
                       {},
                       {}};
    std::optional<AttentionResult> result;
    if (!share.attention.empty()) {
        result = std::move(share.attention[static_cast<std::size_t>(row)]);
    }
    std::optional<SpatialAttention> shown;
    if (wantAttention) {
        shown = attentionOf(blocks.classAttention[row], received_);
        output.attention.push_back(*shown);
    }
    if (options_.reuseUpTo >= 0.0F) {
        lastComputed_ = frame;
        lastShown_ = std::move(shown);
        lastResult_ = result;
        lastRequest_ = request_;
    }
    place(std::move(frame), std::move(result), output);
}

void TorchStreamingEncoder::repeatLast(bool wantAttention, EncoderOutput& output) {
    EncodedFrame frame = *lastComputed_;
    frame.index = received_;
    if (wantAttention) {
        output.attention.push_back(*lastShown_);
        output.attention.back().frameIndex = received_;
    }
    ++output.reused;
    place(std::move(frame), lastResult_, output);
}

/// The next frame of the clip, with the attention that was requested of it.
void TorchStreamingEncoder::place(EncodedFrame frame, std::optional<AttentionResult> attention, EncoderOutput& output) {
    if (attention) {
        attention->frameIndex = received_;
        if (request_->crossFrame) {
            frame.attention = std::move(attention);
            frame.request = request_;
        } else {
            output.requested.push_back(std::move(*attention));
        }
    }
    appendFrame(std::make_shared<const EncodedFrame>(std::move(frame)));
    ++received_;
}

} // namespace livegloss::engine
