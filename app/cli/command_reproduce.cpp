#include "commands.h"
#include "dataset_samples.h"
#include "decimal_range.h"
#include "engine/loaded_model.h"
#include "evaluation_run.h"
#include "output_file.h"
#include "reproduced_cell.h"
#include "reproduction.h"
#include "resource_paths.h"
#include "step_times.h"
#include "synth_samples.h"
#include "terminal.h"
#include "training/run_folder.h"
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

struct ReproduceArguments {
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
    int stepTimes = 0; ///< rounds; 0: train and test
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

double testModel(const ReproductionPlan& plan, const fs::path& model) {
    const int clips = plan.testClips;
    EvaluationOptions options;
    options.model = valueOrFail(engine::loadModel(model));
    ProgressBar bar("testing");
    options.progress = [&](std::size_t done, const evaluation::ErrorCounts&) {
        bar.update(static_cast<double>(done) / clips, std::to_string(done) + " of " + std::to_string(clips));
    };
    return offlineWer(options, clipsOfSigner(clips, "test", plan.testSeed));
}

/// "cell freezing, seed 1"
std::string cellName(const std::string& cell, std::uint64_t seed) {
    std::string name = "cell " + cell;
    return name.append(", seed ").append(std::to_string(seed));
}

/// Says why a cell runs that ran before, otherwise.
void makeReady(const ReproduceArguments& arguments, const ReproductionPlan& plan, const std::string& cell,
               std::uint64_t seed) {
    const auto before = readCell(arguments.output, cell, seed);
    const auto earlier = valueOrFail(prepareCell(plan, arguments.output, cell, seed));
    if (earlier) {
        std::fprintf(
            stderr,
            "%s: what was there is of another recipe, number of steps or file to start from; it is now called %s\n",
            cellName(cell, seed).c_str(), earlier->filename().c_str());
    } else if (before) {
        std::fprintf(stderr, "%s: its test was on %d clips; the trained model is tested again, on %d\n",
                     cellName(cell, seed).c_str(), before->testClips, plan.testClips);
    }
}

/// Makes the cell's folder ready and keeps other processes out of it.
training::RunLock enterCell(const ReproduceArguments& arguments, const ReproductionPlan& plan, const std::string& cell,
                            std::uint64_t seed) {
    const fs::path folder = cellFolder(arguments.output, cell, seed);
    // Before it may be renamed, together with what another process writes there.
    if (training::inspectRunFolder(folder).trainedBy) {
        valueOrFail(training::RunLock::take(folder));
    }
    makeReady(arguments, plan, cell, seed);
    return valueOrFail(training::RunLock::take(folder));
}

/// Trains and tests one cell; nothing where it was stopped, with a checkpoint.
std::optional<CellResult> runCell(const ReproduceArguments& arguments, const ReproductionPlan& plan,
                                  const training::SampleSource& source, const std::string& cell, std::uint64_t seed,
                                  double minutesLeft) {
    const auto start = std::chrono::steady_clock::now();
    const auto recipe = valueOrFail(training::parseRecipe(cellRecipe(plan, cell, seed).dump(), "of the cell " + cell));
    training::TrainOptions options;
    options.workFolder = cellFolder(arguments.output, cell, seed);
    const training::RunLock lock = enterCell(arguments, plan, cell, seed);
    options.threads = arguments.threads;
    options.loaders = arguments.loaders;
    options.maxMinutes = minutesLeft;
    options.stopRequested = [] { return interrupted(); };
    showTraining(options);
    const double before = earlierMinutes(options.workFolder);
    const training::TrainOutcome outcome = valueOrFail(training::train(recipe, source, options));
    const double spent = before + minutesSince(start);
    valueOrFail(writeOutput((options.workFolder / "minutes.txt").string(), std::to_string(spent) + "\n"));
    if (!outcome.finished) {
        return std::nullopt;
    }
    // From the log: a run that only tests, because the one before was stopped then, has no steps of its own.
    const TrainingFacts facts = readTrainingFacts(options.workFolder);
    CellResult result;
    result.recipe = recipeMark(plan, cell, seed);
    result.testClips = plan.testClips;
    result.testSeed = plan.testSeed;
    result.dev = outcome.bestWer;
    result.devBefore = facts.devBefore;
    result.stepSeconds = facts.stepSeconds;
    result.steps = outcome.steps;
    result.test = testModel(plan, options.workFolder / "model.safetensors");
    result.minutes = before + minutesSince(start);
    return result;
}

struct Cell {
    std::string name;
    std::uint64_t seed;
};

/// Seed after seed, so that every row has a figure before any has three.
std::vector<Cell> wantedCells(const ReproduceArguments& arguments, const ReproductionPlan& plan) {
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

void printState(const ReproduceArguments& arguments, const ReproductionPlan& plan, const std::vector<Cell>& cells) {
    for (const Cell& cell : cells) {
        std::string name = cell.name;
        name.resize(std::max<std::size_t>(name.size(), 32), ' ');
        name.append(" seed ").append(std::to_string(cell.seed));
        if (const auto result = finishedCell(plan, arguments.output, cell.name, cell.seed)) {
            char step[32] = "-";
            if (result->stepSeconds) {
                std::snprintf(step, sizeof step, "%.2f s", *result->stepSeconds);
            }
            std::printf("%s  dev %5.1f%%  test %5.1f%%  step %s  %.1f min\n", name.c_str(), result->dev, result->test,
                        step, result->minutes);
        } else if (const auto other = readCell(arguments.output, cell.name, cell.seed)) {
            std::printf("%s  run otherwise: %lld steps, %d test clips; not counted\n", name.c_str(),
                        static_cast<long long>(other->steps), other->testClips);
        } else {
            std::printf("%s  not run yet\n", name.c_str());
        }
    }
}

void runCells(const ReproduceArguments& arguments, const ReproductionPlan& plan, const std::vector<Cell>& cells) {
    const auto start = std::chrono::steady_clock::now();
    const auto source = makeSynthSamples();
    double minutes = 0.0;
    int done = 0;
    int elsewhere = 0;
    for (const Cell& cell : cells) {
        if (finishedCell(plan, arguments.output, cell.name, cell.seed)) {
            continue;
        }
        if (const auto other =
                training::inspectRunFolder(cellFolder(arguments.output, cell.name, cell.seed)).trainedBy) {
            std::fprintf(stderr, "%s: process %ld is at it; passed over\n", cellName(cell.name, cell.seed).c_str(),
                         *other);
            ++elsewhere;
            continue;
        }
        const double left = arguments.maxMinutes > 0.0 ? arguments.maxMinutes - minutesSince(start) : 0.0;
        std::fprintf(stderr, "%s\n", cellName(cell.name, cell.seed).c_str());
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
            cells, [&](const Cell& other) { return !finishedCell(plan, arguments.output, other.name, other.seed); });
        std::fprintf(stderr, "%s: dev %.1f%%, test %.1f%%, %.1f min; %lld cells left, about %.1f h\n",
                     cellName(cell.name, cell.seed).c_str(), result->dev, result->test, result->minutes,
                     static_cast<long long>(open), static_cast<double>(open) * minutes / done / 60.0);
    }
    if (elsewhere > 0) {
        std::fprintf(stderr,
                     "%d cells were left to other processes. The tables hold them when these have ended; the same "
                     "command prints them then, and goes on with a cell that was stopped.\n",
                     elsewhere);
    }
}

/// Measures one step of every cell in turn, of the first of the seeds.
void timeSteps(const ReproduceArguments& arguments, const ReproductionPlan& plan, const std::vector<Cell>& cells) {
    std::vector<std::string> names;
    for (const Cell& cell : cells) {
        if (cell.seed == cells.front().seed) {
            names.push_back(cell.name);
        }
    }
    ProgressBar bar("timing steps");
    const auto told = [&](int round) {
        const std::string detail = std::to_string(round) + " of " + std::to_string(arguments.stepTimes) + " rounds";
        bar.update(static_cast<double>(round) / (arguments.stepTimes + 1), detail);
        return !interrupted();
    };
    const StepTimes times =
        valueOrFail(measureStepTimes(plan, names, cells.front().seed, arguments.threads, arguments.stepTimes, told));
    valueOrFail(writeStepTimes(arguments.output, times));
}

void reproduce(const ReproduceArguments& arguments) {
    const fs::path standard = fs::path(app::dataFolder()) / "models" / "paper-miniature.json";
    ReproductionPlan plan = valueOrFail(readPlan(arguments.plan.empty() ? standard : fs::path(arguments.plan)));
    plan.steps = arguments.steps;
    plan.testClips = arguments.testClips > 0 ? arguments.testClips : plan.testClips;
    const std::vector<Cell> cells = wantedCells(arguments, plan);
    if (arguments.list) {
        printState(arguments, plan, cells);
        return;
    }
    std::error_code problem;
    fs::create_directories(arguments.output, problem);
    valueOrFail(checkOutput((fs::path(arguments.output) / "tables.md").string()));
    catchInterrupts();
    (arguments.stepTimes > 0 ? timeSteps : runCells)(arguments, plan, cells);
    const std::string tables = reproductionTables(plan, arguments.output);
    valueOrFail(writeOutput((fs::path(arguments.output) / "tables.md").string(), tables));
    std::fputs(tables.c_str(), stdout);
}

} // namespace

