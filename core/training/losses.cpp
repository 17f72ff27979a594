#include "training/losses.h"

#include "model/model_layout.h"
#include "stage.h"

namespace livegloss::training {
namespace {

constexpr double distillationTemperature = 8.0;

torch::Tensor ctc(const torch::Tensor& logits, const torch::Tensor& featureLengths, const torch::Tensor& labels,
                  const torch::Tensor& labelLengths) {
    return at::ctc_loss(logits.log_softmax(-1), labels, featureLengths, labelLengths, /*blank=*/0, at::Reduction::None,
                        /*zero_infinity=*/false);
}

/// Every step counts, padding included, as in the released code.
torch::Tensor distillation(const torch::Tensor& student, const torch::Tensor& teacher) {
    const auto withoutBlank = [](const torch::Tensor& logits) {
        return logits.slice(-1, 1).reshape({-1, logits.size(-1) - 1}) / distillationTemperature;
    };
    const torch::Tensor reference = withoutBlank(teacher.detach()).softmax(-1);
    const torch::Tensor predicted = withoutBlank(student).log_softmax(-1);
    const torch::Tensor divergence = at::kl_div(predicted, reference, at::Reduction::Sum) / predicted.size(0);
    return divergence * (distillationTemperature * distillationTemperature);
}

} // namespace

LossTerms alignmentLosses(const torch::Tensor& sequenceLogits, const torch::Tensor& convLogits,
                          const torch::Tensor& featureLengths, const torch::Tensor& labels,
                          const torch::Tensor& labelLengths, const LossWeights& weights) {
    LossTerms terms;
    const torch::Device device = sequenceLogits.device();
    terms.sequenceCtc = ctc(sequenceLogits, featureLengths, labels.to(device), labelLengths);
    terms.convCtc = ctc(convLogits, featureLengths, labels.to(device), labelLengths);
    terms.distillation = distillation(convLogits, sequenceLogits);
    terms.total = weights.sequence * terms.sequenceCtc.mean() + weights.conv * terms.convCtc.mean();
    if (weights.distill != 0.0) {
        terms.total = terms.total + weights.distill * terms.distillation;
    }
    return terms;
}

bool isTrained(const std::string& name, bool trainQuery) {
    return (trainQuery && name.ends_with(".query")) || model::trainedByReleasedRule(name);
}

std::vector<NamedParameter> applyFreezeRule(torch::nn::Module& network, bool trainQuery) {
    std::vector<NamedParameter> trained;
    for (auto& entry : network.named_parameters()) {
        const bool train = isTrained(entry.key(), trainQuery);
        entry.value().set_requires_grad(train);
        if (train) {
            trained.push_back({entry.key(), entry.value()});
        }
    }
    return trained;
}

namespace {

bool trainedByMethod(const std::string& name, const Recipe& recipe, int layers) {
    if (recipe.sharedPrefixes && name.find("prefix_embedding") != std::string::npos &&
        name.find("resblocks.0.") == std::string::npos) {
        return false;
    }
    if (isTrained(name, recipe.adapt.trainQuery)) {
        return true;
    }
    if (recipe.method.kind == Method::Kind::FineTuning) {
        return !name.ends_with("transformer.query");
    }
    if (recipe.method.kind == Method::Kind::Partial) {
        for (int block = layers - recipe.method.blocks; block < layers; ++block) {
            std::string part = "transformer.resblocks.";
            part.append(std::to_string(block)).append(".");
            if (name.find(part) != std::string::npos) {
                return true;
            }
        }
    }
    return false;
}

} // namespace

std::vector<NamedParameter> applyMethod(model::AdaptSignImpl& network, const Recipe& recipe) {
    std::vector<NamedParameter> trained;
    const model::ModelConfig& config = network.config();
    for (auto& entry : network.named_parameters()) {
        const bool train =
            !model::inAbsentModule(config, entry.key()) && trainedByMethod(entry.key(), recipe, config.layers);
        entry.value().set_requires_grad(train);
        if (train) {
            trained.push_back({entry.key(), entry.value()});
        }
    }
    return trained;
}

torch::Tensor contrastiveLoss(const torch::Tensor& images, const torch::Tensor& captions, const torch::Tensor& scale,
                              const torch::Tensor& same) {
    const torch::Tensor logits = scale * torch::mm(images, captions.t());
    torch::Tensor target = same.to(logits.dtype());
    target = target / target.sum(1, true);
    const torch::Tensor forImages = -(target * logits.log_softmax(1)).sum(1).mean();
    const torch::Tensor forCaptions = -(target * logits.t().log_softmax(1)).sum(1).mean();
    return 0.5 * (forImages + forCaptions);
}

} // namespace livegloss::training
