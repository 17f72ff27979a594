#include "commands.h"
#include "synth_samples.h"
#include "training/trainer.h"

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>

namespace livegloss::cli {
namespace {

volatile std::sig_atomic_t interrupted = 0;

const std::map<std::string, training::Stage> stages{
    {"pretrain", training::Stage::Pretrain}, {"adapt", training::Stage::Adapt}, {"all", training::Stage::All}};

struct Arguments {
    std::string recipe;
    std::string work;
    std::string stage = "all";
    int threads = 2;
    int loaders = 1;
    double maxMinutes = 0.0;
};

void runTraining(const Arguments& arguments) {
    const training::Recipe recipe = valueOrFail(training::readRecipe(arguments.recipe));
    const std::unique_ptr<training::SampleSource> source = makeSynthSamples();
    training::TrainOptions options;
    options.workFolder = arguments.work;
    options.stage = stages.at(arguments.stage);
    options.threads = arguments.threads;
    options.loaders = arguments.loaders;
    options.maxMinutes = arguments.maxMinutes;
    options.stopRequested = [] { return interrupted != 0; };
    options.report = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };
    std::signal(SIGINT, [](int) { interrupted = 1; });
    std::signal(SIGTERM, [](int) { interrupted = 1; });
    const training::TrainOutcome outcome = valueOrFail(training::train(recipe, *source, options));
    std::fprintf(stderr, "%s\n", outcome.summary.c_str());
    if (interrupted != 0) {
        throw CommandFailure{{ErrorCode::Cancelled, "interrupted; the checkpoint is in " + arguments.work, ""}};
    }
}

} // namespace

void addTrainCommand(CLI::App& app) {
    auto* command = app.add_subcommand("train", "Train a model as a recipe says, in steps that can be interrupted");
    auto arguments = std::make_shared<Arguments>();
    command->add_option("--recipe", arguments->recipe, "JSON file with sizes, seeds, steps and rates")->required();
    command->add_option("--work", arguments->work, "Folder for checkpoints, log.jsonl and model.safetensors")
        ->required();
    command->add_option("--stage", arguments->stage, "pretrain, adapt or all")
        ->check(CLI::IsMember({"pretrain", "adapt", "all"}))
        ->capture_default_str();
    command->add_option("--threads", arguments->threads, "Threads that compute")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    command->add_option("--loaders", arguments->loaders, "Threads that draw samples")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    command
        ->add_option("--max-minutes", arguments->maxMinutes,
                     "Stop after this time with a checkpoint; the schedule stays as it is")
        ->check(CLI::NonNegativeNumber);
    command->footer(
        "Examples:\n"
        "  livegloss-cli train --recipe models/demo-recipe.json --work build/demo\n"
        "  livegloss-cli train --recipe models/demo-recipe.json --work build/demo --stage pretrain --max-minutes 30\n"
        "The same command goes on where it stopped, after Ctrl+C too. The recipe's numbers of steps may be\n"
        "changed in between.");
    command->callback([arguments] { runTraining(*arguments); });
}

} // namespace livegloss::cli