void addReproduceCommand(CLI::App& app) {
    auto* command = app.add_subcommand("reproduce", "Train and test the paper's tables in miniature, cell by cell");
    auto arguments = std::make_shared<ReproduceArguments>();
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
        ->check(decimalRange(0.0, 1e9));
    command
        ->add_option("--step-times", arguments->stepTimes,
                     "Train nothing; measure this many steps of every cell, one of each in turn, for the tables")
        ->check(CLI::Range(1, 100000));
    command->add_flag("--list", arguments->list, "Only show which cells are done");
    command->footer(
        "A cell counts as done where it ran with the same recipe, steps and test clips. A run with another recipe or\n"
        "number of steps is renamed and the cell runs anew; with other test clips only the test is made again.\n"
        "Several processes may share one folder: each passes over the cells that another one is at.\n\n"
        "Examples:\n"
        "  livegloss-cli reproduce --output build/paper --max-minutes 60   # again and again until it is done\n"
        "  livegloss-cli reproduce --output build/paper --cell freezing,adaptsign --seeds 1\n"
        "  livegloss-cli reproduce --output build/paper --step-times 20\n"
        "  livegloss-cli reproduce --output build/paper --list");
    command->callback([arguments] { reproduce(*arguments); });
}

} // namespace livegloss::cli
