#include "attention_output.h"
#include "commands.h"
#include "decimal_range.h"
#include "output_file.h"
#include "recognition_inputs.h"
#include "terminal.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

namespace livegloss::cli {

namespace {

using attention::Colours;
using attention::Normalisation;
using attention::Shown;

enum class What { Spatial, Frozen, FrozenOnly, Difference, CrossFrame, OverTime, FrozenOverTime };

struct AttentionCommandOptions {
    std::string model;
    std::string input;
    std::string output;
    What what = What::Frozen;
    std::vector<std::int64_t> frames;
    int block = 0;
    std::string head = "mean";
    std::string query = "class";
    Normalisation normalisation = Normalisation::Clip;
    Colours colours = Colours::Inferno;
    double from = 0.0;
    std::optional<double> to;
    bool noCaptions = false;
    std::string regions; ///< where hands and face are known from; empty: the truth where it is there
    std::vector<double> region;
};

const std::map<std::string, What> kWhat{{"spatial", What::Spatial},
                                        {"frozen", What::Frozen},
                                        {"frozen-only", What::FrozenOnly},
                                        {"difference", What::Difference},
                                        {"cross-frame", What::CrossFrame},
                                        {"over-time", What::OverTime},
                                        {"frozen-over-time", What::FrozenOverTime}};
const std::map<std::string, Normalisation> kNormalisations{
    {"clip", Normalisation::Clip}, {"absolute", Normalisation::Absolute}, {"frame", Normalisation::Frame}};
const std::map<std::string, Colours> kColours{{"inferno", Colours::Inferno},   {"cividis", Colours::Cividis},
                                              {"viridis", Colours::Viridis},   {"grey", Colours::Grey},
                                              {"contours", Colours::Contours}, {"jet", Colours::Jet}};

[[noreturn]] void refuse(std::string message, std::string hint) {
    throw CommandFailure{{ErrorCode::InvalidArgument, std::move(message), std::move(hint)}};
}

int wholeNumber(const std::string& text) {
    int value = 0;
    return CLI::detail::lexical_cast(text, value) ? value : 0;
}

int headOf(const AttentionCommandOptions& options, const model::ModelConfig& config) {
    if (options.head == "mean") {
        return engine::meanOfHeads;
    }
    const int head = wholeNumber(options.head);
    if (head < 1 || head > config.heads) {
        refuse("--head " + options.head + ": this model has " + std::to_string(config.heads) + " heads",
               "Give mean, or a number from 1 on.");
    }
    return head - 1;
}

int patchOf(const std::string& place, const model::ModelConfig& config) {
    const std::size_t comma = place.find(',');
    const int side = config.gridSide();
    const int row = comma == std::string::npos ? 0 : wholeNumber(place.substr(0, comma));
    const int column = comma == std::string::npos ? 0 : wholeNumber(place.substr(comma + 1));
    if (row < 1 || row > side || column < 1 || column > side) {
        refuse("--query " + place + " names no patch",
               "Give patch:ROW,COLUMN, each from 1 to " + std::to_string(side) + ", from the top left.");
    }
    return (row - 1) * side + column - 1;
}

Shown shownBy(What what) {
    switch (what) {
    case What::Frozen:
        return Shown::SideBySide;
    case What::FrozenOnly:
    case What::FrozenOverTime:
        return Shown::Frozen;
    case What::Difference:
        return Shown::Difference;
    case What::CrossFrame:
        return Shown::CrossFrame;
    case What::Spatial:
    case What::OverTime:
        break;
    }
    return Shown::Adapted;
}

attention::View viewOf(const AttentionCommandOptions& options, const model::ModelConfig& config) {
    attention::View view;
    view.shown = shownBy(options.what);
    view.normalisation = options.normalisation;
    view.colours = options.colours;
    if (options.block > config.layers) {
        refuse("--block " + std::to_string(options.block) + ": this model has " + std::to_string(config.layers) +
                   " blocks",
               "Give a number from 1 on, or leave it out for the last.");
    }
    view.block = options.block == 0 ? engine::lastBlock : options.block - 1;
    view.head = headOf(options, config);
    if (options.query == "aggregation") {
        view.source = engine::AttentionSource::AggregationQuery;
        if (view.shown != Shown::Adapted) {
            refuse("only AdaptSign itself has an aggregation query", "Use it with --what spatial or over-time.");
        }
    } else if (options.query.starts_with("patch:")) {
        view.source = engine::AttentionSource::Patch;
        view.patch = patchOf(options.query.substr(6), config);
    } else if (options.query != "class") {
        refuse("--query " + options.query + " is not known", "Give class, aggregation or patch:ROW,COLUMN.");
    }
    return view;
}

CurveRegions regionsOf(const AttentionCommandOptions& options) {
    using attention::RegionOrigin;
    CurveRegions regions;
    const std::string& source = options.regions;
    if (source.empty()) {
        regions.source.origin = attention::hasTruth(options.input) ? RegionOrigin::Truth : RegionOrigin::None;
    } else if (source == "truth") {
        regions.source.origin = RegionOrigin::Truth;
    } else if (source == "opencv") {
        regions.source.origin = RegionOrigin::FaceDetector;
    } else if (source != "none") {
        if (!source.ends_with(".onnx")) {
            refuse("--regions " + source + " is not known", "Give truth, opencv, none or the ONNX file of a detector.");
        }
        regions.source = {RegionOrigin::OwnDetector, source};
    }
    if (!options.region.empty()) {
        const std::vector<double>& box = options.region;
        if (box[2] <= 0.0 || box[3] <= 0.0 || box[0] + box[2] > 100.0 || box[1] + box[3] > 100.0) {
            refuse("--region does not lie in the picture",
                   "Give LEFT,TOP,WIDTH,HEIGHT in percent of the picture, for example 30,10,40,40.");
        }
        regions.own = vision::Region{box[0] / 100.0, box[1] / 100.0, box[2] / 100.0, box[3] / 100.0};
    }
    return regions;
}

void runOverTime(AttentionCommandOptions options) {
    if (!isCurveFormat(options.output)) {
        refuse(options.output + ": curves over time cannot be written in this format",
               "End the file's name in .csv, .png, .svg or .pdf.");
    }
    if (!options.frames.empty()) {
        refuse("--frames is for sheets and values; curves show the whole clip", "Leave --frames out.");
    }
    if (options.from > 0.0 || options.to) {
        refuse("--from and --to are for videos; curves show the whole clip", "Leave them out.");
    }
    const CurveRegions regions = regionsOf(options);
    valueOrFail(checkOutput(options.output, {options.input, options.model, options.regions}));
    catchInterrupts();
    AttentionJob job;
    job.model = openModel(options.model);
    job.input = options.input;
    job.view = viewOf(options, job.model->config());
    job.captions = !options.noCaptions;
    valueOrFail(saveCurves(job, regions, options.output));
}

void run(AttentionCommandOptions options) {
    if (options.what == What::OverTime || options.what == What::FrozenOverTime) {
        runOverTime(std::move(options));
        return;
    }
    if (!options.regions.empty() || !options.region.empty()) {
        refuse("--regions and --region are for curves", "Use them with --what over-time.");
    }
    if (!isAttentionFormat(options.output)) {
        refuse(options.output + ": the kind of file cannot be told from its ending",
               "Sheets end in .png, .svg or .pdf, videos in .mp4 or .gif, raw values in .csv or .safetensors.");
    }
    if (options.to && *options.to <= options.from) {
        refuse("--to is not after --from", "Give the seconds where the span begins and ends.");
    }
    const bool spans = isVideoFormat(options.output) || (options.frames.empty() && !isSheetFormat(options.output));
    if (!spans && (options.from > 0.0 || options.to)) {
        refuse("--from and --to are for videos, and for values without --frames", "Leave them out.");
    }
    if (options.noCaptions && !isVideoFormat(options.output)) {
        refuse("--no-captions is for videos and curves: sheets and values hold no glosses", "Leave it out.");
    }
    std::ranges::sort(options.frames);
    if (isSheetFormat(options.output) && options.frames.empty()) {
        refuse("which frames the sheet is to show is missing", "For example --frames 10,20,30.");
    }
    if (isVideoFormat(options.output) && !options.frames.empty()) {
        refuse("--frames is for sheets and values; a video shows the whole clip", "Leave --frames out.");
    }
    valueOrFail(checkOutput(options.output, {options.input, options.model}));
    catchInterrupts();
    AttentionJob job;
    job.model = openModel(options.model);
    job.input = options.input;
    job.view = viewOf(options, job.model->config());
    job.frames = options.frames;
    job.from = fromSeconds(options.from);
    job.to = options.to ? std::optional(fromSeconds(*options.to)) : std::nullopt;
    job.captions = !options.noCaptions;
    if (isVideoFormat(options.output)) {
        valueOrFail(saveVideo(job, options.output));
        return;
    }
    CollectedAttention collected = valueOrFail(collectAttention(job));
    if (collected.videoFrames == 0 && (options.from > 0.0 || options.to)) {
        refuse("there is no frame in this span of the video", "Choose a span inside the clip.");
    }
    if (collected.videoFrames == 0) {
        throw CommandFailure{{ErrorCode::NoVideo, options.input + " holds no frame", "Check that it plays."}};
    }
    if (!options.frames.empty() && options.frames.back() >= collected.videoFrames &&
        job.view.normalisation == Normalisation::Clip) {
        std::fprintf(stderr, "The last frame that the network saw is %lld; frames after it show that one.\n",
                     static_cast<long long>(collected.videoFrames - 1));
    }
    valueOrFail(saveAttention(job, std::move(collected), options.output));
}

} // namespace

void addAttentionCommand(CLI::App& app) {
    CLI::App* command = app.add_subcommand("attention", "Draw or write where the network looks in frames of a video.");
    auto options = std::make_shared<AttentionCommandOptions>();
    command->add_option("--input,input", options->input, "video file")->required();
    command
        ->add_option("--output", options->output,
                     "sheet (.png, .svg, .pdf), video (.mp4, .gif) or raw values (.csv, .safetensors); curves: .png, "
                     ".svg, .pdf, .csv")
        ->required();
    command->add_option("--model", options->model, "model file (.safetensors); the bundled demo model if not given");
    command
        ->add_option("--what", options->what,
                     "spatial (AdaptSign's attention), frozen (the frozen backbone's beside it), frozen-only, "
                     "difference, cross-frame (weights over the frames around each), over-time (curves of the whole "
                     "video) or frozen-over-time (those of the frozen backbone)")
        ->transform(CLI::CheckedTransformer(kWhat))
        ->default_str("frozen");
    command
        ->add_option("--frames", options->frames,
                     "frames of the video, from 0; .csv and .safetensors: all that the network sees if not given")
        ->delimiter(',')
        ->check(CLI::NonNegativeNumber);
    command->add_option("--block", options->block, "block, from 1; the last if not given")->check(CLI::PositiveNumber);
    command->add_option("--head", options->head, "mean, or a head from 1")->capture_default_str();
    command->add_option("--query", options->query, "whose attention: class, aggregation or patch:ROW,COLUMN from 1")
        ->capture_default_str();
    command
        ->add_option("--normalise", options->normalisation,
                     "what the brightest colour stands for: clip (98th percentile of the clip), absolute, frame")
        ->transform(CLI::CheckedTransformer(kNormalisations))
        ->default_str("clip");
    command->add_option("--colours", options->colours, "inferno, cividis, viridis, grey, contours, jet")
        ->transform(CLI::CheckedTransformer(kColours))
        ->default_str("inferno");
    command->add_option("--from", options->from, "video, values of all frames: begin at this second")
        ->check(decimalRange(0.0, 1e9));
    command->add_option("--to", options->to, "video, values of all frames: end at this second")
        ->check(decimalRange(0.0, 1e9));
    command->add_flag("--no-captions", options->noCaptions, "video and curves: without the recognised glosses");
    command->add_option("--regions", options->regions,
                        "curves: where hands and face are known from: truth (of the synthetic signer; if it is there), "
                        "opencv (a face), none, or the .onnx file of a detector of your own");
    command
        ->add_option("--region", options->region,
                     "curves: a rectangle of your own, LEFT,TOP,WIDTH,HEIGHT in percent of the picture")
        ->delimiter(',')
        ->expected(4)
        ->check(CLI::Range(0.0, 100.0));
    command->footer(
        "The network sees a video at its own rate. Of a frame between two that it sees, the one before is shown.\n"
        "A GIF is at most 480 pixels wide, has 10 pictures a second and takes 15 seconds.\n"
        "docs/attention.md has the formula of every quantity.\n\n"
        "Examples:\n"
        "  livegloss-cli attention clip.mp4 --frames 10,20,30 --output figure3.png\n"
        "  livegloss-cli attention clip.mp4 --what cross-frame --frames 40,44 --output figure4.pdf\n"
        "  livegloss-cli attention clip.mp4 --what cross-frame --query patch:7,5 --frames 40 --output patch.svg\n"
        "  livegloss-cli attention clip.mp4 --what difference --output clip-attention.mp4\n"
        "  livegloss-cli attention clip.mp4 --what spatial --from 2 --to 6 --output clip-attention.gif\n"
        "  livegloss-cli attention clip.mp4 --what spatial --query aggregation --block 2 --output values.csv\n"
        "  livegloss-cli attention clip.mp4 --what over-time --regions hands.onnx --output curves.pdf");
    command->callback([options] { run(*options); });
}

} // namespace livegloss::cli
