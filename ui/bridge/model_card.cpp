#include "ui/bridge/model_card.h"

#include "tensorfile/safetensors.h"

namespace livegloss::ui {

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
    card.costs = model::partCosts(card.config, model::adapterWidthOf(model::shapeTable(*reader)));
    for (const model::PartCost& cost : card.costs) {
        card.parameters += cost.parameters;
    }
    if (const auto source = reader->metadata().find("source"); source != reader->metadata().end()) {
        card.source = source->second;
    }
    return card;
}

} // namespace livegloss::ui
