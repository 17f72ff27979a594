#include "commands.h"
#include "decimal_range.h"

#include "importing/model_import.h"
#include "output_file.h"
#include "terminal.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

namespace livegloss::cli {
namespace {

struct ImportArguments {
    importing::ImportOptions options;
    std::string output;
    std::string checkpoint, glosses, backbone, activation, normalisation;
    double fps = 0.0;
    bool preview = false;
    bool force = false;
};

importing::ImportOptions optionsOf(const ImportArguments& arguments) {
    importing::ImportOptions options = arguments.options;
    options.checkpoint = arguments.checkpoint;
    options.glosses = arguments.glosses;
    options.backbone = arguments.backbone;
    if (arguments.fps > 0.0) {
        options.fps = arguments.fps;
    }
    if (!arguments.activation.empty()) {
        options.activation = arguments.activation == "gelu" ? model::Activation::Gelu : model::Activation::QuickGelu;
    }
    if (!arguments.normalisation.empty()) {
        options.normalisation =
            arguments.normalisation == "clip" ? model::clipNormalisation : model::plainNormalisation;
    }
    return options;
}

void printPreview(const importing::ImportPreview& preview) {
    const model::ModelConfig& config = preview.config;
    const bool whole = preview.kind == importing::ImportKind::Recogniser;
    std::printf("%-14s %s%s\n", "Found", whole ? "AdaptSign model" : "CLIP image tower (a backbone for training)",
                preview.epoch ? (", epoch " + std::to_string(*preview.epoch)).c_str() : "");
    std::printf("%-14s %s\n", "Format", preview.format.c_str());
    std::printf("%-14s %d blocks of width %d, patches of %d x %d, pictures of %d x %d, features of %d\n", "Encoder",
                config.layers, config.width, config.patch, config.patch, config.resolution, config.resolution,
                config.embedDim);
    std::printf("%-14s %s\n", "Activation", config.activation == model::Activation::Gelu ? "GELU" : "QuickGELU");
    if (whole) {
        std::printf("%-14s convolutions of type %d, width %d\n", "Temporal head", config.convType, config.hidden);
        std::string first;
        for (std::size_t i = 1; i < config.vocabulary.size() && i <= 6; ++i) {
            first += (i == 1 ? ": " : " ") + config.vocabulary[i];
        }
        std::printf("%-14s %d and the blank%s%s\n", "Glosses", config.classes - 1, printable(first).c_str(),
                    config.vocabulary.size() > 7 ? " ..." : "");
        std::printf("%-14s %g per second\n", "Frames", config.fps);
    }
    std::printf("%-14s %d tensors, %.1f MB\n", "To be written", preview.tensors,
                static_cast<double>(preview.bytes) / 1e6);
    for (const importing::Remark& note : preview.notes) {
        std::printf("  %s\n", printable(importing::remarkText(note)).c_str());
    }
    for (const importing::Remark& warning : preview.warnings) {
        std::printf("  Warning: %s\n", printable(importing::remarkText(warning)).c_str());
    }
    for (const importing::Remark& problem : preview.problems) {
        std::printf("  Problem: %s\n", printable(importing::remarkText(problem)).c_str());
    }
    std::fflush(stdout);
}

void runImport(const ImportArguments& arguments) {
    const auto import = valueOrFail(importing::ModelImport::open(optionsOf(arguments)));
    printPreview(import.preview());
    if (arguments.preview) {
        if (!import.preview().problems.empty()) {
            throw CommandFailure{{ErrorCode::Unsupported, arguments.checkpoint + " cannot be imported like this",
                                  "What stands in the way is listed as a problem above."}};
        }
        return;
    }
    if (arguments.output.empty()) {
        throw CommandFailure{{ErrorCode::InvalidArgument, "no output is named",
                              "Add --output MODEL.safetensors, or --preview to look only."}};
    }
    if (std::error_code ignored; !arguments.force && std::filesystem::exists(arguments.output, ignored)) {
        throw CommandFailure{{ErrorCode::InvalidArgument, arguments.output + " is there already",
                              "Name another output, or add --force to replace it."}};
    }
    valueOrFail(checkOutput(arguments.output, {arguments.checkpoint, arguments.glosses, arguments.backbone}));
    catchInterrupts();
    ProgressBar bar("Importing");
    const auto progress = [&bar](double share) {
        bar.update(share, {});
        return !interrupted();
    };
    valueOrFail(import.write(arguments.output, progress));
    bar.clear();
    std::printf("Written: %s\n", arguments.output.c_str());
}

} // namespace

void addImportCommand(CLI::App& app) {
    auto arguments = std::make_shared<ImportArguments>();
    CLI::App* command = app.add_subcommand("import", "Turn a PyTorch checkpoint into a LiveGloss model.");
    importing::ImportOptions& options = arguments->options;
    command->add_option("checkpoint", arguments->checkpoint, "AdaptSign or CLIP checkpoint (.pt, .bin, .safetensors)")
        ->required()
        ->type_name("FILE");
    command->add_option("--glosses", arguments->glosses, "Gloss dictionary: .npy, JSON, or text with one gloss a line")
        ->type_name("FILE");
    command->add_option("--backbone", arguments->backbone, "CLIP checkpoint, where the first holds only trained parts")
        ->type_name("FILE");
    command->add_option("-o,--output", arguments->output, "Model to write")->type_name("FILE");
    command->add_option("--name", options.name, "Name for people")->type_name("TEXT");
    command->add_option("--language", options.signLanguage, "Sign language (DGS, CSL, ...)")->type_name("TEXT");
    command
        ->add_option("--fps", arguments->fps,
                     "Frame rate that it was trained at, where the file does not say (default 25; 30 where the "
                     "language is CSL or "
                     "the glosses are Chinese)")
        ->check(decimalRange(0.5, 1000.0));
    command->add_option("--license,--licence", options.licence, "Licence of the weights")->type_name("TEXT");
    command->add_option("--activation", arguments->activation, "Of the backbone, where the file does not say")
        ->check(CLI::IsMember({"quick_gelu", "gelu"}));
    command
        ->add_option("--normalisation", arguments->normalisation,
                     "Of the colours: plain (x / 127.5 - 1) or clip (CLIP's mean and deviation)")
        ->check(CLI::IsMember({"plain", "clip"}));
    command->add_flag("--force", arguments->force, "Replace a model that is there already");
    command->add_flag("--preview", arguments->preview, "Show what was found, write nothing");
    command->footer(
        "No code in the file is run; only tensors and plain values are read.\nExamples:\n"
        "  livegloss-cli import best_model.pt --glosses gloss_dict.npy --language DGS -o phoenix.safetensors\n"
        "  livegloss-cli import ViT-B-16.pt -o clip-b16.safetensors");
    command->callback([arguments] { runImport(*arguments); });
}

} // namespace livegloss::cli
