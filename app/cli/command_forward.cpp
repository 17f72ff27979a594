#include "commands.h"
#include "compute_options.h"
#include "output_file.h"
#include "terminal.h"

#include "engine/default_compute.h"
#include "engine/forward_pass.h"
#include "tensorfile/safetensors.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

namespace livegloss::cli {
namespace {

struct ForwardArguments {
    std::string model;
    std::string input;
    std::string output;
    engine::ForwardOptions options;
};

engine::ForwardInput readInput(const std::string& path) {
    const auto reader = valueOrFail(tensorfile::SafetensorsReader::open(path));
    const tensorfile::TensorInfo* frames = reader.find("frames");
    if (frames == nullptr) {
        throw CommandFailure{
            {ErrorCode::Unreadable, path + " holds no tensor 'frames'",
             "The input is a .safetensors file with frames [clips, frames, 3, R, R] and lengths [clips]."}};
    }
    engine::ForwardInput input;
    input.shape = frames->shape;
    input.frames = valueOrFail(reader.readFloats("frames"));
    if (reader.find("lengths") != nullptr) {
        input.lengths = valueOrFail(reader.readIntegers("lengths"));
    } else if (input.shape.size() == 5 && !input.frames.empty()) {
        input.lengths.assign(static_cast<std::size_t>(input.shape[0]), input.shape[1]);
    }
    return input;
}

void runForward(const ForwardArguments& arguments) {
    valueOrFail(checkOutput(arguments.output, {arguments.input, arguments.model}));
    const auto input = readInput(arguments.input);
    const auto model = valueOrFail(engine::loadModel(arguments.model, engine::defaultCompute()));
    const std::int64_t frames = input.shape.size() == 5 ? input.shape[0] * input.shape[1] : 0;
    ProgressBar bar("Encoding");
    bar.update(-1.0, std::to_string(frames) + " frames");
    engine::ForwardOptions options = arguments.options;
    options.progress = [&](std::int64_t done) {
        bar.update(static_cast<double>(done) / static_cast<double>(frames),
                   std::to_string(done) + " of " + std::to_string(frames) + " frames");
    };
    const auto results = valueOrFail(engine::forwardPass(model, input, options));
    bar.clear();
    tensorfile::SafetensorsWriter writer;
    for (const engine::OutputTensor& tensor : results) {
        if (tensor.isInteger) {
            writer.addIntegers(tensor.name, tensor.shape, tensor.integers);
        } else {
            writer.addFloats(tensor.name, tensor.shape, tensor.floats);
        }
    }
    catchInterrupts(); // from here on until the file is whole
    valueOrFail(writer.save(arguments.output));
}

} // namespace

void addForwardCommand(CLI::App& app) {
    auto arguments = std::make_shared<ForwardArguments>();
    CLI::App* command = app.add_subcommand("forward", "Run the network on tensors and write its results as tensors.");
    command->add_option("--model", arguments->model, "Model (.safetensors)")->required()->type_name("FILE");
    command
        ->add_option(
            "--input", arguments->input,
            "Clips (.safetensors): frames [clips, frames, 3, R, R] in [-1, 1] and, unless all are full, lengths "
            "[clips]")
        ->required()
        ->type_name("FILE");
    command
        ->add_option("--output", arguments->output,
                     "Results (.safetensors): frame_features, feature_lengths, conv_logits, sequence_logits")
        ->required()
        ->type_name("FILE");
    command->add_flag("--all", arguments->options.all, "Write every intermediate result too");
    command->add_flag(
        "--streaming", arguments->options.streaming,
        "Send the frames through the streaming encoder, as live recognition does, instead of the reference path");
    command->add_option("--batch", arguments->options.batch, "Frames handed to the streaming encoder at a time")
        ->check(CLI::Range(1, 1024))
        ->capture_default_str();
    addComputeOptions(*command);
    command->footer("Examples:\n"
                    "  livegloss-cli forward --model models/demo.safetensors --input clips.safetensors --output "
                    "results.safetensors\n"
                    "  livegloss-cli forward --model models/demo.safetensors --input clips.safetensors --output "
                    "streamed.safetensors \\\n"
                    "      --streaming --batch 4\n"
                    "Both give the same features and logits to within rounding.");
    command->callback([arguments] { runForward(*arguments); });
}

} // namespace livegloss::cli
