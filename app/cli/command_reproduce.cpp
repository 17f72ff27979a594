#include "commands.h"
#include "dataset_samples.h"
#include "engine/loaded_model.h"
#include "evaluation_run.h"
#include "output_file.h"
#include "reproduction.h"
#include "resource_paths.h"
#include "synth_samples.h"
#include "terminal.h"
#include "training/trainer.h"
#include "training_report.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>

namespace livegloss::cli {

namespace {

namespace fs = std::filesystem;

struct Arguments {
    std::string plan;
    std::string output;
    std::vector<std::string> cells;
    std::vector<std::uint64_t> seeds;
    int steps = 0;
    int testClips = 0;
    int threads = 2;
    int loaders = 1;
    double maxMinutes = 0.0;
    bool list = false;
};

double minutesSince(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / 60.0;
}

/// Minutes of a cell's earlier runs that were stopped.
double earlierMinutes(const fs::path& folder) {
    double minutes = 0.0;
    std::ifstream(folder / "minutes.txt") >> minutes;
    return minutes;
}

double testModel(const ReproductionPlan& plan, const fs::path& model, int clips) {
    EvaluationOptions options;
    options.model = valueOrFail(engine::loadModel(model));
    ProgressBar bar("testing");
    options.progress = [&](std::size_t done, const evaluation::ErrorCounts&) {
        bar.update(static_cast<double>(done) / clips, std::to_string(done) + " of " + std::to_string(clips));
    };
    const EvaluationScores scores = evaluateClips(options, clipsOfSigner(clips, "test", plan.testSeed));
    if (!scores.failures.empty()) {
        throw CommandFailure{scores.failures.front().error};
    }
    return evaluation::scoreCorpus(scores.offline).total.werPercent();
}

/// Trains and tests one cell; nothing where it was stopped, with a checkpoint.
std::optional<CellResult> runCell(const Arguments& arguments, const ReproductionPlan& plan,
                                  const training::SampleSource& source, const std::string& cell, std::uint64_t seed,
                                  double minutesLeft) {
    const auto start = std::chrono::steady_clock::now();
    const auto recipe =
        valueOrFail(training::parseRecipe(cellRecipe(plan, cell, seed, arguments.steps).dump(), "of the cell " + cell));
    training::TrainOptions options;
    options.workFolder = cellFolder(arguments.output, cell, seed);
    options.threads = arguments.threads;
    options.loaders = arguments.loaders;
    options.maxMinutes = minutesLeft;
    options.stopRequested = [] { return interrupted(); };
    showTraining(options);
    const training::TrainOutcome outcome = valueOrFail(training::train(recipe, source, options));
    const double spent = earlierMinutes(options.workFolder) + minutesSince(start);
    if (!outcome.finished) {
        valueOrFail(writeOutput((options.workFolder / "minutes.txt").string(), std::to_string(spent) + "\n"));
        return std::nullopt;
    }
    CellResult result;
    result.dev = outcome.bestWer;
    result.stepSeconds = outcome.stepSeconds;
    result.steps = outcome.steps;
    const int clips = arguments.testClips > 0 ? arguments.testClips : plan.testClips;
    result.test = testModel(plan, options.workFolder / "model.safetensors", clips);
    result.minutes = earlierMinutes(options.workFolder) + minutesSince(start);
    return result;
}

struct Cell {
    std::string name;
    std::uint64_t seed;
};

/// Seed after seed, so that every row has a figure before any has three.
std::vector<Cell> wantedCells(const Arguments& arguments, const ReproductionPlan& plan) {
    for (const std::string& name : arguments.cells) {
        if (std::ranges::none_of(plan.cells, [&](const auto& cell) { return cell.first == name; })) {
            throw CommandFailure{{ErrorCode::InvalidArgument, "the plan has no cell " + name,
                                  "livegloss-cli reproduce --list names all."}};
        }
    }
    std::vector<Cell> cells;
    for (const std::uint64_t seed : arguments.seeds.empty() ? plan.seeds : arguments.seeds) {
        for (const auto& [name, change] : plan.cells) {
            if (arguments.cells.empty() || std::ranges::find(arguments.cells, name) != arguments.cells.end()) {
                cells.push_back({name, seed});
            }
        }
    }
    return cells;
}

void printState(const Arguments& arguments, const std::vector<Cell>& cells) {
    for (const Cell& cell : cells) {
        const auto result = readCell(arguments.output, cell.name, cell.seed);
        if (result) {
            std::printf("%-32s seed %llu  dev %5.1f%%  test %5.1f%%  step %.2f s  %.1f min\n", cell.name.c_str(),
                        static_cast<unsigned long long>(cell.seed), result->dev, result->test, result->stepSeconds,
                        result->minutes);
        } else {
            std::printf("%-32s seed %llu  not run yet\n", cell.name.c_str(),
                        static_cast<unsigned long long>(cell.seed));
        }
    }
}

void runCells(const Arguments& arguments, const ReproductionPlan& plan, const std::vector<Cell>& cells) {
    const auto start = std::chrono::steady_clock::now();
    const auto source = makeSynthSamples();
    double minutes = 0.0;
    int done = 0;
    for (const Cell& cell : cells) {
        if (readCell(arguments.output, cell.name, cell.seed)) {
            continue;
        }
        const double left = arguments.maxMinutes > 0.0 ? arguments.maxMinutes - minutesSince(start) : 0.0;
        std::fprintf(stderr, "cell %s, seed %llu\n", cell.name.c_str(), static_cast<unsigned long long>(cell.seed));
        const bool timeLeft = arguments.maxMinutes <= 0.0 || left > 0.0;
        const auto result =
            timeLeft ? runCell(arguments, plan, *source, cell.name, cell.seed, left) : std::optional<CellResult>();
        if (!result) {
            throw CommandFailure{{ErrorCode::Cancelled, "stopped; what is done is in " + arguments.output,
                                  "The same command goes on from there."}};
        }
        valueOrFail(writeCell(arguments.output, cell.name, cell.seed, *result));
        valueOrFail(writeOutput((fs::path(arguments.output) / "tables.md").string(),
                                reproductionTables(plan, arguments.output)));
        minutes += result->minutes;
        ++done;
        const auto open = std::ranges::count_if(
            cells, [&](const Cell& other) { return !readCell(arguments.output, other.name, other.seed); });
        std::fprintf(stderr, "cell %s, seed %llu: dev %.1f%%, test %.1f%%, %.1f min; %lld cells left, about %.1f h\n",
                     cell.name.c_str(), static_cast<unsigned long long>(cell.seed), result->dev, result->test,
                     result->minutes, static_cast<long long>(open), static_cast<double>(open) * minutes / done / 60.0);
    }
}

void reproduce(const Arguments& arguments) {
    const fs::path standard = fs::path(app::dataFolder()) / "models" / "paper-miniature.json";
    ReproductionPlan plan = valueOrFail(readPlan(arguments.plan.empty() ? standard : fs::path(arguments.plan)));
    const std::vector<Cell> cells = wantedCells(arguments, plan);
    if (arguments.list) {
        printState(arguments, cells);
        return;
    }
    std::error_code problem;
    fs::create_directories(arguments.output, problem);
    valueOrFail(checkOutput((fs::path(arguments.output) / "tables.md").string()));
    catchInterrupts();
    runCells(arguments, plan, cells);
    const std::string tables = reproductionTables(plan, arguments.output);
    valueOrFail(writeOutput((fs::path(arguments.output) / "tables.md").string(), tables));
    std::fputs(tables.c_str(), stdout);
}

} // namespace

void addReproduceCommand(CLI::App& app) {
    auto* command = app.add_subcommand("reproduce", "Train and test the paper's tables in miniature, cell by cell");
    auto arguments = std::make_shared<Arguments>();
    command->add_option("--output", arguments->output, "Folder for the cells' runs and tables.md")->required();
    command->add_option("--plan", arguments->plan, "Plan (JSON); models/paper-miniature.json if not given");
    command->add_option("--cell", arguments->cells, "Only these cells")->delimiter(',');
    command->add_option("--seeds", arguments->seeds, "Only these seeds")->delimiter(',');
    command->add_option("--steps", arguments->steps, "Steps of adaptation, to try it out; the tables say how many")
        ->check(CLI::PositiveNumber);
    command->add_option("--test-clips", arguments->testClips, "Test sentences, to try it out")
        ->check(CLI::PositiveNumber);
    command->add_option("--threads", arguments->threads, "Threads that compute")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    command->add_option("--loaders", arguments->loaders, "Threads that draw clips")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    command->add_option("--max-minutes", arguments->maxMinutes, "Stop after this time; the same command goes on")
        ->check(CLI::NonNegativeNumber);
    command->add_flag("--list", arguments->list, "Only show which cells are done");
    command->footer(
        "Examples:\n"
        "  livegloss-cli reproduce --output build/paper --max-minutes 60   # again and again until it is done\n"
        "  livegloss-cli reproduce --output build/paper --cell freezing,adaptsign --seeds 1\n"
        "  livegloss-cli reproduce --output build/paper --list");
    command->callback([arguments] { reproduce(*arguments); });
}

} // namespace livegloss::cli
