#include "commands.h"
#include "compute_options.h"
#include "decimal_range.h"
#include "engine/feature_window.h"
#include "evaluation/text_columns.h"
#include "export/gloss_file.h"
#include "frame_options.h"
#include "live_run.h"
#include "live_truth.h"
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

struct LiveCommandOptions {
    std::string model;
    std::string input;
    std::string pace = "realtime";
    std::string report;
    bool json = false;
    FrameOptions frames;
    LiveRunOptions run;
};

/// Prints a line for each gloss as it is committed; on a terminal the provisional tail stands below, rewritten in
/// place.
class LivePrinter {
public:
    explicit LivePrinter(bool quiet) : quiet_(quiet), terminal_(!quiet && outputIsTerminal()) {}

    void show(const LiveView& view) {
        if (quiet_) {
            return;
        }
        if (!view.newlyCommitted.empty() || view.notice != notice_) {
            wipe();
        }
        if (view.notice != notice_ && !view.notice.empty()) {
            std::fprintf(stderr, "%s\n", view.notice.c_str());
        }
        notice_ = view.notice;
        tellPattern(view);
        for (const session::CaptionGloss& gloss : view.newlyCommitted) {
            std::printf("%8.2f s  %-24s %3.0f%%\n", toSeconds(gloss.start), printable(gloss.text).c_str(),
                        static_cast<double>(gloss.confidence) * 100.0);
        }
        if (!view.newlyCommitted.empty()) {
            std::fflush(stdout);
        }
        if (terminal_) {
            drawTail(view);
        }
    }

    void wipe() {
        if (!tail_.empty()) {
            std::fputs("\r\033[K", stdout);
            std::fflush(stdout);
            tail_.clear();
        }
    }

private:
    void tellPattern(const LiveView& view) {
        if (view.pattern.automatic && view.pattern.every != pattern_) {
            wipe();
            if (view.pattern.every > 1) {
                std::fprintf(stderr, "Every %s frame is recognised: this computer is too slow for all %.4g a second.\n",
                             view.pattern.every == 2 ? "2nd" : "3rd", view.modelFps);
            } else {
                std::fprintf(stderr, "Every frame is recognised again.\n");
            }
            pattern_ = view.pattern.every;
        }
    }
    void drawTail(const LiveView& view) {
        std::string tail;
        for (const session::CaptionGloss& gloss : view.provisional) {
            tail += (tail.empty() ? "" : " ") + gloss.text;
        }
        if (!tail.empty()) {
            tail = "         ... " + tail;
        } else if (view.notSure) {
            tail = "         ... signing that the model is not sure of";
        }
        if (view.cannotKeepUp) {
            tail += "   (the machine cannot keep up)";
        }
        // What wraps could not be drawn over.
        tail = evaluation::cutToColumns(printable(std::move(tail)), outputColumns() - 1);
        if (tail != tail_) {
            wipe();
            std::fputs(tail.c_str(), stdout);
            std::fflush(stdout);
            tail_ = tail;
        }
    }

    bool quiet_;
    bool terminal_;
    std::string tail_;
    std::string notice_;
    int pattern_ = 1;
};

double rounded(double value) {
    return std::round(value * 1e3) / 1e3;
}

const char* changeName(session::OfflineChange change) {
    switch (change) {
    case session::OfflineChange::Confirmed:
        return "confirmed";
    case session::OfflineChange::Added:
        return "added";
    case session::OfflineChange::Removed:
        return "removed";
    case session::OfflineChange::Replaced:
        return "replaced";
    case session::OfflineChange::None:
        break;
    }
    return "none";
}

ordered_json onlineJson(const CaptionEvents& events) {
    auto list = ordered_json::array();
    for (const CaptionEvent& event : events.events()) {
        ordered_json gloss = session::glossJson(event.gloss);
        gloss["provisional_at_s"] =
            event.provisionalSeconds ? ordered_json(rounded(*event.provisionalSeconds)) : ordered_json(nullptr);
        gloss["committed_at_s"] = rounded(event.committedSeconds);
        list.push_back(std::move(gloss));
    }
    return list;
}

ordered_json offlineJson(const std::vector<session::CaptionGloss>& offline) {
    auto list = ordered_json::array();
    for (const session::CaptionGloss& gloss : offline) {
        ordered_json entry = session::glossJson(gloss);
        entry["change"] = changeName(gloss.change);
        if (gloss.change == session::OfflineChange::Replaced) {
            entry["replaced"] = gloss.replacedText;
        }
        list.push_back(std::move(entry));
    }
    return list;
}

