#include "caption_events.h"
#include "commands.h"
#include "compute_options.h"
#include "evaluation/stm_ctm.h"
#include "engine/feature_window.h"
#include "gloss_output.h"
#include "output_file.h"
#include "recognition_inputs.h"
#include "session/live_session.h"
#include "session/offline_recogniser.h"
#include "synth/signer.h"
#include "terminal.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

namespace livegloss::cli {

namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct Options {
    std::string model;
    std::string data;
    std::string split = "test";
    int synthClips = 0;
    std::uint64_t seed = 1;
    int limit = 0;
    bool online = false;
    bool json = false;
    bool alignments = false;
    int beam = 10;
    session::SessionSettings settings;
};

/// One clip to recognise: its reference, where known the moments of its signs, and a way to feed its frames.
struct TestClip {
    std::string id;
    evaluation::Words reference;
    std::vector<evaluation::TruthSpan> spans;
    std::function<Result<void>(session::ClipRecogniser&)> feed;
};

const std::map<std::string, synth::Split> kSplits{
    {"train", synth::Split::Train}, {"dev", synth::Split::Dev}, {"test", synth::Split::Test}};

Result<void> feedVideo(const fs::path& video, session::ClipRecogniser& recogniser) {
    const SteadyClock clock;
    auto source = media::openSource({media::SourceKind::File, video.string()}, clock);
    if (!source) {
        return tl::unexpected(std::move(source.error()));
    }
    for (;;) {
        auto frame = (*source)->read();
        if (!frame) {
            return tl::unexpected(std::move(frame.error()));
        }
        if (!*frame) {
            return {};
        }
        if (auto pushed = recogniser.push(**frame); !pushed) {
            return pushed;
        }
    }
}

Result<void> feedDrawing(const synth::Clip& clip, double fps, session::ClipRecogniser& recogniser) {
    synth::RenderedFrame picture;
    for (int index = 0; index < clip.frames(); ++index) {
        clip.render(index, picture, false);
        auto frame = std::make_shared<Frame>();
        frame->width = frame->height = picture.size;
        frame->rgb = picture.rgb;
        frame->time = fromSeconds(index / fps);
        frame->index = index;
        if (auto pushed = recogniser.push(frame); !pushed) {
            return pushed;
        }
    }
    return {};
}

/// References from SPLIT.stm; moments of the signs from SPLIT.json where it is there.
std::vector<TestClip> clipsOfFolder(const Options& options) {
    const fs::path folder = options.data;
    std::map<std::string, SplitClip> known;
    if (std::error_code ignored; fs::exists(folder / (options.split + ".json"), ignored)) {
        for (SplitClip& clip : valueOrFail(readSplit(folder, options.split))) {
            known.emplace(clip.id, std::move(clip));
        }
    }
    std::vector<TestClip> clips;
    for (const evaluation::StmSegment& segment : valueOrFail(evaluation::readStm(folder / (options.split + ".stm")))) {
        TestClip clip;
        clip.id = segment.file;
        clip.reference = segment.words;
        fs::path video = folder / options.split / (segment.file + ".mp4");
        if (const auto truth = known.find(segment.file); truth != known.end()) {
            clip.spans = truth->second.truth.spans;
            video = truth->second.video;
        }
        clip.feed = [video](session::ClipRecogniser& recogniser) { return feedVideo(video, recogniser); };
        clips.push_back(std::move(clip));
    }
    return clips;
}

/// The clips that `synth --seed K --clips N` writes, without the files.
std::vector<TestClip> clipsOfSigner(const Options& options) {
    std::vector<TestClip> clips;
    for (int number = 0; number < options.synthClips; ++number) {
        synth::ClipRequest request;
        request.seed = options.seed * 1'000'003U + static_cast<std::uint64_t>(number);
        request.split = kSplits.at(options.split);
        const std::shared_ptr<const synth::Clip> drawn = synth::makeClip(request);
        TestClip clip;
        clip.id = options.split + "-" + std::to_string(options.seed) + "-" + std::to_string(number);
        for (const synth::SignSpan& span : drawn->spans()) {
            clip.spans.push_back({span.gloss, span.firstFrame / request.fps, (span.lastFrame + 1) / request.fps});
        }
        clip.reference = wordsOf(clip.spans);
        clip.feed = [drawn, fps = request.fps](session::ClipRecogniser& recogniser) {
            return feedDrawing(*drawn, fps, recogniser);
        };
        clips.push_back(std::move(clip));
    }
    return clips;
}

/// Delays of many clips, put together as if they had followed each other.
struct OnlineRecord {
    std::vector<evaluation::TruthSpan> signs;
    std::vector<evaluation::GlossEvent> events;
    int revisions = 0;
    double offset = 0.0;

