#include "ui/bridge/model_card.h"

#include "tensorfile/safetensors.h"

namespace livegloss::ui {

Result<ModelCard> readModelCard(const std::filesystem::path& path) {
    const auto reader = tensorfile::SafetensorsReader::open(path);
    if (!reader) {
        return tl::unexpected<Error>(reader.error());
    }
    const model::ShapeTable table = model::shapeTable(*reader);
    const bool backbone = model::isBackboneFile(table);
    auto config = backbone ? model::readBackboneConfig(table) : model::readModelConfig(table);
    if (!config) {
        return tl::unexpected<Error>(config.error());
    }
    ModelCard card;
    card.config = std::move(*config);
    card.backbone = backbone;
    card.costs = model::partCosts(card.config, model::adapterWidthOf(table));
    if (backbone) {
        std::erase_if(card.costs, [](const model::PartCost& cost) {
            return cost.part != model::ModelPart::Backbone && cost.part != model::ModelPart::FrameFeature;
        });
    }
    for (const model::PartCost& cost : card.costs) {
        card.parameters += cost.parameters;
    }
    if (const auto source = reader->metadata().find("source"); source != reader->metadata().end()) {
        card.source = source->second;
    }
    return card;
}

} // namespace livegloss::ui