ordered_json reportJson(const LiveCommandOptions& options, const LiveRunResult& result,
                        const model::ModelConfig& config, const SeenPart& seen, const std::optional<SeenTruth>& truth) {
    const session::SessionSettings& settings = options.run.settings;
    const engine::WindowOptions window = engine::resolvedWindow(config, {settings.windowFrames, settings.strideFrames});
    ordered_json report{{"model", options.model},
                        {"input", options.run.source.kind == media::SourceKind::Stream
                                      ? media::displayName(options.run.source) // without a password
                                      : options.input},
                        {"pace", options.pace},
                        {"fps", config.fps},
                        {"device", result.statistics.device.name},
                        {"threads", result.statistics.device.threads},
                        {"settings",
                         {{"window_frames", window.windowFrames},
                          {"stride_frames", window.strideFrames},
                          {"stability", settings.stability},
                          {"min_confidence", rounded(settings.minConfidence)},
                          {"frame_pattern", patternName(settings.framePattern)},
                          {"skip_similar", rounded(settings.skipSimilar)}}},
                        {"glosses", onlineJson(result.events)},
                        {"offline", offlineJson(result.offline)},
                        {"revisions", result.events.revisions()},
                        {"frames", session::framesJson(result.frames)},
                        {"coarsest_pattern", result.coarsestPattern}};
    const double encodedPerSecond =
        result.wallSeconds > 0.0 ? static_cast<double>(result.frames.encoded) / result.wallSeconds : 0.0;
    const double capturedPerSecond =
        result.wallSeconds > 0.0 ? static_cast<double>(result.frames.captured) / result.wallSeconds : 0.0;
    report["rates"] = {
        {"source_fps", rounded(result.source.fps)},
        {"captured_per_second", rounded(options.pace == "fast" ? capturedPerSecond : result.statistics.sourceFps)},
        {"encoded_per_second", rounded(options.pace == "fast" ? encodedPerSecond : result.statistics.encodedFps)},
        {"wall_s", rounded(result.wallSeconds)}};
    if (options.pace != "fast") {
        report["caption_delay_s"] = rounded(result.statistics.captionDelaySeconds);
    }
    report["stopped_at_s"] = seen.cutShort ? ordered_json(rounded(seen.seconds)) : ordered_json(nullptr);
    if (truth) {
        report["delays"] = truth->delays(result.events);
        report["errors"] = truth->errors(result.events, result.offline);
        report["signs_not_reached"] = truth->notReached();
    }
    return report;
}

void tellStop(const ordered_json& report) {
    if (!report["stopped_at_s"].is_number()) {
        return;
    }
    const int later = report.value("signs_not_reached", 0);
    std::string uncounted;
    if (later > 0) {
        uncounted = "; signs that end later do not count: ";
        uncounted += std::to_string(later);
    }
    std::fprintf(stderr, "Stopped at %.2f s%s\n", report["stopped_at_s"].get<double>(), uncounted.c_str());
}

void printSummary(const LiveRunResult& result, const ordered_json& report) {
    for (const session::CaptionGloss& gloss : result.offline) {
        if (gloss.change == session::OfflineChange::Replaced) {
            std::printf("Seen as a whole: %s instead of %s at %.2f s\n", gloss.text.c_str(), gloss.replacedText.c_str(),
                        toSeconds(gloss.start));
        } else if (gloss.change == session::OfflineChange::Added || gloss.change == session::OfflineChange::Removed) {
            std::printf("Seen as a whole: %s %s at %.2f s\n",
                        gloss.change == session::OfflineChange::Added ? "also" : "without", gloss.text.c_str(),
                        toSeconds(gloss.start));
        }
    }
    const session::FrameCounts& frames = result.frames;
    std::fprintf(stderr, "%lld frames, %lld recognised, %lld dropped\n", static_cast<long long>(frames.captured),
                 static_cast<long long>(frames.encoded), static_cast<long long>(frames.dropped));
    if (frames.reused + frames.interpolated > 0) {
        std::fprintf(stderr, "%lld like the frame before them, %lld interpolated\n",
                     static_cast<long long>(frames.reused), static_cast<long long>(frames.interpolated));
    }
    tellStop(report);
    if (report.contains("delays")) {
        const ordered_json& delays = report["delays"];
        const int matched = delays["matched"].get<int>();
        std::fprintf(stderr, "%d of %d signs recognised", matched, delays["signs"].get<int>());
        if (matched > 0) {
            std::fprintf(stderr, "; after a sign's end: provisional %.2f s, committed %.2f s (medians)",
                         delays["provisional"]["median_s"].get<double>(),
                         delays["committed"]["median_s"].get<double>());
        }
        std::fputc('\n', stderr);
    }
    if (result.events.events().empty() && result.offline.empty()) {
        std::fprintf(stderr, "Nothing that the model is sure of. Its signs: livegloss-cli inspect %s\n",
                     report["model"].get<std::string>().c_str());
    }
}

