#include "ui/bridge/model_card.h"

#include "tensorfile/safetensors.h"

namespace livegloss::ui {

namespace {

/// Running statistics are measured, not learnt.
bool isStatistic(const std::string& name) {
    return name.ends_with(".running_mean") || name.ends_with(".running_var") || name.ends_with(".num_batches_tracked");
}

} // namespace

Result<ModelCard> readModelCard(const std::filesystem::path& path) {
    const auto reader = tensorfile::SafetensorsReader::open(path);
    if (!reader) {
        return tl::unexpected<Error>(reader.error());
    }
    auto config = model::readModelConfig(*reader);
    if (!config) {
        return tl::unexpected<Error>(config.error());
    }
    ModelCard card;
    card.config = std::move(*config);
    const bool shared = reader->find("conv1d.fc.weight") != nullptr;
    for (const tensorfile::TensorInfo& tensor : reader->tensors()) {
        if (!isStatistic(tensor.name) && !(shared && tensor.name == "classifier.weight")) {
            card.parameters += tensorfile::elementCount(tensor.shape);
        }
    }
    return card;
}

} // namespace livegloss::ui
