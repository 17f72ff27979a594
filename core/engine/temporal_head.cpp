#include "engine/temporal_head.h"

#include "engine/threads.h"
#include "fast_network.h"
#include "prepared_network.h"

#include <cstring>

namespace livegloss::engine {
namespace {

using torch::Tensor;

/// Steps that these features give, at least one.
Result<int> checkedSteps(const model::ModelConfig& config, const Matrix& features) {
    if (features.columns != config.embedDim) {
        return failure(ErrorCode::InvalidArgument, "features have " + std::to_string(features.columns) +
                                                       " columns, the model's have " + std::to_string(config.embedDim));
    }
    const int steps = model::temporalSteps(config.convType, features.rows);
    if (steps < 1) {
        return failure(ErrorCode::InvalidArgument,
                       std::to_string(features.rows) + " frames are too few; the model needs " +
                           std::to_string(model::temporalLayout(config.convType).receptiveField));
    }
    return steps;
}

class TorchTemporalHead final : public TemporalHead {
public:
    explicit TorchTemporalHead(LoadedModelPtr model) : model_(std::move(model)), network_(torchModel(model_)) {}

    Result<HeadOutput> run(const Matrix& features) override try {
        const Result<int> steps = checkedSteps(model_->config(), features);
        if (!steps) {
            return tl::unexpected(steps.error());
        }
        const c10::InferenceMode guard;
        // The network only reads the values.
        const Tensor input =
            torch::from_blob(const_cast<float*>(features.values.data()), {1, features.rows, features.columns});
        model::AdaptSign network = network_.network;
        const Tensor convolved = network->conv1d->forward(input);
        const Tensor hidden = std::get<0>(network->rnn->forward(convolved)).squeeze(0);
        return HeadOutput{classify(hidden, *steps), classify(convolved.squeeze(0), *steps)};
    } catch (const std::exception& error) {
        return failure(ErrorCode::Internal, std::string("the temporal head failed: ") + error.what());
    }

private:
    /// Both classifiers share one weight.
    Matrix classify(const Tensor& rows, int steps) const {
        const Tensor logProbs = torch::log_softmax(torch::mm(rows, network_.prepared.classifier), -1).contiguous();
        Matrix result(steps, model_->config().classes);
        std::memcpy(result.values.data(), logProbs.data_ptr<float>(), result.values.size() * sizeof(float));
        return result;
    }

    LoadedModelPtr model_;
    const TorchModel& network_;
};

class FastTemporalHead final : public TemporalHead {
public:
    explicit FastTemporalHead(LoadedModelPtr model)
        : model_(std::move(model)), head_(torchModel(model_).fast->head, computeThreads()) {}

    Result<HeadOutput> run(const Matrix& features) override {
        head_.forget();
        auto output = runWindow(features, 0);
        head_.forget();
        return output;
    }

    Result<HeadOutput> runWindow(const Matrix& features, std::int64_t firstFrame) override try {
        const Result<int> steps = checkedSteps(model_->config(), features);
        if (!steps) {
            return tl::unexpected(steps.error());
        }
        if (firstFrame < 0 || firstFrame % model::temporalLayout(model_->config().convType).stride != 0) {
            return failure(ErrorCode::InvalidArgument,
                           "a window begins at frame " + std::to_string(firstFrame) + ", between two steps");
        }
        HeadOutput output{Matrix(*steps, model_->config().classes), Matrix(*steps, model_->config().classes)};
        head_.setWindow(features.values.data(), features.rows, firstFrame);
        head_.convolutionalLogits(output.convolutional.values.data());
        head_.sequenceLogits(*steps, output.sequence.values.data());
        for (Matrix* logits : {&output.sequence, &output.convolutional}) {
            logSoftmax(logits->values.data(), logits->rows, logits->columns);
        }
        return output;
    } catch (const std::exception& error) {
        forget(); // what is kept may be half done
        return failure(ErrorCode::Internal, std::string("the temporal head failed: ") + error.what());
    }

    void forget() override { head_.forget(); }

private:
    LoadedModelPtr model_;
    FastHead head_;
};

} // namespace

Result<HeadOutput> TemporalHead::runWindow(const Matrix& features, std::int64_t /*firstFrame*/) {
    return run(features);
}

std::unique_ptr<TemporalHead> makeTemporalHead(LoadedModelPtr model) {
    if (torchModel(model).fast) {
        return std::make_unique<FastTemporalHead>(std::move(model));
    }
    return std::make_unique<TorchTemporalHead>(std::move(model));
}

} // namespace livegloss::engine
