#include "engine/temporal_head.h"

#include "prepared_network.h"

#include <cstring>

namespace livegloss::engine {
namespace {

using torch::Tensor;

class TorchTemporalHead final : public TemporalHead {
public:
    explicit TorchTemporalHead(LoadedModelPtr model) : model_(std::move(model)), network_(torchModel(model_)) {}

    Result<HeadOutput> run(const Matrix& features) override try {
        const model::ModelConfig& config = model_->config();
        if (features.columns != config.embedDim) {
            return failure(ErrorCode::InvalidArgument, "features have " + std::to_string(features.columns) +
                                                           " columns, the model's have " +
                                                           std::to_string(config.embedDim));
        }
        const int steps = model::temporalSteps(config.convType, features.rows);
        if (steps < 1) {
            return failure(ErrorCode::InvalidArgument,
                           std::to_string(features.rows) + " frames are too few; the model needs " +
                               std::to_string(model::temporalLayout(config.convType).receptiveField));
        }
        const c10::InferenceMode guard;
        // The network only reads the values.
        const Tensor input =
            torch::from_blob(const_cast<float*>(features.values.data()), {1, features.rows, features.columns});
        model::AdaptSign network = network_.network;
        const Tensor convolved = network->conv1d->forward(input);
        const Tensor hidden = std::get<0>(network->rnn->forward(convolved)).squeeze(0);
        return HeadOutput{classify(hidden, steps), classify(convolved.squeeze(0), steps)};
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

} // namespace

std::unique_ptr<TemporalHead> makeTemporalHead(LoadedModelPtr model) {
    return std::make_unique<TorchTemporalHead>(std::move(model));
}

} // namespace livegloss::engine
