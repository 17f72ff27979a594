#include "model/model_description.h"

#include "tensorfile/safetensors.h"

namespace livegloss::model {

Result<ModelDescription> describeModelFile(const std::filesystem::path& path) {
    const auto reader = tensorfile::SafetensorsReader::open(path);
    if (!reader) {
        return tl::unexpected<Error>(reader.error());
    }
    const ShapeTable table = shapeTable(*reader);
    ModelDescription description;
    description.backbone = isBackboneFile(table);
    auto config = description.backbone ? readBackboneConfig(table) : readModelConfig(table);
    if (!config) {
        return tl::unexpected<Error>(config.error());
    }
    description.config = std::move(*config);
    if (const auto source = table.metadata.find("source"); source != table.metadata.end()) {
        description.source = source->second;
    }
    if (!description.backbone) {
        auto quantisation = readQuantisation(table.metadata, description.config);
        if (quantisation) {
            description.quantisation = std::move(*quantisation);
        } else {
            description.quantisationProblem = quantisation.error().message;
        }
    }
    description.costs = partCosts(description.config, adapterWidthOf(table));
    if (description.backbone) {
        std::erase_if(description.costs, [](const PartCost& cost) { return cost.part != ModelPart::Backbone; });
        for (const auto& [name, shape] : table.shapes) {
            description.parameters += tensorfile::elementCount(shape);
        }
    } else {
        for (const PartCost& cost : description.costs) {
            description.parameters += cost.parameters;
        }
    }
    return description;
}

} // namespace livegloss::model
