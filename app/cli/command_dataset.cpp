#include "commands.h"
#include "dataset/check.h"
#include "dataset/vocabulary.h"
#include "dataset_build.h"
#include "dataset_media.h"
#include "decimal_range.h"
#include "event_output.h"
#include "model/model_config.h"
#include "output_file.h"
#include "report_output.h"
#include "terminal.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

namespace livegloss::cli {

namespace {

using nlohmann::ordered_json;

struct CheckArguments {
    std::string folder;
    std::string layout;
    std::string vocabulary;
    int convType = 2;
    double fps = 0.0;
    bool quick = false;
    bool json = false;
    bool events = false;
    bool stopWithInput = false;
};

std::map<std::string, dataset::Layout> layoutKeys() {
    std::map<std::string, dataset::Layout> keys;
    for (const dataset::Layout layout : dataset::allLayouts()) {
        keys.emplace(dataset::layoutKey(layout), layout);
    }
    return keys;
}

dataset::Dataset open(const std::string& folder, const std::string& layout) {
    return valueOrFail(
        dataset::openDataset(folder, layout.empty() ? std::nullopt : std::optional(layoutKeys().at(layout))));
}

/// Steps of a clip, padded as at test time.
int stepsOf(const dataset::MediaFacts& facts, int convType) {
    const model::TemporalLayout layout = model::temporalLayout(convType);
    return model::temporalSteps(convType, static_cast<int>(layout.paddedFrames(facts.frames)));
}

ordered_json reportJson(const dataset::Dataset& data, const dataset::CheckReport& report) {
    ordered_json result{{"layout", dataset::layoutKey(data.layout)}, {"folder", data.root.string()}};
    result["splits"] = ordered_json::object();
    for (const std::string& split : data.splits()) {
        const dataset::SplitFacts& facts = report.splits.at(split);
        result["splits"][split] = {
            {"clips", facts.clips}, {"signers", facts.signers}, {"glosses", facts.glosses}, {"frames", facts.frames}};
    }
    result["vocabulary"] = dataset::vocabularyOf(data).size();
    result["notes"] = data.notes;
    result["problems"] = ordered_json::array();
    for (const dataset::Finding& finding : report.findings) {
        result["problems"].push_back({{"problem", dataset::problemKey(finding.problem)},
                                      {"clip", finding.clip},
                                      {"split", finding.split},
                                      {"listed_in", finding.place},
                                      {"message", finding.message}});
    }
    return result;
}

void printReport(const dataset::Dataset& data, const dataset::CheckReport& report) {
    std::printf("%s in %s\n\n", std::string(dataset::layoutName(data.layout)).c_str(), data.root.c_str());
    std::printf("part     clips  signers   glosses     frames\n");
    for (const std::string& split : data.splits()) {
        const dataset::SplitFacts& facts = report.splits.at(split);
        std::printf("%-6s %7d %8d %9lld %10lld\n", split.c_str(), facts.clips, facts.signers,
                    static_cast<long long>(facts.glosses), static_cast<long long>(facts.frames));
    }
    std::printf("\n%zu different glosses\n", dataset::vocabularyOf(data).size());
    for (const std::string& note : data.notes) {
        std::printf("%s\n", printable(note).c_str());
    }
    std::map<dataset::Problem, int> counts;
    std::printf("%s", report.findings.empty() ? "" : "\n");
    for (const dataset::Finding& finding : report.findings) {
        ++counts[finding.problem];
        std::printf("%s: %s: %s\n", printable(finding.place).c_str(), dataset::problemName(finding.problem).c_str(),
                    printable(finding.message).c_str());
    }
    std::string summary;
    for (const auto& [problem, count] : counts) {
        summary.append(summary.empty() ? "" : ", ").append(std::to_string(count)).append(" ");
        summary.append(dataset::problemName(problem));
    }
    std::printf("\n%s\n", summary.empty() ? "Nothing is wrong." : summary.c_str());
}

void writeReport(const CheckArguments& arguments, const dataset::Dataset& data, const dataset::CheckReport& report) {
    if (arguments.events) {
        ordered_json event{{"event", "report"}};
        event.update(reportJson(data, report));
        writeEvent(event);
    } else if (arguments.json) {
        valueOrFail(writeOutput({}, jsonText(reportJson(data, report))));
    } else {
        printReport(data, report);
    }
}

void runCheck(const CheckArguments& arguments) {
    catchInterrupts();
    if (arguments.stopWithInput) {
        interruptWhenInputEnds();
    }
    const dataset::Dataset data = open(arguments.folder, arguments.layout);
    dataset::CheckOptions options;
    options.probe = [&](const dataset::Clip& clip) { return probeMedia(clip, arguments.quick); };
    options.stepsOf = [&](const dataset::MediaFacts& facts) { return stepsOf(facts, arguments.convType); };
    options.fps = arguments.fps;
    if (!arguments.vocabulary.empty()) {
        options.vocabulary = valueOrFail(dataset::readVocabulary(arguments.vocabulary));
    }
    ProgressBar bar("Checking");
    options.progress = [&, throttle = Throttle()](int done, int all) mutable {
        if (!arguments.events) {
            bar.update(static_cast<double>(done) / all, std::to_string(done) + " of " + std::to_string(all) + " clips");
        } else if (throttle.due() || done == all) {
            writeEvent({{"event", "progress"}, {"done", done}, {"all", all}});
        }
    };
    options.cancelled = [] { return interrupted(); };
    const dataset::CheckReport report = valueOrFail(dataset::checkDataset(data, options));
    bar.clear();
    writeReport(arguments, data, report);
    // Told by the exit code too, so that scripts stop before a long training.
    const bool unusable = std::any_of(report.findings.begin(), report.findings.end(), [](const dataset::Finding& f) {
        return f.problem != dataset::Problem::OutOfVocabulary && f.problem != dataset::Problem::FewerFrames;
    });
    if (unusable) {
        throw CommandFailure{
            {ErrorCode::Unreadable, "some clips are damaged or cannot be used; they are listed above", {}}};
    }
}

void addCheck(CLI::App& parent) {
    CLI::App* command = parent.add_subcommand("check", "Find what is missing, unreadable or unusable in a data set.");
    auto arguments = std::make_shared<CheckArguments>();
    command->add_option("folder", arguments->folder, "root of the data set")->required();
    command->add_option("--layout", arguments->layout, "recognised if not given")->check(CLI::IsMember(layoutKeys()));
    command->add_option("--vocabulary", arguments->vocabulary,
                        "glosses that may occur, one a line; else those of train");
    command->add_option("--conv-type", arguments->convType, "temporal head, for the clips' number of steps")
        ->check(CLI::Range(0, 9))
        ->capture_default_str();
    command
        ->add_option(
            "--fps", arguments->fps,
            "frames a second that the model is trained at (\"model\": {\"fps\"} of the recipe), for the clips'\n"
            "number of steps; the data's own rate if not given")
        ->check(decimalRange(0.5, 1000.0));
    command->add_flag("--quick", arguments->quick, "decode only the first picture of each clip");
    command->add_flag("--json", arguments->json, "print JSON");
    command->add_flag("--events", arguments->events,
                      "progress and report as JSON lines, for a program that watches (docs/events.md)");
    command->add_flag("--stop-with-input", arguments->stopWithInput, "stop when standard input ends");
    command->footer("Every problem is listed with the file and line that name the clip. The exit code is 3 where a "
                    "clip is damaged\n"
                    "or cannot be used; glosses outside the vocabulary and missing frames are reported only.\n\n"
                    "Examples:\n"
                    "  livegloss-cli dataset check phoenix-2014-multisigner --quick\n"
                    "  livegloss-cli dataset check CSL-Daily --json > report.json");
    command->callback([arguments] { withErrorEvents(arguments->events, [&] { runCheck(*arguments); }); });
}

void runBuild(const BuildArguments& arguments, const std::string& folder, const std::string& layout) {
    if (arguments.pictures && !arguments.resize) {
        throw CommandFailure{
            {ErrorCode::InvalidArgument, "--pictures says how --resize writes clips", "Add --resize."}};
    }
    catchInterrupts();
    const dataset::Dataset data = open(folder, layout);
    ProgressBar bar("Building");
    const BuildOutcome outcome = buildDataset(data, arguments, [&](int done, int all) {
        bar.update(static_cast<double>(done) / all, std::to_string(done) + " of " + std::to_string(all) + " clips");
    });
    bar.clear();
    std::fprintf(stderr, "%d glosses; %d clips written, %d were there, %d could not be read\n", outcome.glosses,
                 outcome.written, outcome.kept, static_cast<int>(outcome.failures.size()));
    if (outcome.replaced > 0) {
        std::fprintf(stderr, "%d of the written ones replace clips of another size or compression, or of other media\n",
                     outcome.replaced);
    }
    for (const std::string& note : data.notes) {
        std::fprintf(stderr, "%s\n", printable(note).c_str());
    }
    for (const std::string& problem : outcome.failures) {
        std::fprintf(stderr, "  %s\n", printable(problem).c_str());
    }
    if (!outcome.failures.empty()) {
        throw CommandFailure{{ErrorCode::Unreadable, "some clips could not be read and are left out of the copy",
                              "livegloss-cli dataset check tells more."}};
    }
}

void addBuild(CLI::App& parent) {
    CLI::App* command =
        parent.add_subcommand("build", "Write a data set's vocabulary, and a resized copy that trains faster.");
    auto arguments = std::make_shared<BuildArguments>();
    auto folder = std::make_shared<std::string>();
    auto layout = std::make_shared<std::string>();
    command->add_option("folder", *folder, "root of the data set")->required();
    command->add_option("--output", arguments->output, "folder to fill; made if missing")->required();
    command->add_option("--layout", *layout, "recognised if not given")->check(CLI::IsMember(layoutKeys()));
    command->add_flag("--resize", arguments->resize,
                      "also write every clip as a small video (or pictures), and their dataset.tsv");
    command->add_option("--size", arguments->size, "with --resize: side of the square pictures")
        ->check(CLI::Range(32, 1024))
        ->capture_default_str();
    command->add_option("--crf", arguments->crf, "with --resize: compression of videos, 0 (none) to 51")
        ->check(CLI::Range(0, 51))
        ->capture_default_str();
    command->add_flag("--pictures", arguments->pictures,
                      "with --resize: folders of PNG pictures without loss instead of videos, resized as AdaptSign's "
                      "released\npreparation does; some ten times the room");
    command->footer(
        "Writes glosses.txt (one gloss a line, in the order of the labels), vocabulary.tsv (how often each is signed)\n"
        "and groundtruth-SPLIT.stm (references for score). With --resize the output is a data set of its own, in the\n"
        "layout of dataset.tsv, with scoring-protocol.txt (how word errors are counted). Clips that are there already\n"
        "are kept: after Ctrl+C the same command goes on. With another --size or --crf, with or without --pictures, "
        "or\n"
        "where the media has changed, they are written anew (copies.tsv says how each was made).\n\n"
        "Examples:\n"
        "  livegloss-cli dataset build phoenix-2014-multisigner --output built\n"
        "  livegloss-cli dataset build phoenix-2014-multisigner --output small --resize --pictures\n"
        "  livegloss-cli train --data small --recipe recipe.json --work run");
    command->callback([=] { runBuild(*arguments, *folder, *layout); });
}

} // namespace

void addDatasetCommand(CLI::App& app) {
    CLI::App* command = app.add_subcommand("dataset", "Check and prepare data sets for training and evaluation.");
    command->require_subcommand(1);
    addCheck(*command);
    addBuild(*command);
    command->footer(
        "Layouts: PHOENIX-2014 (multisigner and signer-independent), PHOENIX-2014-T, CSL-Daily and CSL as their\n"
        "owners ship them, a folder with a dataset.tsv, and what synth writes; see docs/datasets.md.");
}

} // namespace livegloss::cli
