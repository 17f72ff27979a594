#include "commands.h"

#include "base/sha256.h"
#include "demo_model.h"
#include "model/model_description.h"
#include "terminal.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace livegloss::cli {
namespace {

struct Inspection {
    model::ModelDescription model;
    std::uint64_t fileBytes = 0;
    std::string sha256;

    std::int64_t trained() const {
        std::int64_t total = 0;
        for (const model::PartCost& cost : model.costs) {
            total += cost.trained;
        }
        return total;
    }
    double addedShare(double model::PartCost::*kind) const { return model::addedComputation(model.costs, kind); }
};

Inspection inspect(const std::string& path) {
    Inspection inspection;
    inspection.model = valueOrFail(model::describeModelFile(path));
    inspection.fileBytes = std::filesystem::file_size(path);
    inspection.sha256 = valueOrFail(fileSha256(path));
    return inspection;
}

std::ptrdiff_t keptInF32(const model::Quantisation& scales) {
    return std::ranges::count_if(scales.layers, [](const auto& layer) { return layer.second.keepF32; });
}

nlohmann::ordered_json int8Json(const model::ModelDescription& model) {
    if (!model.quantisation) {
        return model.quantisationProblem.empty() ? nlohmann::ordered_json()
                                                 : nlohmann::ordered_json{{"problem", model.quantisationProblem}};
    }
    const model::Quantisation& scales = *model.quantisation;
    nlohmann::ordered_json json{{"layers", scales.layers.size()},
                                {"layers_kept_f32", keptInF32(scales)},
                                {"frames", scales.frames},
                                {"clips", scales.clips},
                                {"feature_error", scales.featureError}};
    if (const auto& check = scales.check) {
        json["check"] = {{"data", check->data},         {"clips", check->clips},
                         {"baseline", check->baseline}, {"baseline_wer", check->baselineWer},
                         {"int8_wer", check->int8Wer},  {"difference", check->difference()},
                         {"passed", check->passed()}};
    }
    return json;
}

/// What only a whole model has.
void addRecogniser(nlohmann::ordered_json& json, const Inspection& inspection) {
    const model::ModelConfig& config = inspection.model.config;
    json["fps"] = config.fps;
    json["hidden"] = config.hidden;
    json["classes"] = config.classes;
    json["conv_type"] = config.convType;
    json["prefix"] = config.prefix;
    json["window"] = config.window;
    json["int8"] = int8Json(inspection.model);
    json["modules"] = model::moduleList(config);
    json["cross_frame_direction"] = config.pastOnly ? "past" : "both";
    json["added_computation_percent"] = 100.0 * inspection.addedShare(&model::PartCost::multiplicationsAsDrawn);
    json["added_computation_percent_fused"] = 100.0 * inspection.addedShare(&model::PartCost::multiplicationsFused);
    auto vocabulary = nlohmann::ordered_json::array();
    for (std::size_t i = 1; i < config.vocabulary.size(); ++i) {
        vocabulary.push_back(config.vocabulary[i]);
    }
    json["vocabulary"] = std::move(vocabulary);
}

void printJson(const std::string& path, const Inspection& inspection) {
    const model::ModelConfig& config = inspection.model.config;
    nlohmann::ordered_json json{
        {"model", path},
        {"kind", inspection.model.backbone ? "backbone" : "recogniser"},
        {"name", config.name},
        {"sign_language", config.signLanguage},
        {"licence", config.licence},
        {"source", inspection.model.source},
        {"bytes", inspection.fileBytes},
        {"sha256", inspection.sha256},
        {"width", config.width},
        {"layers", config.layers},
        {"heads", config.heads},
        {"patch", config.patch},
        {"resolution", config.resolution},
        {"resize", config.resize},
        {"embed_dim", config.embedDim},
        {"activation", model::activationName(config.activation)},
        {"input_mean", config.normalisation.mean},
        {"input_deviation", config.normalisation.deviation},
        {"parameters", {{"total", inspection.model.parameters}, {"trained", inspection.trained()}}},
    };
    auto parts = nlohmann::ordered_json::array();
    for (const model::PartCost& cost : inspection.model.costs) {
        parts.push_back({{"part", model::partName(cost.part)},
                         {"parameters", cost.parameters},
                         {"trained", cost.trained},
                         {"multiplications_per_frame", cost.multiplicationsAsDrawn},
                         {"multiplications_per_frame_fused", cost.multiplicationsFused}});
    }
    json["parts"] = std::move(parts);
    if (!inspection.model.backbone) {
        addRecogniser(json, inspection);
    }
    json["card"] = config.card;
    std::printf("%s\n", json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
}

void printParts(const Inspection& inspection) {
    std::printf("\n%-24s %12s %12s %16s %16s\n", "Part", "parameters", "trained", "M mult./frame", "fused");
    double drawn = 0.0;
    double fused = 0.0;
    const auto row = [](const std::string& name, std::int64_t parameters, std::int64_t trained, double asDrawn,
                        double asFused) {
        std::printf("%-24s %12lld %12lld %16.3f %16.3f\n", name.c_str(), static_cast<long long>(parameters),
                    static_cast<long long>(trained), asDrawn / 1e6, asFused / 1e6);
    };
    for (const model::PartCost& cost : inspection.model.costs) {
        row(std::string(model::partName(cost.part)), cost.parameters, cost.trained, cost.multiplicationsAsDrawn,
            cost.multiplicationsFused);
        drawn += cost.multiplicationsAsDrawn;
        fused += cost.multiplicationsFused;
    }
    row("Together", inspection.model.parameters, inspection.trained(), drawn, fused);
    std::printf(
        "Adapters, prefixes, aggregation and cross-frame attention add %.1f%% to the backbone's multiplications\n"
        "(%.1f%% with constant projections done once and the aggregation's query moved through its weights).\n"
        "Counted: matrix products, convolutions and attention; not norms, activations and sums.\n",
        100.0 * inspection.addedShare(&model::PartCost::multiplicationsAsDrawn),
        100.0 * inspection.addedShare(&model::PartCost::multiplicationsFused));
}

void line(const char* label, const std::string& value) {
    std::printf("%-15s %s\n", label, value.empty() ? "not stated" : printable(value).c_str());
}

void printIdentity(const Inspection& inspection) {
    const model::ModelConfig& config = inspection.model.config;
    line("Name", config.name);
    line("Kind", inspection.model.backbone ? "CLIP image tower: a backbone to train on" : "AdaptSign model");
    line("Licence", config.licence);
    if (!inspection.model.source.empty()) {
        line("Imported from", inspection.model.source);
    }
    std::printf("%-15s %.1f MB\n", "File", static_cast<double>(inspection.fileBytes) / 1e6);
    line("SHA-256", inspection.sha256);
    std::printf("%-15s %d x %d pixels, patches of %d x %d (%d x %d grid)\n", "Picture", config.resolution,
                config.resolution, config.patch, config.patch, config.gridSide(), config.gridSide());
    std::printf("%-15s %d blocks of width %d, %d heads, features of %d, activation %s\n", "Encoder", config.layers,
                config.width, config.heads, config.embedDim,
                std::string(model::activationName(config.activation)).c_str());
    const auto& [mean, deviation] = config.normalisation;
    std::printf("%-15s mean %g %g %g, deviation %g %g %g\n", "Colours", mean[0], mean[1], mean[2], deviation[0],
                deviation[1], deviation[2]);
}

void printInt8(const model::ModelDescription& model) {
    if (!model.quantisationProblem.empty()) {
        line("Int8", model.quantisationProblem);
    }
    if (!model.quantisation) {
        return;
    }
    const model::Quantisation& scales = *model.quantisation;
    std::printf("%-15s scales for %zd of %zu layers from %d frames, features %.1e off f32\n", "Int8",
                static_cast<std::ptrdiff_t>(scales.layers.size()) - keptInF32(scales), scales.layers.size(),
                scales.frames, scales.featureError);
    if (const auto& check = scales.check) {
        std::printf("%-15s %s: WER %.2f%% in %s, %.2f%% in int8 (%+.2f) on %d clips of %s\n", "Int8 check",
                    check->passed() ? "passed" : "not passed", check->baselineWer, printable(check->baseline).c_str(),
                    check->int8Wer, check->difference(), check->clips, printable(check->data).c_str());
    } else {
        line("Int8 check", "none, so auto does not choose int8");
    }
}

void printRecogniser(const Inspection& inspection) {
    const model::ModelConfig& config = inspection.model.config;
    const model::TemporalLayout layout = model::temporalLayout(config.convType);
    line("Sign language", config.signLanguage);
    std::printf("%-15s %g per second, cropped from %d x %d\n", "Frames", config.fps, config.resize, config.resize);
    const std::string modules = model::moduleList(config);
    line("Modules", modules.empty() ? "none" : modules);
    if (config.prefix > 0) {
        std::printf("%-15s %d a block\n", "Prefixes", config.prefix);
    }
    if (config.window > 0) {
        std::printf("%-15s up to %d frames away%s\n", "Neighbours", config.window / 2,
                    config.pastOnly ? ", earlier ones only" : "");
    }
    std::printf("%-15s convolutions of type %d, width %d: a step every %d frames, each sees %d\n", "Temporal head",
                config.convType, config.hidden, layout.stride, layout.receptiveField);
    std::printf("%-15s %.3f million, %.1f%% of them trained on the frozen backbone\n", "Parameters",
                static_cast<double>(inspection.model.parameters) / 1e6,
                100.0 * static_cast<double>(inspection.trained()) / static_cast<double>(inspection.model.parameters));
    printInt8(inspection.model);
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
    printParts(inspection);
}

void printText(const Inspection& inspection) {
    printIdentity(inspection);
    if (inspection.model.backbone) {
        std::printf("%-15s %.3f million; %.1f million multiplications a frame\n", "Parameters",
                    static_cast<double>(inspection.model.parameters) / 1e6,
                    inspection.model.costs.front().multiplicationsAsDrawn / 1e6);
    } else {
        printRecogniser(inspection);
    }
    if (!inspection.model.config.card.empty()) {
        std::printf("\n%s\n", printable(inspection.model.config.card).c_str());
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
    command->add_option("model", arguments->model, "Model (.safetensors); the bundled demo model if not given")
        ->type_name("FILE");
    command->add_flag("--json", arguments->json, "Print JSON for programs");
    command->footer("Examples:\n"
                    "  livegloss-cli inspect                                    the bundled demo model\n"
                    "  livegloss-cli inspect models/demo.safetensors\n"
                    "  livegloss-cli inspect models/demo.safetensors --json | jq .vocabulary");
    command->callback([arguments] {
        if (arguments->model.empty()) {
            arguments->model = demoModelOrFail();
        }
        const Inspection inspection = inspect(arguments->model);
        if (arguments->json) {
            printJson(arguments->model, inspection);
        } else {
            printText(inspection);
        }
    });
}

} // namespace livegloss::cli
