#include "commands.h"
#include "decimal_range.h"
#include "output_file.h"
#include "quantise_run.h"
#include "recognition_inputs.h"
#include "terminal.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

namespace livegloss::cli {
namespace {

struct QuantizeCommandOptions {
    CalibrationRequest calibration;
    std::string output;
    std::string data;
    std::string split = "test";
    int synthClips = 0;
    std::uint64_t seed = 1;
    int limit = 0;
};

struct CheckClips {
    std::vector<TestClip> clips;
    std::string name;
};

/// None where no check was asked for.
CheckClips checkClips(const QuantizeCommandOptions& options) {
    CheckClips check;
    if (options.synthClips > 0) {
        check.clips = clipsOfSigner(options.synthClips, options.split, options.seed);
        check.name = "synthetic signer, " + options.split + ", seed " + std::to_string(options.seed);
    } else if (!options.data.empty()) {
        const dataset::Dataset data = valueOrFail(dataset::openDataset(options.data));
        valueOrFail(checkOutput(options.output, dataset::filesOf(data)));
        check.clips = clipsOfDataset(data, options.split);
        check.name = std::filesystem::path(options.data).filename().string() + ", " + options.split;
        if (check.clips.empty()) {
            throw CommandFailure{{ErrorCode::NotFound, options.data + " has no clips in " + options.split,
                                  "livegloss-cli dataset check shows its parts."}};
        }
    }
    if (options.limit > 0 && check.clips.size() > static_cast<std::size_t>(options.limit)) {
        check.clips.resize(static_cast<std::size_t>(options.limit));
    }
    return check;
}

void printScales(const Calibration& calibration) {
    const model::Quantisation& scales = calibration.scales;
    std::printf("Calibrated on %zu %s, %d frames: %d of %zu layers in 8 bits\n", scales.clips.size(),
                scales.clips.size() == 1 ? "clip" : "clips", scales.frames, layersInInt8(scales), scales.layers.size());
    for (const auto& [name, layer] : scales.layers) {
        if (layer.keepF32) {
            std::printf("  %s stays out of 8 bits: 8 of them would put the features too far off\n", name.c_str());
        }
    }
    std::printf("Frame features are %.1e off f32 (relative L2), sources in %d bits\n", scales.featureError,
                scales.levels > 127 ? 8 : 7);
    if (calibration.errorHere) {
        std::printf("On this computer, which has no VNNI and so 7 of the 8 bits, they are %.1e off\n",
                    *calibration.errorHere);
    }
}

void printCheck(const std::optional<model::QuantisationCheck>& check) {
    if (!check) {
        std::printf("Not checked: auto will not choose int8 for this model. --check DATA measures its word errors.\n");
        return;
    }
    std::printf("WER on %d clips (%s): %.2f%% in %s, %.2f%% in int8, difference %+.2f\n", check->clips,
                check->data.c_str(), check->baselineWer, check->baseline.c_str(), check->int8Wer, check->difference());
    std::printf(check->passed() ? "Passed: auto chooses int8 where the processor multiplies it (VNNI, AMX).\n"
                                : "Not passed (half a point more is allowed): auto will not choose int8.\n");
}

void run(QuantizeCommandOptions options) {
    std::vector<std::string> inputs = options.calibration.clips;
    inputs.push_back(options.calibration.model);
    valueOrFail(checkOutput(options.output, inputs));
    if (!std::filesystem::exists(options.calibration.model)) {
        throw CommandFailure{{ErrorCode::NotFound, "there is no file " + options.calibration.model,
                              "Give the model's .safetensors file: --model FILE"}};
    }
    catchInterrupts();
    const CheckClips clips = checkClips(options);
    Calibration calibration;
    model::Quantisation& scales = calibration.scales;
    {
        std::string current;
        std::unique_ptr<ProgressBar> bar;
        options.calibration.progress = [&](const std::string& what, double fraction) {
            if (what != current) {
                current = what;
                bar = std::make_unique<ProgressBar>(what);
            }
            bar->update(fraction, "");
        };
        calibration = calibrate(options.calibration);
        if (!clips.clips.empty()) {
            scales.check = checkWordErrors(options.calibration, scales, clips.clips, clips.name);
        }
    }
    valueOrFail(model::writeQuantised(options.calibration.model, options.output, scales));
    printScales(calibration);
    printCheck(scales.check);
    std::printf("Wrote %s\n", printable(options.output).c_str());
}

} // namespace

void addQuantizeCommand(CLI::App& app) {
    auto options = std::make_shared<QuantizeCommandOptions>();
    CLI::App* command = app.add_subcommand("quantize", "Find scales for running a model in 8 bits, and check them.");
    command->add_option("--model", options->calibration.model, "model (.safetensors)")->required()->type_name("FILE");
    command->add_option("--calibration", options->calibration.clips, "video files of signing like what is to come")
        ->required()
        ->type_name("FILE");
    command->add_option("--output", options->output, "the same model with scales; opens in f32 as well")
        ->required()
        ->type_name("FILE");
    command->add_option("--seconds", options->calibration.seconds, "of each calibration clip; 0: all of it")
        ->check(decimalRange(0.0, 86400.0))
        ->capture_default_str();
    command
        ->add_option(
            "--bits", options->calibration.bits,
            "for what a layer reads: 8 as processors with VNNI or AMX take it, which auto chooses int8 for, or 7 "
            "as others do; measured either way on any computer")
        ->check(CLI::IsMember({7, 8}))
        ->capture_default_str();
    auto* data =
        command->add_option("--check", options->data, "data set to count word errors on, with and without 8 bits")
            ->type_name("DATA");
    command->add_option("--synth", options->synthClips, "check on so many clips of the synthetic signer instead")
        ->check(CLI::Range(1, 100000))
        ->excludes(data);
    command->add_option("--split", options->split, "which part of the data")->capture_default_str();
    command->add_option("--seed", options->seed, "with --synth: same seed, same clips")->capture_default_str();
    command->add_option("--limit", options->limit, "only the first so many clips")->check(CLI::PositiveNumber);
    command->footer(
        "The large layers of the encoder get a fixed scale for each channel that they read, from how large it was in "
        "the\n"
        "calibration clips and how large its weights are; both are rounded after that. Aggregation, norms, softmax and "
        "the\n"
        "temporal head stay out of 8 bits. Layers whose error is largest do so as well, until the frame features of "
        "the\n"
        "calibration clips are at most 1e-2 off. The scales are written into the model's metadata; the weights "
        "stay\n"
        "as they are. auto chooses int8 only for a model that passed a check: at most half a point of WER more.\n\n"
        "Examples:\n"
        "  livegloss-cli quantize --model m.safetensors --calibration a.mp4 b.mp4 --output m8.safetensors --check "
        "data\n"
        "  livegloss-cli recognize clip.mp4 --model m8.safetensors --precision int8\n"
        "  livegloss-cli inspect m8.safetensors");
    command->callback([options] { run(*options); });
}

} // namespace livegloss::cli