    void add(const TestClip& clip, const CaptionEvents& seen) {
        double end = 0.0;
        for (evaluation::TruthSpan span : clip.spans) {
            end = std::max(end, span.endSeconds);
            span.startSeconds += offset;
            span.endSeconds += offset;
            signs.push_back(std::move(span));
        }
        for (evaluation::GlossEvent event : seen.glossEvents()) {
            end = std::max(end, event.committedSeconds);
            event.committedSeconds += offset;
            if (event.provisionalSeconds) {
                *event.provisionalSeconds += offset;
            }
            events.push_back(std::move(event));
        }
        revisions += seen.revisions();
        offset += end + 60.0; // far apart, so that no sign is paired with the next clip's glosses
    }
};

struct Scores {
    std::vector<evaluation::Utterance> offline;
    std::vector<evaluation::Utterance> online;
    OnlineRecord record;
    session::FrameCounts frames;
    double seconds = 0.0;
};

void scoreClip(const Options& options, const engine::LoadedModelPtr& model, const TestClip& clip, Scores& scores) {
    CaptionEvents events;
    std::vector<session::CaptionGloss> committed;
    session::ClipOptions clipOptions;
    clipOptions.online = options.online;
    clipOptions.batchFrames = options.online ? 1 : 4;
    clipOptions.offline.minConfidence = 0.0F;
    clipOptions.offline.beamWidth = options.beam;
    clipOptions.stream.window = {options.settings.windowFrames, options.settings.strideFrames};
    clipOptions.stream.stability = options.settings.stability;
    clipOptions.stream.minConfidence = options.settings.minConfidence;
    clipOptions.onCaptions = [&](const session::CaptionUpdate& update) {
        committed.insert(committed.end(), update.committed.begin(), update.committed.end());
        events.observe(committed, update.provisional, toSeconds(update.newestFrame));
    };
    session::ClipRecogniser recogniser(model, std::move(clipOptions));
    valueOrFail(clip.feed(recogniser));
    const session::ClipResult result = valueOrFail(recogniser.finish());
    scores.frames.captured += result.frames.captured;
    scores.frames.encoded += result.frames.encoded;
    scores.offline.push_back({clip.id, clip.reference, wordsOf(result.offline)});
    if (options.online) {
        scores.online.push_back({clip.id, clip.reference, wordsOf(result.committed)});
        scores.record.add(clip, events);
    }
}

Scores scoreAll(const Options& options, const engine::LoadedModelPtr& model, const std::vector<TestClip>& clips) {
    const auto start = std::chrono::steady_clock::now();
    Scores scores;
    ProgressBar bar("Evaluating");
    evaluation::ErrorCounts soFar;
    for (std::size_t i = 0; i < clips.size(); ++i) {
        if (interrupted()) {
            throw CommandFailure{{ErrorCode::Cancelled, "evaluation was stopped", {}}};
        }
        char detail[96];
        std::snprintf(detail, sizeof detail, "%zu of %zu clips, WER %.1f%%", i, clips.size(), soFar.werPercent());
        bar.update(static_cast<double>(i) / static_cast<double>(clips.size()), detail);
        scoreClip(options, model, clips[i], scores);
        const evaluation::Utterance& last = scores.offline.back();
        soFar += evaluation::countErrors(evaluation::alignWords(last.reference, last.hypothesis));
    }
    scores.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return scores;
}

ordered_json resultJson(const Options& options, const Scores& scores, const evaluation::CorpusScore& offline,
                        const evaluation::CorpusScore& online) {
    ordered_json result{{"model", options.model}};
    if (options.synthClips > 0) {
        result["synth"] = {{"clips", options.synthClips}, {"seed", options.seed}};
    } else {
        result["data"] = options.data;
    }
    result["split"] = options.split;
    result["utterances"] = scores.offline.size();
    result.update(errorJson(offline.total));
    if (options.online) {
        ordered_json live = errorJson(online.total);
        live["settings"] = {{"window_frames", options.settings.windowFrames},
                            {"stride_frames", options.settings.strideFrames},
                            {"stability", options.settings.stability},
                            {"min_confidence", std::round(options.settings.minConfidence * 1e3) / 1e3}};
        live["revisions"] = scores.record.revisions;
        if (!scores.record.signs.empty()) {
            live["delays"] = delayJson(evaluation::measureDelays(scores.record.signs, scores.record.events));
        }
        result["online"] = std::move(live);
    }
    result["frames"] = framesJson(scores.frames);
    result["seconds"] = std::round(scores.seconds * 10.0) / 10.0;
    return result;
}

void printScore(const char* name, const evaluation::ErrorCounts& counts) {
    std::printf("%-8s WER %5.2f%%   %lld substitutions, %lld deletions, %lld insertions in %lld glosses\n", name,
                counts.werPercent(), static_cast<long long>(counts.substitutions),
                static_cast<long long>(counts.deletions), static_cast<long long>(counts.insertions),
                static_cast<long long>(counts.referenceWords));
}

void printText(const Options& options, const ordered_json& result, const evaluation::CorpusScore& offline,
               const evaluation::CorpusScore& online, const Scores& scores) {
    if (options.alignments) {
        for (std::size_t i = 0; i < offline.utterances.size(); ++i) {
            const evaluation::UtteranceScore& score = offline.utterances[i];
            std::printf(
                "%s\n%s\n", score.id.c_str(),
                evaluation::alignmentText(scores.offline[i].reference, scores.offline[i].hypothesis, score.alignment)
                    .c_str());
        }
    }
    std::printf("%zu clips of %s in %.1f s\n", offline.utterances.size(), options.split.c_str(), scores.seconds);
    printScore("offline", offline.total);
    if (options.online) {
        printScore("online", online.total);
        if (const ordered_json& live = result["online"]; live.contains("delays")) {
            const ordered_json& delays = live["delays"];
            std::printf(
                "after a sign's end: provisional %.2f s (95%%: %.2f s), committed %.2f s (95%%: %.2f s)\n",
                delays["provisional"]["median_s"].get<double>(), delays["provisional"]["percentile95_s"].get<double>(),
                delays["committed"]["median_s"].get<double>(), delays["committed"]["percentile95_s"].get<double>());
        }
        std::printf("%d provisional glosses were taken back\n", scores.record.revisions);
    }
}

void run(Options options) {
    if (options.data.empty() == (options.synthClips == 0)) {
        throw CommandFailure{{ErrorCode::InvalidArgument, "evaluate needs either --data or --synth",
                              "livegloss-cli evaluate --help shows both."}};
    }
    if (options.synthClips > 0 && !kSplits.contains(options.split)) {
        throw CommandFailure{{ErrorCode::InvalidArgument, "the synthetic signer has no split " + options.split,
                              "Its splits are train, dev and test."}};
    }
    catchInterrupts();
    const engine::LoadedModelPtr model = openModel(options.model);
    const engine::WindowOptions window = engine::resolvedWindow(
        model->config(), {options.settings.windowFrames, options.settings.strideFrames});
    options.settings.windowFrames = window.windowFrames;
    options.settings.strideFrames = window.strideFrames;
    std::vector<TestClip> clips = options.synthClips > 0 ? clipsOfSigner(options) : clipsOfFolder(options);
    if (options.limit > 0 && clips.size() > static_cast<std::size_t>(options.limit)) {
        clips.resize(static_cast<std::size_t>(options.limit));
    }
    const Scores scores = scoreAll(options, model, clips);
    const evaluation::CorpusScore offline = evaluation::scoreCorpus(scores.offline);
    const evaluation::CorpusScore online = evaluation::scoreCorpus(scores.online);
    const ordered_json result = resultJson(options, scores, offline, online);
    if (options.json) {
        valueOrFail(writeOutput({}, jsonText(result)));
    } else {
        printText(options, result, offline, online, scores);
    }
}

void addSettings(CLI::App& command, Options& options) {
    command.add_option("--window", options.settings.windowFrames, "with --online: frames that a decode looks back on")
        ->check(CLI::Range(16, 4096))
        ->capture_default_str();
    command.add_option("--stride", options.settings.strideFrames, "with --online: new frames between two decodes; 0: 0.32 s of them")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    command.add_option("--stability", options.settings.stability, "with --online: 0 (fast) to 4 (stable)")
        ->check(CLI::Range(0, 4))
        ->capture_default_str();
    command.add_option("--min-confidence", options.settings.minConfidence, "with --online: leave out glosses below it")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    command.add_option("--beam", options.beam, "width of the offline beam search")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
}

} // namespace

