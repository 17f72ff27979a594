#include "fuzz_file.h"
#include "model/model_config.h"
#include "model/model_layout.h"
#include "model_files.h"

using namespace livegloss;

namespace {

/// Sizes of a small model, as tensors without values have them.
model::ShapeTable smallModel() {
    model::ShapeTable table;
    const std::string visual = "conv2d.visual.";
    table.shapes = {{visual + "conv1.weight", {64, 3, 8, 8}},
                    {visual + "positional_embedding", {17, 64}},
                    {visual + "proj", {64, 24}},
                    {visual + "transformer.resblocks.0.ln_1.weight", {64}},
                    {visual + "transformer.resblocks.0.prefix_embedding_k", {3, 1, 64}},
                    {"conv1d.temporal_conv.0.weight", {16, 24, 5}},
                    {"conv1d.temporal_conv.4.weight", {16, 16, 5}},
                    {"conv1d.fc.weight", {16, 3}}};
    return table;
}

void check(const model::ShapeTable& table) {
    if (const auto config = model::readModelConfig(table)) {
        fuzz::require(model::checkModelConfig(*config).has_value(), "an accepted configuration can be built");
        fuzz::require(config->vocabulary.empty() ||
                          config->vocabulary.size() == static_cast<std::size_t>(config->classes),
                      "a vocabulary has an entry for every class");
        static_cast<void>(model::checkModelLayout(table, *config, model::adapterWidthOf(table)));
    } else {
        fuzz::require(!config.error().message.empty() && !config.error().hint.empty(),
                      "an error says what and what to do");
    }
    if (const auto config = model::readBackboneConfig(table)) {
        fuzz::require(model::checkTowerConfig(*config).has_value(), "an accepted tower can be built");
    }
}

} // namespace

/// Inputs that begin with '{' are the header of a safetensors file without values. Others are lines of a key, a tab and
/// a value, which become the metadata of a small model whose sizes are right.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view input = fuzz::asText(data, size);
    if (input.starts_with('{')) {
        const auto reader =
            tensorfile::SafetensorsReader::open(fuzz::fileOf(testfiles::safetensors(std::string(input), "")));
        if (reader) {
            check(model::shapeTable(*reader));
        }
        return 0;
    }
    model::ShapeTable table = smallModel();
    while (!input.empty()) {
        const std::string_view line = input.substr(0, input.find('\n'));
        input.remove_prefix(std::min(line.size() + 1, input.size()));
        const auto tab = line.find('\t');
        if (tab != std::string_view::npos) {
            table.metadata.emplace(line.substr(0, tab), line.substr(tab + 1));
        }
    }
    check(table);
    return 0;
}
