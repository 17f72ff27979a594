#include "base/new_file.h"
#include "commands.h"
#include "decimal_range.h"
#include "evaluation/stm_ctm.h"
#include "media/video_writer.h"
#include "synth_clips.h"
#include "terminal.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

namespace livegloss::cli {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kDefaultSize = 320;
constexpr int kDefaultCrf = 20;

struct SynthOptions {
    std::string folder;
    std::string split = "train";
    int clips = 10;
    std::uint64_t seed = 1;
    int size = kDefaultSize;
    double fps = 25.0;
    int crf = kDefaultCrf;
    bool masks = false;
};

tl::unexpected<Error> writeFailure(const fs::path& path, const std::string& reason) {
    return failure(ErrorCode::WriteFailed, "cannot write " + path.string() + ": " + reason,
                   "Check that the folder can be written to and has room.");
}

class ClipFolder {
public:
    explicit ClipFolder(const SynthOptions& options)
        : options_(options), root_(options.folder), clips_(root_ / options.split) {}

    /// Makes what is missing, then the truth of all clips.
    void fill() {
        std::error_code problem;
        fs::create_directories(clips_, problem);
        if (problem) {
            throw CommandFailure{writeFailure(clips_, problem.message()).value()};
        }
        json list = json::array();
        std::vector<evaluation::StmSegment> references;
        for (int number = 0; number < options_.clips; ++number) {
            const std::unique_ptr<synth::Clip> clip = synth::makeClip(request(number));
            if (!clip) {
                throw CommandFailure{{ErrorCode::InvalidArgument, "no clip of this size or rate can be made",
                                      "Use a size from 96 to 1024 and a rate from 1 to 240."}};
            }
            const std::string id = clipId(number);
            bar_.update(static_cast<double>(number) / options_.clips,
                        std::to_string(number) + " of " + std::to_string(options_.clips) + " clips");
            list.push_back(describe(*clip, id, number));
            references.push_back(reference(*clip, id));
            if (auto made = makeFiles(*clip, id); !made) {
                std::fputc('\n', stderr); // the line of progress stays
                throw CommandFailure{std::move(made.error())};
            }
        }
        bar_.clear();
        std::fprintf(stderr, "%s: %d clips in %s\n", options_.split.c_str(), options_.clips,
                     printable(clips_.string()).c_str());
        valueOrFail(evaluation::writeStm(root_ / (options_.split + ".stm"), references));
        const json truth{{"split", options_.split},
                         {"seed", options_.seed},
                         {"size", options_.size},
                         {"fps", options_.fps},
                         {"glosses", synth::lexiconGlosses()},
                         {"clips", list}};
        valueOrFail(writeNewFile(root_ / (options_.split + ".json"), truth.dump(1) + "\n"));
    }

private:
    synth::ClipRequest request(int number) const {
        synth::ClipRequest request = synthRequest(options_.split, options_.seed, number);
        request.size = options_.size;
        request.fps = options_.fps;
        return request;
    }

    /// Says all that decides the clip's picture, so that an existing file of this name can be kept.
    std::string clipId(int number) const {
        std::string text = synthClipId(options_.split, options_.seed, number);
        if (options_.size != kDefaultSize) {
            text += "-" + std::to_string(options_.size) + "px";
        }
        if (options_.fps != 25.0) {
            text += "-" + json(options_.fps).dump() + "fps";
        }
        if (options_.crf != kDefaultCrf) {
            text += "-crf" + std::to_string(options_.crf);
        }
        return text;
    }

    json describe(const synth::Clip& clip, const std::string& id, int number) const {
        json spans = json::array();
        for (const synth::SignSpan& span : clip.spans()) {
            spans.push_back({{"label", span.label},
                             {"gloss", span.gloss},
                             {"firstFrame", span.firstFrame},
                             {"lastFrame", span.lastFrame},
                             {"start_s", span.firstFrame / options_.fps},
                             {"end_s", (span.lastFrame + 1) / options_.fps}});
        }
        return {{"file", options_.split + "/" + id + ".mp4"},
                {"id", id},
                {"signer", clip.signerName()},
                {"seed", request(number).seed},
                {"frames", clip.frames()},
                {"fps", options_.fps},
                {"spans", spans}};
    }

    evaluation::StmSegment reference(const synth::Clip& clip, const std::string& id) const {
        evaluation::StmSegment segment;
        segment.file = id;
        segment.speaker = clip.signerName();
        segment.endSeconds = clip.frames() / options_.fps;
        for (const synth::SignSpan& span : clip.spans()) {
            segment.words.push_back(span.gloss);
        }
        return segment;
    }