void addEvaluateCommand(CLI::App& app) {
    CLI::App* command =
        app.add_subcommand("evaluate", "Word error rate of a model on a data set, offline and as recognised live.");
    auto options = std::make_shared<Options>();
    command->add_option("--model", options->model, "model file (.safetensors); the bundled demo model if not given");
    command->add_option("--data", options->data, "folder with SPLIT.stm, SPLIT/ID.mp4 and perhaps SPLIT.json");
    command->add_option("--split", options->split, "which part of the data")->capture_default_str();
    command->add_option("--synth", options->synthClips, "draw so many clips of the synthetic signer instead")
        ->check(CLI::Range(1, 100000));
    command->add_option("--seed", options->seed, "with --synth: same seed, same clips")->capture_default_str();
    command->add_option("--limit", options->limit, "only the first so many clips")->check(CLI::PositiveNumber);
    command->add_flag("--online", options->online, "also score what live recognition commits");
    command->add_flag("--json", options->json, "print JSON");
    command->add_flag("--alignments", options->alignments, "print each reference over its hypothesis");
    addSettings(*command, *options);
    addComputeOptions(*command);
    command->footer(
        "Errors are counted as sclite counts them. Offline every gloss of the decode counts, whatever its confidence;\n"
        "online what live recognition commits with the settings given (by default those of the program), and the\n"
        "delays run from a sign's true end to its gloss, in the clip's own time.\n\n"
        "Examples:\n"
        "  livegloss-cli synth --out data --split test --clips 200 --seed 1\n"
        "  livegloss-cli evaluate --data data --split test --online\n"
        "  livegloss-cli evaluate --synth 200 --seed 1 --split test --json     the same clips, without files\n"
        "  livegloss-cli evaluate --model other.safetensors --data data --limit 20 --alignments\n\n"
        "JSON: wer_percent, substitutions, deletions, insertions, reference_words, with --online the same in online\n"
        "and its revisions and delays.");
    command->callback([options] { run(*options); });
}

} // namespace livegloss::cli
