#include "streaming_encoder_impl.h"

#include "engine/threads.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace livegloss::engine {
namespace {

using torch::Tensor;

/// Frames that run through the blocks together: past this, scratch memory grows and nothing gets faster.
constexpr std::int64_t framesAtOnce = 8;
/// A device is given more, so that pictures cross while others are computed.
constexpr std::int64_t framesForDevice = 64;

std::vector<float> floatsOf(const Tensor& row) {
    const Tensor values = row.contiguous();
    return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

} // namespace

TorchStreamingEncoder::TorchStreamingEncoder(LoadedModelPtr model, EncoderOptions options)
    : model_(std::move(model)),
      network_(torchModel(model_)),
      options_(options),
      reach_(model_->config().window / 2),
      ahead_(model_->config().framesAhead()),
      workers_(computeThreads()),
      runners_(static_cast<std::size_t>(workers_.count()), BlockRunner(network_)) {
    if (network_.device && !network_.device->failed) {
        device_ = std::make_unique<DeviceBlocks>(network_.device, options_.beforeDevicePass);
    }
}

void TorchStreamingEncoder::reset() {
    recent_.clear();
    first_ = 0;
    nextOut_ = 0;
    received_ = 0;
    finished_ = false;
    lastAround_.clear();
    lastValues_.clear();
    lastPicture_.clear();
    lastComputed_.reset();
}

Result<EncoderOutput> TorchStreamingEncoder::push(std::span<const float> frames, int count, bool wantAttention) try {
    const std::int64_t side = model_->config().resolution;
    if (count < 0 || frames.size() != static_cast<std::size_t>(count * 3 * side * side)) {
        return failure(ErrorCode::InvalidArgument, std::to_string(frames.size()) + " values are not " +
                                                       std::to_string(count) + " frames of 3 x " +
                                                       std::to_string(side) + " x " + std::to_string(side));
    }
    if (finished_) {
        return failure(ErrorCode::InvalidArgument, "the clip was finished; reset the encoder before the next one");
    }
    const c10::InferenceMode guard;
    EncoderOutput output;
    const std::int64_t most = device_ ? framesForDevice : framesAtOnce;
    for (std::int64_t start = 0; start < count; start += most) {
        const std::int64_t size = std::min<std::int64_t>(most, count - start);
        // The network only reads the values.
        auto* values = const_cast<float*>(frames.data()) + start * 3 * side * side;
        encode(torch::from_blob(values, {size, 3, side, side}), wantAttention, output);
    }
    return output;
} catch (const std::exception& error) {
    return failure(ErrorCode::Internal, std::string("the encoder failed: ") + error.what());
}

Result<EncoderOutput> TorchStreamingEncoder::finish() try {
    EncoderOutput output;
    if (finished_ || received_ == 0) {
        finished_ = true;
        return output;
    }
    const c10::InferenceMode guard;
    if (options_.padClip) {
        const model::TemporalLayout layout = model::temporalLayout(model_->config().convType);
        const std::int64_t copies = layout.paddedFrames(received_) - layout.leftPad - received_;
        const EncodedFramePtr lastFrame = recent_.back();
        recent_.insert(recent_.end(), static_cast<std::size_t>(copies), lastFrame);
    }
    giveOutFinal(first_ + static_cast<std::int64_t>(recent_.size()), output);
    finished_ = true;
    return output;
} catch (const std::exception& error) {
    return failure(ErrorCode::Internal, std::string("the encoder failed: ") + error.what());
}

bool TorchStreamingEncoder::requestAttention(const AttentionRequest& request) {
    if (request.empty()) {
        request_.reset();
    } else if (!request_ || *request_ != request) {
        request_ = std::make_shared<const AttentionRequest>(request);
    }
    return true;
}

void TorchStreamingEncoder::appendFrame(EncodedFramePtr frame) {
    if (received_ == 0 && options_.padClip) {
        const int copies = model::temporalLayout(model_->config().convType).leftPad;
        recent_.insert(recent_.end(), static_cast<std::size_t>(copies), frame);
    }
    recent_.push_back(std::move(frame));
}

SpatialAttention TorchStreamingEncoder::attentionOf(const Tensor& classAttention, std::int64_t frameIndex) const {
    const model::ModelConfig& config = model_->config();
    const std::vector<float> shares = floatsOf(classAttention);
    SpatialAttention attention;
    attention.frameIndex = frameIndex;
    attention.rows = config.gridSide();
    attention.columns = config.gridSide();
    attention.classShare = shares[0];
    const auto patchesEnd = shares.begin() + config.tokens();
    attention.weights.assign(shares.begin() + 1, patchesEnd);
    for (auto share = patchesEnd; share != shares.end(); ++share) {
        attention.prefixShare += *share;
    }
    return attention;
}

std::vector<TorchStreamingEncoder::EncodedFramePtr> TorchStreamingEncoder::neighbours(std::int64_t index) const {
    std::vector<EncodedFramePtr> around;
    for (std::int64_t position = index - reach_; position <= index + reach_; ++position) {
        const std::int64_t place = position - first_;
        const bool inside =
            position <= index + ahead_ && place >= 0 && place < static_cast<std::int64_t>(recent_.size());
        around.push_back(inside ? recent_[static_cast<std::size_t>(place)] : nullptr);
    }
    return around;
}

/// The middle frame's result, complete. Copies of a frame beside itself are the padding of a clip.
AttentionResult TorchStreamingEncoder::withCrossFrame(const std::vector<EncodedFramePtr>& around) const {
    const EncodedFrame& middle = *around[static_cast<std::size_t>(reach_)];
    AttentionResult result = *middle.attention;
    const CrossFrameRequest& request = *middle.request->crossFrame;
    const Tensor direction = request.fromPatch ? middle.patches[request.patch] : middle.normedClass;
    CrossFrameMap map;
    map.temporalWeight = static_cast<float>(network_.prepared.temporalWeight);
    for (int offset = -reach_; offset <= reach_; ++offset) {
        const EncodedFramePtr& frame = around[static_cast<std::size_t>(reach_ + offset)];
        const Neighbour kind = !frame                                  ? Neighbour::Outside
                               : frame->index == middle.index + offset ? Neighbour::Frame
                                                                       : Neighbour::Copy;
        map.neighbours.push_back(
            {offset, kind,
             crossFrameWeights(direction, frame ? frame->patches : Tensor(), model_->config().patches())});
    }
    result.crossFrame = std::move(map);
    return result;
}

/// The middle frame's class token after the cross-frame step (paper section 3.3); frames outside the clip add nothing.
Tensor TorchStreamingEncoder::classRowWithNeighbours(const std::vector<EncodedFramePtr>& around) {
    const EncodedFrame& middle = *around[static_cast<std::size_t>(reach_)];
    if (model_->config().window == 0) {
        return middle.classRow;
    }
    const Tensor direction = middle.normedClass / std::sqrt(static_cast<double>(model_->config().width));
    Tensor update = torch::zeros_like(middle.classRow);
    std::vector<Tensor> affinities;
    for (const EncodedFramePtr& frame : around) {
        Tensor affinity = frame ? torch::mv(frame->patches, direction) : torch::zeros({model_->config().patches()});
        if (frame) {
            update.addmv_(frame->patches.t(), torch::sigmoid(affinity).sub_(0.5));
        }
        if (trace_ != nullptr) {
            affinities.push_back(affinity);
        }
    }
    if (trace_ != nullptr) {
        trace_->emplace_back("cross_frame_affinity", torch::stack(affinities).unsqueeze(0));
        trace_->emplace_back("cross_frame_update", update.view({1, 1, -1}));
    }
    return torch::add(middle.classRow, update, network_.prepared.temporalWeight);
}

void TorchStreamingEncoder::giveOutFinal(std::int64_t pastLast, EncoderOutput& output) {
    const model::VisualEncoder& visual = network_.network->visual;
    const std::int64_t padding = options_.padClip ? model::temporalLayout(model_->config().convType).leftPad : 0;
    std::vector<Tensor> classRows;
    std::vector<Tensor> queries;
    std::vector<std::size_t> source; // row of each feature; copies of one frame in one neighbourhood share theirs
    const std::int64_t begin = nextOut_;
    for (; nextOut_ < pastLast; ++nextOut_) {
        std::vector<EncodedFramePtr> around = neighbours(nextOut_);
        const bool same = around == lastAround_;
        const EncodedFrame& middle = *around[static_cast<std::size_t>(reach_)];
        const bool isPadding = nextOut_ - padding != middle.index;
        if (middle.request && middle.request == request_ && !isPadding) {
            output.requested.push_back(withCrossFrame(around));
        }
        if (!same) {
            classRows.push_back(classRowWithNeighbours(around));
            queries.push_back(around[static_cast<std::size_t>(reach_)]->query);
            lastAround_ = std::move(around);
        }
        source.push_back(classRows.size());
    }
    if (source.empty()) {
        return;
    }
    Tensor features;
    if (!classRows.empty()) {
        const auto normed = [this](const std::vector<Tensor>& rows, const torch::nn::LayerNorm& norm) {
            return torch::layer_norm(torch::stack(rows), {model_->config().width}, norm->weight, norm->bias);
        };
        const Tensor pooled = normed(classRows, visual->lnPost) * visual->adaWeight[0] +
                              normed(queries, visual->lnPostCls) * visual->adaWeight[1];
        features = torch::mm(pooled, visual->proj);
    }
    for (std::size_t i = 0; i < source.size(); ++i) {
        if (source[i] > 0) {
            lastValues_ = floatsOf(features[static_cast<std::int64_t>(source[i]) - 1]);
        }
        output.features.push_back({begin + static_cast<std::int64_t>(i) - padding, lastValues_});
    }
    while (first_ < nextOut_ - reach_ && recent_.size() > 1) {
        recent_.pop_front();
        ++first_;
    }
}

std::unique_ptr<StreamingEncoder> makeStreamingEncoder(LoadedModelPtr model, EncoderOptions options) {
    return std::make_unique<TorchStreamingEncoder>(std::move(model), options);
}

} // namespace livegloss::engine
