#include "commands.h"
#include "compute_options.h"
#include "decimal_range.h"
#include "decode_options.h"
#include "export/gloss_file.h"
#include "frame_options.h"
#include "language_options.h"
#include "output_file.h"
#include "recognition_inputs.h"
#include "session/offline_recogniser.h"
#include "terminal.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

namespace livegloss::cli {

namespace {

struct RecognizeCommandOptions {
    std::string model;
    std::string input;
    std::string format = "text";
    bool json = false;
    std::string output;
    float minConfidence = 0.4F;
    DecodeChoice decoding;
    LanguageOptions language;
    FrameOptions frames;
};

media::SourceRequest videoFile(const std::string& text) {
    if (text.empty()) {
        throw CommandFailure{{ErrorCode::InvalidArgument, "recognize needs a video file",
                              "For example: livegloss-cli recognize clip.mp4"}};
    }
    media::SourceRequest request = media::parseSource(text);
    if (request.kind != media::SourceKind::File) {
        throw CommandFailure{{ErrorCode::InvalidArgument,
                              "recognize reads video files, and " + media::displayName(request) + " is none",
                              "For cameras and streams: livegloss-cli live --input ADDRESS"}};
    }
    return request;
}

session::OfflineResult recognise(const RecognizeCommandOptions& options, const media::SourceRequest& request,
                                 const engine::LoadedModelPtr& model) {
    ProgressBar bar("Recognising");
    session::OfflineOptions offline;
    offline.clip.offline.minConfidence = 0.0F; // what is left out is counted below
    offline.clip.offline.beamWidth = options.decoding.beam;
    offline.clip.offline.mergeRepeats = options.decoding.mergeRepeats;
    offline.clip.framePattern = options.frames.pattern;
    offline.clip.skipSimilar = options.frames.skipSimilar;
    offline.clip.offline.language = openLanguage(options.language, model->config());
    offline.progress = [&](const session::Progress& progress) {
        bar.update(progress.fraction.value_or(-1.0), std::to_string(progress.frames) + " frames");
    };
    offline.cancelled = [] { return interrupted(); };
    return valueOrFail(session::recogniseOffline(request, model, offline));
}

/// An empty list may have two reasons; which one it was is told to people, not to what reads the output.
void explainNothing(const session::GlossReport& output, double minConfidence) {
    if (*output.leftOut > 0) {
        std::fprintf(stderr,
                     "Signing was seen, but nothing that the model is sure of (%d %s below a confidence of %.2f).\n"
                     "Its signs may not be in the model's vocabulary: livegloss-cli inspect %s\n",
                     *output.leftOut, *output.leftOut == 1 ? "guess" : "guesses", minConfidence, output.model.c_str());
    } else {
        std::fprintf(stderr, "No signing was recognised in %.1f s of video.\n", output.durationSeconds);
    }
}

void run(RecognizeCommandOptions options) {
    const media::SourceRequest request = videoFile(options.input);
    valueOrFail(checkOutput(options.output, {options.input, options.model, options.language.file}));
    catchInterrupts();
    const engine::LoadedModelPtr model = openModel(options.model);
    session::OfflineResult result = recognise(options, request, model);
    if (result.clip.deviceFailure) {
        std::fprintf(stderr, "%s\n", result.clip.deviceFailure->message.c_str());
    }
    session::GlossReport output;
    output.model = options.model;
    output.input = options.input;
    output.fps = model->config().fps;
    output.durationSeconds = toSeconds(result.duration);
    output.frames = result.clip.frames;
    output.glosses = std::move(result.clip.offline);
    output.leftOut = session::leaveOutUnsure(output.glosses, options.minConfidence);
    valueOrFail(writeOutput(
        options.output, session::formatGlosses(output, *session::glossFormat(options.json ? "json" : options.format))));
    tellDamage(result.source, result.clip.frames.dropped, result.endsEarly);
    if (output.glosses.empty()) {
        explainNothing(output, static_cast<double>(options.minConfidence));
    }
}

} // namespace

void addRecognizeCommand(CLI::App& app) {
    CLI::App* command =
        app.add_subcommand("recognize", "Recognise a whole video file and write its glosses with their times.");
    auto options = std::make_shared<RecognizeCommandOptions>();
    command->add_option("--input,input", options->input, "video file");
    command->add_option("--model", options->model, "model file (.safetensors); the bundled demo model if not given");
    command->add_option("--format", options->format, "json, text, srt, vtt, csv or ctm")
        ->check(CLI::IsMember({"json", "text", "srt", "vtt", "csv", "ctm"}))
        ->capture_default_str();
    command->add_flag("--json", options->json, "the same as --format json");
    command->add_option("--output", options->output, "file to write; standard output if not given");
    command
        ->add_option("--min-confidence", options->minConfidence,
                     "leave out glosses below it; near a sure gloss a quarter of it is enough")
        ->check(decimalRange(0.0, 1.0))
        ->capture_default_str();
    addDecodeOptions(*command, options->decoding);
    addLanguageOptions(*command, options->language);
    addFrameOptions(*command, options->frames);
    addComputeOptions(*command);
    command->footer(
        "Every frame goes through the network once, and the clip is decoded as a whole: the best result a\n"
        "model can give. For captions while a video plays, or from a camera, see livegloss-cli live --help.\n\n"
        "Examples:\n"
        "  livegloss-cli recognize clip.mp4                         the glosses in one line\n"
        "  livegloss-cli recognize clip.mp4 --json                  times, confidence, alternatives\n"
        "  livegloss-cli recognize clip.mp4 --format srt --output clip.srt\n"
        "  livegloss-cli recognize clip.mp4 --model phoenix.safetensors --format ctm\n\n"
        "Subtitles (srt, vtt) stay until the next gloss or for a second, so that they can be read; csv, ctm and json\n"
        "have the sign's own end. fps is the rate that the model sees, whatever the video's.\n\n"
        "Frames that a damaged or cut off file does not give are counted as dropped, and told on standard error.\n\n"
        "JSON: model, input, fps, duration_s, glosses [{gloss, start_s, end_s, confidence,\n"
        "alternatives [{gloss, probability}]}], left_out, frames {captured, encoded, reused,\n"
        "interpolated, dropped}.");
    command->callback([options] { run(*options); });
}

} // namespace livegloss::cli
