#include "commands.h"
#include "compute_options.h"
#include "decimal_range.h"
#include "decode_options.h"
#include "engine/feature_window.h"
#include "evaluation/scoring.h"
#include "evaluation_run.h"
#include "evaluation_sweep.h"
#include "export/gloss_file.h"
#include "language_options.h"
#include "output_file.h"
#include "recognition_inputs.h"
#include "report_output.h"
#include "terminal.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

namespace livegloss::cli {

namespace {

using nlohmann::ordered_json;

struct EvaluateCommandOptions {
    std::string model;
    std::string data;
    std::string split = "test";
    int synthClips = 0;
    std::uint64_t seed = 1;
    int limit = 0;
    std::string cleanup = "auto"; ///< clipsOf() settles it
    bool online = false;
    bool json = false;
    bool alignments = false;
    DecodeChoice decoding;
    LanguageOptions language;
    FrameOptions frames;
    OnlineSetting setting;
    SweepOptions sweep;
    std::string output; ///< hypothesis file
};

/// Settles --cleanup as well.
std::vector<TestClip> clipsOf(EvaluateCommandOptions& options) {
    std::vector<TestClip> clips;
    std::string published = "none";
    if (options.synthClips > 0) {
        clips = clipsOfSigner(options.synthClips, options.split, options.seed);
    } else {
        const dataset::Dataset data = valueOrFail(dataset::openDataset(options.data));
        for (const std::string& output : {options.output, options.sweep.csv, options.sweep.plot}) {
            valueOrFail(checkOutput(output, dataset::filesOf(data)));
        }
        clips = clipsOfDataset(data, options.split);
        // The references of train are not cleaned.
        const bool cleans = data.protocol == dataset::Protocol::Phoenix && options.split != "train";
        published = cleans ? "phoenix" : "none";
        if (clips.empty()) {
            throw CommandFailure{{ErrorCode::NotFound, options.data + " has no clips in " + options.split,
                                  "livegloss-cli dataset check shows its parts."}};
        }
    }
    options.cleanup = options.cleanup == "auto" ? published : options.cleanup;
    if (options.limit > 0 && clips.size() > static_cast<std::size_t>(options.limit)) {
        clips.resize(static_cast<std::size_t>(options.limit));
    }
    return clips;
}

ordered_json settingJson(const OnlineSetting& setting) {
    return {{"window_frames", setting.windowFrames},
            {"stride_frames", setting.strideFrames},
            {"stability", setting.stability},
            {"min_confidence", std::round(setting.minConfidence * 1e3) / 1e3}};
}

ordered_json onlineJson(const OnlineScores& scores) {
    ordered_json live = errorJson(evaluation::scoreCorpus(scores.utterances).total);
    live["settings"] = settingJson(scores.setting);
    live["revisions"] = scores.revisions;
    if (scores.delays.signs() > 0) {
        live["delays"] = delayJson(scores.delays.report());
    }
    return live;
}

ordered_json resultJson(const EvaluateCommandOptions& options, const EvaluationScores& scores,
                        const evaluation::CorpusScore& offline) {
    ordered_json result{{"model", options.model}};
    if (options.synthClips > 0) {
        result["synth"] = {{"clips", options.synthClips}, {"seed", options.seed}};
    } else {
        result["data"] = options.data;
    }
    result["split"] = options.split;
    result["utterances"] = scores.offline.size();
    result["failed"] = ordered_json::array();
    for (const FailedClip& failed : scores.failures) {
        result["failed"].push_back({{"clip", failed.id}, {"message", failed.error.message}});
    }
    result["damaged"] = ordered_json::array();
    for (const DamagedClip& damaged : scores.damaged) {
        result["damaged"].push_back({{"clip", damaged.id}, {"message", damaged.message}});
    }
    result["beam"] = options.decoding.beam;
    result["merge_repeats"] = options.decoding.mergeRepeats;
    result["cleanup"] = options.cleanup;
    if (!options.language.file.empty()) {
        result["language_model"] = {
            {"file", options.language.file}, {"weight", options.language.weight}, {"bonus", options.language.bonus}};
    }
    result.update(errorJson(offline.total));
    if (options.sweep.enabled) {
        result["sweep"] = sweepJson(scores.online);
    } else if (options.online) {
        result["online"] = onlineJson(scores.online.front());
    }
    result["frame_pattern"] = patternName(options.frames.pattern);
    result["skip_similar"] = std::round(options.frames.skipSimilar * 1e3) / 1e3;
    result["frames"] = session::framesJson(scores.frames);
    result["seconds"] = std::round(scores.seconds * 10.0) / 10.0;
    return result;
}

void printScore(const char* name, const evaluation::ErrorCounts& counts) {
    std::printf("%-8s WER %5.2f%%   %lld substitutions, %lld deletions, %lld insertions in %lld glosses\n", name,
                counts.werPercent(), static_cast<long long>(counts.substitutions),
                static_cast<long long>(counts.deletions), static_cast<long long>(counts.insertions),
                static_cast<long long>(counts.referenceWords));
}

void printAlignments(const EvaluationScores& scores, const evaluation::CorpusScore& offline) {
    for (std::size_t i = 0; i < offline.utterances.size(); ++i) {
        const evaluation::Utterance& utterance = scores.offline[i];
        std::printf("%s\n%s\n", printable(utterance.id).c_str(),
                    printable(evaluation::alignmentText(utterance.reference, utterance.hypothesis,
                                                        offline.utterances[i].alignment))
                        .c_str());
    }
}

void printText(const EvaluateCommandOptions& options, const EvaluationScores& scores,
               const evaluation::CorpusScore& offline) {
    if (options.alignments) {
        printAlignments(scores, offline);
    }
    std::printf("%zu clips of %s in %.1f s%s\n", offline.utterances.size(), options.split.c_str(), scores.seconds,
                options.cleanup == "phoenix" ? "; glosses cleaned as in published work on PHOENIX" : "");
    printScore("offline", offline.total);
    if (options.sweep.enabled) {
        std::printf("\n%s", sweepTable(scores.online).c_str());
    } else if (options.online) {
        const OnlineScores& online = scores.online.front();
        printScore("online", evaluation::scoreCorpus(online.utterances).total);
        const evaluation::DelayReport delays = online.delays.report();
        if (delays.matched > 0) {
            std::printf("after a sign's end: provisional %.2f s (95%%: %.2f s), committed %.2f s (95%%: %.2f s)\n",
                        delays.provisional.medianSeconds, delays.provisional.percentile95Seconds,
                        delays.committed.medianSeconds, delays.committed.percentile95Seconds);
        }
        std::printf("%d provisional glosses were taken back\n", online.revisions);
    }
}

/// For scoring tools: one word a hundredth of a second, as published hypotheses are written.
void writeHypotheses(const std::string& path, const EvaluationScores& scores) {
    std::vector<evaluation::CtmWord> words;
    for (std::size_t i = 0; i < scores.offline.size(); ++i) {
        double start = 0.0;
        for (const std::string& word : scores.recognised[i]) {
            words.push_back({scores.offline[i].id, "1", start, 0.01, word, {}});
            start += 0.01;
        }
    }
    valueOrFail(evaluation::writeCtm(path, words));
}

/// Told last, where it is seen, and by the exit code.
void reportFailures(const std::vector<FailedClip>& failures, std::size_t clips) {
    if (failures.empty()) {
        return;
    }
    for (const FailedClip& failed : failures) {
        std::fprintf(stderr, "%s: %s\n", printable(failed.id).c_str(), printable(failed.error.message).c_str());
    }
    throw CommandFailure{{failures.front().error.code,
                          std::to_string(failures.size()) + " of " + std::to_string(clips) +
                              " clips could not be recognised and are not in the figures",
                          "They are listed above; livegloss-cli dataset check tells more."}};
}

std::vector<OnlineSetting> settingsOf(const EvaluateCommandOptions& options, const model::ModelConfig& config) {
    std::vector<OnlineSetting> settings;
    if (options.sweep.enabled) {
        settings = sweepSettings(options.sweep, options.setting);
    } else if (options.online) {
        settings = {options.setting};
    }
    for (OnlineSetting& setting : settings) {
        const auto window = engine::resolvedWindow(config, {setting.windowFrames, setting.strideFrames});
        setting.windowFrames = window.windowFrames;
        setting.strideFrames = window.strideFrames;
    }
    return settings;
}

/// Settings of live recognition that would do nothing.
void refuseIdleSettings(const CLI::App& command, const EvaluateCommandOptions& options) {
    const auto refuse = [&](const char* name, const std::string& message, const char* hint) {
        if (command.count(name) > 0) {
            throw CommandFailure{{ErrorCode::InvalidArgument, std::string(name).append(message), hint}};
        }
    };
    for (const char* name : {"--window", "--stride", "--stability", "--min-confidence"}) {
        if (!options.online && !options.sweep.enabled) {
            refuse(name, " is a setting of live recognition, which is scored with --online",
                   "Add --online, or leave it out.");
        }
    }
    for (const char* name : {"--window", "--stride"}) {
        if (options.sweep.enabled) {
            refuse(name, " is one value, and --sweep takes lists", "Say --windows and --strides.");
        }
    }
}

void run(EvaluateCommandOptions options) {
    if (options.data.empty() == (options.synthClips == 0)) {
        throw CommandFailure{{ErrorCode::InvalidArgument, "evaluate needs either --data or --synth",
                              "livegloss-cli evaluate --help shows both."}};
    }
    for (const std::string& output : {options.output, options.sweep.csv, options.sweep.plot}) {
        valueOrFail(checkOutput(output, {options.model, options.language.file}));
    }
    catchInterrupts();
    EvaluationOptions evaluation;
    evaluation.model = openModel(options.model);
    evaluation.decoding = options.decoding;
    evaluation.frames = options.frames;
    evaluation.language = openLanguage(options.language, evaluation.model->config());
    evaluation.online = settingsOf(options, evaluation.model->config());
    const std::vector<TestClip> clips = clipsOf(options);
    evaluation.phoenixCleanup = options.cleanup == "phoenix";
    ProgressBar bar("Evaluating");
    evaluation.progress = [&](std::size_t done, const evaluation::ErrorCounts& soFar) {
        char detail[96];
        std::snprintf(detail, sizeof detail, "%zu of %zu clips, WER %.1f%%", done, clips.size(), soFar.werPercent());
        bar.update(static_cast<double>(done) / static_cast<double>(clips.size()), detail);
    };
    const EvaluationScores scores = evaluateClips(evaluation, clips);
    bar.clear();
    if (scores.offline.empty()) {
        reportFailures(scores.failures, clips.size());
    }
    const evaluation::CorpusScore offline = evaluation::scoreCorpus(scores.offline);
    if (options.json) {
        valueOrFail(writeOutput({}, jsonText(resultJson(options, scores, offline))));
    } else {
        printText(options, scores, offline);
    }
    if (!options.output.empty()) {
        writeHypotheses(options.output, scores);
    }
    if (options.sweep.enabled) {
        valueOrFail(writeSweep(options.sweep, scores.online, offline.total.werPercent()));
    }
    for (const DamagedClip& damaged : scores.damaged) {
        std::fprintf(stderr, "%s: %s\n", printable(damaged.id).c_str(), printable(damaged.message).c_str());
    }
    reportFailures(scores.failures, clips.size());
}

void addSettings(CLI::App& command, EvaluateCommandOptions& options) {
    command.add_option("--window", options.setting.windowFrames, "with --online: frames that a decode looks back on")
        ->check(CLI::Range(16, 4096))
        ->capture_default_str();
    command
        .add_option("--stride", options.setting.strideFrames,
                    "with --online: new frames between two decodes; 0: 0.32 s of them")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    command.add_option("--stability", options.setting.stability, "with --online: 0 (fast) to 4 (stable)")
        ->check(CLI::Range(0, 4))
        ->capture_default_str();
    command
        .add_option("--min-confidence", options.setting.minConfidence,
                    "with --online: leave out glosses below it; near a sure gloss a quarter of it is enough")
        ->check(decimalRange(0.0, 1.0))
        ->capture_default_str();
    addDecodeOptions(command, options.decoding);
    addLanguageOptions(command, options.language);
    addFrameOptions(command, options.frames);
    addSweepOptions(command, options.sweep);
}

} // namespace

void addEvaluateCommand(CLI::App& app) {
    CLI::App* command =
        app.add_subcommand("evaluate", "Word error rate of a model on a data set, offline and as recognised live.");
    auto options = std::make_shared<EvaluateCommandOptions>();
    command->add_option("--model", options->model, "model file (.safetensors); the bundled demo model if not given");
    command->add_option("--data", options->data, "data set of any layout that dataset check knows");
    command->add_option("--split", options->split, "which part of the data")->capture_default_str();
    command->add_option("--synth", options->synthClips, "draw so many clips of the synthetic signer instead")
        ->check(CLI::Range(1, 100000));
    command->add_option("--seed", options->seed, "with --synth: same seed, same clips")->capture_default_str();
    command
        ->add_option("--cleanup", options->cleanup,
                     "what of a recognised gloss counts: phoenix (after the clean-up of published work), none (all of "
                     "it),\nor auto (phoenix for dev and test of PHOENIX and its copies)")
        ->check(CLI::IsMember({"auto", "none", "phoenix"}))
        ->capture_default_str();
    command->add_option("--limit", options->limit, "only the first so many clips")->check(CLI::PositiveNumber);
    command->add_flag("--online", options->online, "also score what live recognition commits");
    command->add_flag("--json", options->json, "print JSON");
    command->add_flag("--alignments", options->alignments, "print each reference over its hypothesis");
    command->add_option("--output", options->output, "also write the offline hypotheses, as a .ctm for score");
    addSettings(*command, *options);
    addComputeOptions(*command);
    command->footer(
        "Errors are counted as sclite counts them (case apart). Offline every gloss of the decode counts, whatever "
        "its\n"
        "confidence; online what live recognition commits with the settings given (by default those of the program),\n"
        "and the delays run from a sign's true end to its gloss, in the clip's own time. With --sweep live "
        "recognition\n"
        "runs with every pair of a window and a stride over one pass of the encoder (docs/evaluation.md).\n\n"
        "Examples:\n"
        "  livegloss-cli synth --out data --split test --clips 200 --seed 1\n"
        "  livegloss-cli evaluate --data data --split test --online\n"
        "  livegloss-cli evaluate --synth 200 --seed 1 --split test --json     the same clips, without files\n"
        "  livegloss-cli evaluate --data data --split dev --lm glosses.arpa --lm-weight 0.4\n"
        "  livegloss-cli evaluate --data data --sweep --windows 32,64,96 --strides 4,8,16 --csv s.csv --plot s.svg\n"
        "  livegloss-cli evaluate --model other.safetensors --data data --limit 20 --alignments\n"
        "  livegloss-cli evaluate --model phoenix.safetensors --data phoenix-2014-multisigner --merge-repeats\n\n"
        "JSON: wer_percent, errors, substitutions, deletions, insertions, correct, reference_words, hypothesis_words,\n"
        "with --online the same in online and its revisions and delays, with --sweep a list of them in sweep; clips\n"
        "that could not be recognised in failed, which the exit code tells too, and those of which frames are missing\n"
        "(they count in frames, as dropped) in damaged.");
    command->callback([command, options] {
        refuseIdleSettings(*command, *options);
        run(*options);
    });
}

} // namespace livegloss::cli
