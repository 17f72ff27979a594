#include "base/decimal.h"
#include "metadata_values.h"
#include "model/model_config.h"

#include <nlohmann/json.hpp>

namespace livegloss::model {

tensorfile::Metadata modelMetadata(const ModelConfig& config) {
    tensorfile::Metadata metadata{
        {"format", std::string(modelFormatName)},       {"width", std::to_string(config.width)},
        {"layers", std::to_string(config.layers)},      {"heads", std::to_string(config.heads)},
        {"patch", std::to_string(config.patch)},        {"resolution", std::to_string(config.resolution)},
        {"resize", std::to_string(config.resize)},      {"embed_dim", std::to_string(config.embedDim)},
        {"hidden", std::to_string(config.hidden)},      {"classes", std::to_string(config.classes)},
        {"conv_type", std::to_string(config.convType)}, {"prefix", std::to_string(config.prefix)},
        {"window", std::to_string(config.window)},      {"fps", decimalText(config.fps)},
    };
    metadata["modules"] = moduleList(config);
    metadata["cross_frame_direction"] = config.pastOnly ? "past" : "both";
    metadata["activation"] = activationName(config.activation);
    metadata["input_mean"] = nlohmann::json(config.normalisation.mean).dump();
    metadata["input_deviation"] = nlohmann::json(config.normalisation.deviation).dump();
    const auto describe = [&metadata](const char* key, const std::string& value) {
        if (!value.empty()) {
            metadata[key] = value;
        }
    };
    describe("name", config.name);
    describe("sign_language", config.signLanguage);
    describe("licence", config.licence);
    describe("card", config.card);
    if (config.vocabulary.size() > 1) {
        const std::vector<std::string> glosses(config.vocabulary.begin() + 1, config.vocabulary.end());
        metadata["vocabulary"] = nlohmann::json(glosses).dump();
    }
    return metadata;
}

tensorfile::Metadata backboneMetadata(const ModelConfig& config) {
    tensorfile::Metadata metadata = modelMetadata(config);
    for (const char* key : {"hidden", "classes", "conv_type", "prefix", "window", "modules", "cross_frame_direction",
                            "fps", "vocabulary"}) {
        metadata.erase(key);
    }
    metadata["kind"] = backboneKind;
    return metadata;
}

} // namespace livegloss::model