    Result<void> makeFiles(const synth::Clip& clip, const std::string& id) const {
        const fs::path video = clips_ / (id + ".mp4");
        const fs::path truth = clips_ / (id + ".truth.json");
        const bool wantsVideo = !fs::exists(video);
        const bool wantsTruth = options_.masks && !fs::exists(truth);
        if (!wantsVideo && !wantsTruth) {
            return {};
        }
        std::unique_ptr<media::VideoWriter> writer;
        if (wantsVideo) {
            auto created = media::createVideo(
                video, {.width = options_.size, .height = options_.size, .fps = options_.fps, .crf = options_.crf});
            if (!created) {
                return tl::unexpected(created.error());
            }
            writer = std::move(*created);
        }
        json frames = json::array();
        synth::RenderedFrame picture;
        for (int frame = 0; frame < clip.frames(); ++frame) {
            if (interrupted()) {
                return failure(ErrorCode::Cancelled, "stopped; " + clips_.string() + " holds what was made by then",
                               "The same command goes on from there.");
            }
            clip.render(frame, picture, wantsTruth);
            if (wantsVideo) {
                if (auto written = writer->write(picture.rgb.data()); !written) {
                    return written;
                }
            }
            if (wantsTruth) {
                frames.push_back(frameTruth(picture));
            }
        }
        if (wantsTruth) {
            const json text{{"width", options_.size}, {"height", options_.size}, {"frames", frames}};
            if (auto written = writeNewFile(truth, text.dump() + "\n"); !written) {
                return written;
            }
        }
        return wantsVideo ? writer->close() : Result<void>();
    }

    /// Row by row, the lengths of runs outside and inside the mask in turn, the first outside.
    static json runLengths(const std::vector<std::uint8_t>& mask, std::uint8_t value) {
        json runs = json::array();
        bool inside = false;
        std::size_t start = 0;
        for (std::size_t i = 0; i <= mask.size(); ++i) {
            if (i == mask.size() || (mask[i] == value) != inside) {
                runs.push_back(i - start);
                start = i;
                inside = !inside;
            }
        }
        return runs;
    }

    static json frameTruth(const synth::RenderedFrame& picture) {
        json keypoints = json::object();
        for (const synth::Keypoint& point : picture.keypoints) {
            // Tenths of a pixel; the third entry tells whether the point lies inside the picture.
            keypoints[point.name] = {std::round(point.x * 10.0) / 10.0, std::round(point.y * 10.0) / 10.0,
                                     point.visible ? 1 : 0};
        }
        return {{"right_hand", runLengths(picture.handMask, 1)},
                {"left_hand", runLengths(picture.handMask, 2)},
                {"face", runLengths(picture.faceMask, 1)},
                {"keypoints", keypoints}};
    }

    const SynthOptions& options_;
    fs::path root_;
    fs::path clips_;
    ProgressBar bar_{"Drawing"};
};

} // namespace

void addSynthCommand(CLI::App& app) {
    CLI::App* command = app.add_subcommand(
        "synth", "Make clips of the synthetic signer, with exact references: who signs what, and when.");
    auto options = std::make_shared<SynthOptions>();
    command->add_option("--out", options->folder, "folder for the clips; made where it is missing")->required();
    command->add_option("--split", options->split, "train, dev or test: no signer is in two of them")
        ->check(CLI::IsMember({"train", "dev", "test"}))
        ->capture_default_str();
    command->add_option("--clips", options->clips, "how many")->check(CLI::Range(1, 99999))->capture_default_str();
    command->add_option("--seed", options->seed, "same seed, same clips")->capture_default_str();
    command->add_option("--size", options->size, "side of the picture in pixels, an even number")
        ->check(CLI::Range(96, 1024))
        ->capture_default_str();
    command->add_option("--fps", options->fps, "frames per second")
        ->check(decimalRange(5.0, 120.0))
        ->capture_default_str();
    command
        ->add_option("--crf", options->crf,
                     "compression, 0 (none) to 51; changes the pictures only, and the clips' names")
        ->check(CLI::Range(0, 51))
        ->capture_default_str();
    command->add_flag("--masks", options->masks, "also write hand and face masks and keypoints of every frame");
    command->footer("Writes DIR/SPLIT/ID.mp4, DIR/SPLIT.stm (references for scoring) and DIR/SPLIT.json (signer and\n"
                    "spans of every clip). Masks go to DIR/SPLIT/ID.truth.json as run lengths, row by row, outside\n"
                    "first. Clips that are there already are kept, so an interrupted run can be taken up again.\n"
                    "The signs are invented and belong to no sign language.\n\n"
                    "Examples:\n"
                    "  livegloss-cli synth --out data --split test --clips 200 --seed 1\n"
                    "  livegloss-cli evaluate --model models/demo.safetensors --data data --split test\n"
                    "  livegloss-cli synth --out look --clips 3 --size 512 --masks");
    command->callback([options] {
        if (options->size % 2 != 0) {
            throw CommandFailure{{ErrorCode::InvalidArgument, "--size must be even for H.264 video",
                                  "Use " + std::to_string(options->size + 1) + "."}};
        }
        catchInterrupts();
        ClipFolder(*options).fill();
    });
}

} // namespace livegloss::cli
