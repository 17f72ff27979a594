#include "base/new_file.h"
#include "commands.h"
#include "decimal_range.h"
#ifdef LIVEGLOSS_WITH_MEDIA
#include "dataset_samples.h"
#endif
#include "event_output.h"
#include "output_file.h"
#include "synth_samples.h"
#include "terminal.h"
#include "training/run_folder.h"
#include "training/trainer.h"
#include "training_report.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>

namespace livegloss::cli {
namespace {

const std::map<std::string, training::Stage> stages{
    {"pretrain", training::Stage::Pretrain}, {"adapt", training::Stage::Adapt}, {"all", training::Stage::All}};

const std::map<std::string, training::Exchange> exchanges{
    {"auto", training::Exchange::Auto}, {"gloo", training::Exchange::Gloo}, {"nccl", training::Exchange::Nccl}};

struct TrainArguments {
    std::string recipe;
    std::string work;
    std::string output;
    bool resume = false;
    std::string stage = "all";
    std::string data;
    std::string exchange = "auto";
    int threads = 2;
    int loaders = 1;
    double maxMinutes = 0.0;
    bool events = false;
    bool stopWithInput = false;
};

std::unique_ptr<training::SampleSource> openSamples(const TrainArguments& arguments,
                                                    [[maybe_unused]] const training::Recipe& recipe) {
    if (arguments.data.empty()) {
        return makeSynthSamples();
    }
#ifdef LIVEGLOSS_WITH_MEDIA
    if (arguments.stage != "adapt" && recipe.pretrain.steps > 0) {
        throw CommandFailure{
            {ErrorCode::InvalidArgument,
             arguments.recipe + " pre-trains on stills with captions, which a data set of clips has not",
             "Name a \"backbone\" in the recipe instead; --stage pretrain --output writes one, without --data."}};
    }
    dataset::Dataset data = valueOrFail(dataset::openDataset(arguments.data));
    valueOrFail(checkOutput(arguments.output, dataset::filesOf(data)));
    return makeDatasetSamples(std::move(data));
#else
    throw CommandFailure{{ErrorCode::Unsupported, "this build reads no videos, so it cannot train on a data set",
                          "Build it with LIVEGLOSS_BUILD_APP=ON."}};
#endif
}

namespace fs = std::filesystem;

fs::path workFolder(const TrainArguments& arguments) {
    if (arguments.work.empty() && arguments.output.empty()) {
        throw CommandFailure{{ErrorCode::InvalidArgument, "train needs a place to write to",
                              "Name the model's file with --output, or a folder with --work."}};
    }
    return arguments.work.empty() ? fs::path(arguments.output + ".training") : fs::path(arguments.work);
}

/// The best model under the name that was asked for, whole or not at all.
void publish(const fs::path& model, const std::string& output) {
    std::ifstream source(model, std::ios::binary);
    NewFile copy(output);
    Result<void> written = copy.opened();
    std::vector<char> piece(std::size_t{1} << 20U);
    while (written && source) {
        source.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        written = copy.write(piece.data(), static_cast<std::size_t>(source.gcount()));
    }
    if (written && !source.eof()) {
        written = failure(ErrorCode::Unreadable, "cannot read " + model.string());
    }
    if (auto published = written.and_then([&] { return copy.commit(); }); !published) {
        throw CommandFailure{
            {published.error().code, published.error().message, "The model is in " + model.string() + "."}};
    }
}

training::RunRecord recordOf(const TrainArguments& arguments) {
    training::RunRecord record;
    record.recipe = fs::absolute(arguments.recipe);
    record.data = arguments.data.empty() ? fs::path() : fs::absolute(arguments.data);
    record.stage = arguments.stage;
    record.threads = arguments.threads;
    record.loaders = arguments.loaders;
    return record;
}

/// Makes the work folder and keeps other processes out of it while this one trains; refuses what could not go on there.
Result<training::RunLock> enterWorkFolder(const fs::path& folder, const training::Recipe& recipe, bool mustResume) {
    if (mustResume && !training::hasCheckpoint(folder)) {
        return failure(ErrorCode::NotFound, "there is no checkpoint in " + folder.string(),
                       "Leave out --resume to begin, or name the folder of the run with --work.");
    }
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (problem) {
        return failure(ErrorCode::WriteFailed, "cannot make " + folder.string() + ": " + problem.message(),
                       "Choose a --work folder that can be written.");
    }
    auto lock = training::RunLock::take(folder);
    if (auto goesOn = training::checkGoesOn(folder, recipe); lock && !goesOn) {
        return tl::unexpected(std::move(goesOn.error()));
    }
    return lock;
}

training::TrainOptions optionsOf(const TrainArguments& arguments) {
    training::TrainOptions options;
    options.workFolder = workFolder(arguments);
    options.stage = stages.at(arguments.stage);
    options.threads = arguments.threads;
    options.loaders = arguments.loaders;
    options.exchange = exchanges.at(arguments.exchange);
    options.maxMinutes = arguments.maxMinutes;
    options.stopRequested = [] { return interrupted(); };
    return options;
}

void runTraining(const TrainArguments& arguments) {
    catchInterrupts();
    if (arguments.stopWithInput) {
        interruptWhenInputEnds();
    }
    const training::Recipe recipe = valueOrFail(training::readRecipe(arguments.recipe));
    training::TrainOptions options = optionsOf(arguments);
    if (!arguments.output.empty()) {
        valueOrFail(checkOutput(arguments.output, {arguments.recipe, recipe.backbone.string(), recipe.start.string()}));
    }
    const fs::path written = options.workFolder / "model.safetensors";
    if (std::error_code ignored; fs::is_regular_file(written, ignored)) {
        valueOrFail(checkOutput(written.string(), {recipe.backbone.string(), recipe.start.string()}));
    }
    const std::unique_ptr<training::SampleSource> source = openSamples(arguments, recipe);
    std::optional<training::RunLock> lock; // of the process that writes
    options.enter = [&]() -> Result<void> {
        auto entered = enterWorkFolder(options.workFolder, recipe, arguments.resume);
        if (!entered) {
            return tl::unexpected(std::move(entered.error()));
        }
        lock.emplace(std::move(*entered));
        return {};
    };
    training::RunRecord record = recordOf(arguments);
    options.begun = [&] { return training::writeRunRecord(options.workFolder, record); };
    (arguments.events ? tellTraining : showTraining)(options);
    const training::TrainOutcome outcome = valueOrFail(training::train(recipe, *source, options));
    options.report(outcome.summary);
    if (interrupted() && !outcome.finished) {
        const bool checkpoint = training::hasCheckpoint(options.workFolder);
        throw CommandFailure{
            {ErrorCode::Cancelled,
             (checkpoint ? "interrupted; the checkpoint is in " : "interrupted before the first checkpoint in ") +
                 options.workFolder.string(),
             checkpoint ? "The same command goes on from there." : "The same command begins anew."}};
    }
    record.finished = outcome.finished;
    if (lock) {
        valueOrFail(training::writeRunRecord(options.workFolder, record));
    }
    if (outcome.finished && outcome.first && !arguments.output.empty()) {
        const bool tower = options.stage == training::Stage::Pretrain;
        publish(options.workFolder / (tower ? "backbone.safetensors" : "model.safetensors"), arguments.output);
    }
    if (arguments.events) {
        tellEnd(outcome, options.workFolder);
    }
}

} // namespace

void addTrainCommand(CLI::App& app) {
    auto* command = app.add_subcommand("train", "Train a model as a recipe says, in steps that can be interrupted");
    auto arguments = std::make_shared<TrainArguments>();
    command->add_option("--recipe", arguments->recipe, "JSON file that says what is trained and how")->required();
    command->add_option(
        "--output", arguments->output,
        "The best model's file (.safetensors); of --stage pretrain the image tower's, a backbone for other recipes");
    command->add_option("--work", arguments->work,
                        "Folder for checkpoints, log.jsonl, curves.png and model.safetensors (with --stage "
                        "pretrain\nbackbone.safetensors); OUTPUT.training if not given");
    command->add_flag("--resume", arguments->resume, "Refuse to begin: there has to be a checkpoint to go on from");
    command->add_option("--data", arguments->data,
                        "Data set of any layout that dataset check knows; the synthetic signer if not given");
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
        ->add_option(
            "--exchange", arguments->exchange,
            "How several processes send each other what lies on graphics cards: nccl (from card to card), gloo\n"
            "(through the processors' memory), or auto (nccl where every process has a card of its own)")
        ->check(CLI::IsMember({"auto", "gloo", "nccl"}))
        ->capture_default_str();
    command
        ->add_option("--max-minutes", arguments->maxMinutes,
                     "Stop after this time with a checkpoint; the schedule stays as it is")
        ->check(decimalRange(0.0, 1e9));
    command->add_flag("--events", arguments->events,
                      "Tell progress as JSON lines on standard output, for a program that watches (docs/events.md)");
    command->add_flag("--stop-with-input", arguments->stopWithInput,
                      "Stop with a checkpoint, as on Ctrl+C, when standard input ends: the program that started this "
                      "one is gone");
    command->footer(
        "Examples:\n"
        "  livegloss-cli train --recipe models/demo-recipe.json --work build/demo\n"
        "  livegloss-cli train --recipe models/demo-recipe.json --work build/demo --stage pretrain --max-minutes 30\n"
        "  livegloss-cli train --data phoenix-256 --recipe recipe.json --output phoenix.safetensors\n"
        "The same command goes on where it stopped, after Ctrl+C too. The recipe's numbers of steps may be\n"
        "changed in between. Several processes started by torchrun, or with RANK, WORLD_SIZE, MASTER_ADDR and\n"
        "MASTER_PORT, train one model together.");
    command->callback([arguments] { withErrorEvents(arguments->events, [&] { runTraining(*arguments); }); });
}

} // namespace livegloss::cli