void run(LiveCommandOptions options) {
    options.run.settings.framePattern = options.frames.pattern;
    options.run.settings.skipSimilar = options.frames.skipSimilar;
    if (options.input.empty()) {
        options.input = defaultSample();
    }
    options.run.source = media::parseSource(options.input);
    const bool isFile = options.run.source.kind == media::SourceKind::File;
    if (options.pace == "fast" && !isFile) {
        throw CommandFailure{
            {ErrorCode::InvalidArgument,
             "--pace fast is for files; " + media::displayName(options.run.source) + " has its own pace",
             "Leave --pace out."}};
    }
    std::optional<ClipTruth> truth;
    if (isFile) {
        truth = valueOrFail(findTruth(options.run.source.location));
    }
    valueOrFail(checkOutput(options.report, {options.input, options.model}));
    catchInterrupts();
    const engine::LoadedModelPtr model = openModel(options.model);
    LivePrinter printer(options.json);
    double lastSeconds = 0.0;
    const auto show = [&](const LiveView& view) {
        lastSeconds = view.nowSeconds;
        printer.show(view);
    };
    const LiveRunResult result =
        options.pace == "fast" ? runFast(options.run, model, show) : runInRealTime(options.run, model, show);
    printer.wipe();
    const SeenPart seen = seenPart(result, lastSeconds, options.run.maxSeconds > 0.0 || interrupted());
    const ordered_json report = reportJson(options, result, model->config(), seen,
                                           truth ? std::optional(SeenTruth(*truth, seen)) : std::nullopt);
    if (options.json) {
        valueOrFail(writeOutput({}, jsonText(report)));
    } else {
        printSummary(result, report);
    }
    if (!options.report.empty()) {
        valueOrFail(writeOutput(options.report, jsonText(report)));
    }
    tellDamage(result.source, result.lostFrames, result.endsEarly);
    if (result.failure) {
        throw CommandFailure{*result.failure};
    }
}

void addSettings(CLI::App& command, session::SessionSettings& settings) {
    command.add_option("--window", settings.windowFrames, "frames that a decode looks back on")
        ->check(CLI::Range(16, 4096))
        ->capture_default_str();
    command.add_option("--stride", settings.strideFrames, "new frames between two decodes; 0: 0.32 s of them")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    command.add_option("--stability", settings.stability, "0 commits early, 4 commits late and rarely errs")
        ->check(CLI::Range(0, 4))
        ->capture_default_str();
    command
        .add_option("--min-confidence", settings.minConfidence,
                    "keep glosses below it out of the captions; near a sure gloss a quarter of it is enough")
        ->check(decimalRange(0.0, 1.0))
        ->capture_default_str();
}

} // namespace

void addLiveCommand(CLI::App& app) {
    CLI::App* command = app.add_subcommand(
        "live", "Recognise a video, camera or stream while it plays; glosses appear as they are committed.");
    auto options = std::make_shared<LiveCommandOptions>();
    options->run.settings.attention = false;
    options->run.settings.readAheadFrames = 0; // as from a camera: no frame is known before its time
    command->add_option("--input,input", options->input,
                        "file, camera:, camera:/dev/video0, http:// or rtsp:// address; the first bundled sample clip "
                        "if not given");
    command->add_option("--model", options->model, "model file (.safetensors); the bundled demo model if not given");
    command->add_option("--pace", options->pace, "realtime, or fast: files as quickly as the machine allows")
        ->check(CLI::IsMember({"realtime", "fast"}))
        ->capture_default_str();
    command->add_option("--report", options->report, "write a report (JSON) to this file");
    command->add_flag("--json", options->json, "print the report instead of the glosses");
    command->add_option("--seconds", options->run.maxSeconds, "stop after so many seconds of video")
        ->check(decimalRange(0.1, 1e6));
    addSettings(*command, options->run.settings);
    addFrameOptions(*command, options->frames);
    addComputeOptions(*command);
    command->footer(
        "Ctrl+C ends it as the end of its source would: with the report and exit code 0. A source that breaks off\n"
        "leaves the report of what was recognised by then, and its error's exit code.\n"
        "On a terminal the provisional tail stands below the committed glosses; committed ones never change. At the\n"
        "end (Ctrl+C for a camera) the whole clip is decoded once more, and what that changes is told.\n\n"
        "Examples:\n"
        "  livegloss-cli live                                       the bundled sample clip\n"
        "  livegloss-cli live camera:                               the first camera, until Ctrl+C\n"
        "  livegloss-cli live http://192.168.1.20:8080/video --report run.json\n"
        "  livegloss-cli live clip.mp4 --pace fast --json           the same decisions, without waiting\n\n"
        "Report: glosses with provisional_at_s and committed_at_s (the clip's time at which they appeared), offline\n"
        "with the change against them, revisions, frames {captured, encoded, reused, interpolated, dropped}, the\n"
        "coarsest_pattern that was in force, rates. Where the truth is known (CLIP.json beside CLIP.mp4, or a folder "
        "that the synth command wrote): delays from the end of a sign\n"
        "to its provisional and committed gloss (median_s, percentile95_s), and errors online and offline. A run that\n"
        "was stopped says where (stopped_at_s) and leaves out the signs that end later (signs_not_reached).");
    command->callback([options] { run(*options); });
}

} // namespace livegloss::cli
