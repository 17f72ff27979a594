#include "commands.h"

#include "model/model_config.h"
#include "tensorfile/safetensors.h"

#include <CLI/CLI.hpp>
#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace livegloss::cli {
namespace {

struct ParameterCounts {
    std::int64_t total = 0;
    std::int64_t trained = 0; ///< by the released freeze rule
};

/// Whether a name belongs to what AdaptSign trains on top of the frozen CLIP backbone.
bool isTrained(std::string_view name) {
    constexpr std::array<std::string_view, 6> parts{"ln_post", "ada_weight",       "taggblocks",
                                                    "Adapter", "prefix_embedding", "aggblocks"};
    if (!name.starts_with("conv2d.")) {
        return true;
    }
    if (name.ends_with("proj")) {
        return true;
    }
    for (const std::string_view part : parts) {
        if (name.find(part) != std::string_view::npos) {
            return true;
        }
    }
    return false;
}

ParameterCounts countParameters(const tensorfile::SafetensorsReader& reader) {
    ParameterCounts counts;
    const bool shared = reader.find("conv1d.fc.weight") != nullptr;
    for (const tensorfile::TensorInfo& tensor : reader.tensors()) {
        const std::string_view name = tensor.name;
        const bool statistic =
            name.ends_with(".running_mean") || name.ends_with(".running_var") || name.ends_with(".num_batches_tracked");
        if (statistic || (shared && name == "classifier.weight")) {
            continue;
        }
        const std::int64_t count = tensorfile::elementCount(tensor.shape);
        counts.total += count;
        counts.trained += isTrained(name) ? count : 0;
    }
    return counts;
}

void printJson(const std::string& path, const model::ModelConfig& config, const ParameterCounts& counts) {
    nlohmann::ordered_json json{
        {"model", path},
        {"name", config.name},
        {"sign_language", config.signLanguage},
        {"licence", config.licence},
        {"fps", config.fps},
        {"width", config.width},
        {"layers", config.layers},
        {"heads", config.heads},
        {"patch", config.patch},
        {"resolution", config.resolution},
        {"resize", config.resize},
        {"embed_dim", config.embedDim},
        {"hidden", config.hidden},
        {"classes", config.classes},
        {"conv_type", config.convType},
        {"prefix", config.prefix},
        {"window", config.window},
        {"parameters", {{"total", counts.total}, {"trained", counts.trained}}},
    };
    auto vocabulary = nlohmann::ordered_json::array();
    for (std::size_t i = 1; i < config.vocabulary.size(); ++i) {
        vocabulary.push_back(config.vocabulary[i]);
    }
    json["vocabulary"] = std::move(vocabulary);
    json["card"] = config.card;
    std::printf("%s\n", json.dump(2).c_str());
}

void printText(const model::ModelConfig& config, const ParameterCounts& counts) {
    const auto line = [](const char* label, const std::string& value) {
        std::printf("%-15s %s\n", label, value.empty() ? "not stated" : value.c_str());
    };
    const model::TemporalLayout layout = model::temporalLayout(config.convType);
    line("Name", config.name);
    line("Sign language", config.signLanguage);
    line("Licence", config.licence);
    std::printf("%-15s %g per second\n", "Frames", config.fps);
    std::printf("%-15s %d x %d pixels, cropped from %d x %d; patches of %d x %d (%d x %d grid)\n", "Picture",
                config.resolution, config.resolution, config.resize, config.resize, config.patch, config.patch,
                config.gridSide(), config.gridSide());
    std::printf("%-15s %d blocks of width %d, %d heads, %d prefixes, features of %d, neighbours up to %d frames away\n",
                "Encoder", config.layers, config.width, config.heads, config.prefix, config.embedDim,
                config.window / 2);
    std::printf("%-15s convolutions of type %d, width %d: a step every %d frames, each sees %d\n", "Temporal head",
                config.convType, config.hidden, layout.stride, layout.receptiveField);
    std::printf("%-15s %.3f million, %.1f%% of them trained on the frozen backbone\n", "Parameters",
                static_cast<double>(counts.total) / 1e6,
                100.0 * static_cast<double>(counts.trained) / static_cast<double>(counts.total));
    std::printf("%-15s %d and the blank\n", "Glosses", config.classes - 1);
    if (config.vocabulary.empty()) {
        std::printf("%-15s the file names none; they are shown as numbers\n", "Vocabulary");
    } else {
        std::string list;
        for (std::size_t i = 1; i < config.vocabulary.size(); ++i) {
            list += (i == 1 ? "" : " ") + config.vocabulary[i];
        }
        line("Vocabulary", list);
    }
    if (!config.card.empty()) {
        std::printf("\n%s\n", config.card.c_str());
    }
}

} // namespace

void addInspectCommand(CLI::App& app) {
    struct Arguments {
        std::string model;
        bool json = false;
    };
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = app.add_subcommand("inspect", "Show what a model is: sizes, vocabulary, licence and card.");
    command->add_option("model", arguments->model, "Model (.safetensors)")->required()->type_name("FILE");
    command->add_flag("--json", arguments->json, "Print JSON for programs");
    command->footer("Examples:\n"
                    "  livegloss-cli inspect demo.safetensors\n"
                    "  livegloss-cli inspect demo.safetensors --json | jq .vocabulary");
    command->callback([arguments] {
        const auto reader = valueOrFail(tensorfile::SafetensorsReader::open(arguments->model));
        const auto config = valueOrFail(model::readModelConfig(reader));
        const ParameterCounts counts = countParameters(reader);
        if (arguments->json) {
            printJson(arguments->model, config, counts);
        } else {
            printText(config, counts);
        }
    });
}

} // namespace livegloss::cli
