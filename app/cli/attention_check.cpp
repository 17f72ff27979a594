#include "attention/clip_walk.h"
#include "attention/truth_score.h"
#include "attention/view.h"
#include "commands.h"
#include "recognition_inputs.h"
#include "report_output.h"
#include "synth_clips.h"
#include "terminal.h"
#include "vision/preprocess.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

namespace livegloss::cli {

namespace {

using engine::AttentionPath;
using engine::AttentionSource;

struct Options {
    std::string model;
    std::string split = "test";
    int clips = 20;
    std::uint64_t seed = 1;
    int size = 320;
    bool json = false;
};

/// Mean over clips with its standard error: frames of one clip are not independent.
class ClipMean {
public:
    void add(double value) {
        sum_ += value;
        squares_ += value * value;
        ++count_;
    }
    double mean() const { return count_ > 0 ? sum_ / count_ : 0.0; }
    double error() const {
        if (count_ < 2) {
            return 0.0;
        }
        const double variance = (squares_ - sum_ * sum_ / count_) / (count_ - 1);
        return std::sqrt(std::max(0.0, variance) / count_);
    }

private:
    double sum_ = 0.0;
    double squares_ = 0.0;
    int count_ = 0;
};

/// One kind of attention over all clips. Sums hold one clip's frames until closeClip().
struct Row {
    std::string name;
    engine::SpatialRequest request;
    ClipMean hands{}, face{}, both{}, pointing{}, pointingPatch{}, offPatches{};
    double sums[6] = {};

    void add(const attention::RegionScore& score, const engine::SpatialMap& map) {
        sums[0] += score.hands;
        sums[1] += score.face;
        sums[2] += score.hands + score.face;
        sums[3] += score.pointing ? 1.0 : 0.0;
        sums[4] += score.pointingPatch ? 1.0 : 0.0;
        sums[5] += static_cast<double>(map.classShare) + static_cast<double>(map.prefixShare);
    }
    void closeClip(int frames) {
        ClipMean* const means[6] = {&hands, &face, &both, &pointing, &pointingPatch, &offPatches};
        for (int i = 0; i < 6; ++i) {
            means[i]->add(sums[i] / std::max(1, frames));
            sums[i] = 0.0;
        }
    }
};

struct Report {
    std::vector<Row> rows;
    ClipMean area, pointingArea;
    std::int64_t frames = 0;
};

std::vector<Row> wantedRows(const model::ModelConfig& config) {
    std::vector<Row> rows;
    for (int block = 0; block < config.layers; ++block) {
        const std::string suffix = ", block " + std::to_string(block + 1);
        rows.push_back({"frozen class token" + suffix, {AttentionPath::Frozen, AttentionSource::ClassToken, block}});
        rows.push_back({"adapted class token" + suffix, {AttentionPath::Adapted, AttentionSource::ClassToken, block}});
        rows.push_back(
            {"aggregation query" + suffix, {AttentionPath::Adapted, AttentionSource::AggregationQuery, block}});
    }
    return rows;
}

void scoreFrame(const attention::AttendedFrame& frame, const synth::Clip& clip, const model::ModelConfig& config,
                Report& report, double& area, double& pointingArea) {
    synth::RenderedFrame truth;
    clip.render(static_cast<int>(frame.frame->index), truth, true);
    const attention::RegionMasks masks{truth.size, truth.handMask, truth.faceMask};
    const vision::Region visible = vision::visibleRegion(config.resize, config.resolution);
    for (std::size_t i = 0; i < report.rows.size(); ++i) {
        attention::Layer layer;
        layer.rows = frame.result.rows;
        layer.columns = frame.result.columns;
        layer.values = frame.result.spatial[i].weights;
        const attention::RegionScore score = scoreLayer(layer, masks, visible);
        report.rows[i].add(score, frame.result.spatial[i]);
        if (i == 0) {
            area += score.area;
            pointingArea += score.pointingArea;
        }
    }
}

void checkClip(const synth::Clip& clip, double fps, const engine::LoadedModelPtr& model, Report& report) {
    engine::AttentionRequest request;
    for (const Row& row : report.rows) {
        request.spatial.push_back(row.request);
    }
    attention::ClipWalk walk(model, request);
    int frames = 0;
    double area = 0.0;
    double pointingArea = 0.0;
    const auto score = [&](Result<std::vector<attention::AttendedFrame>> attended) {
        for (const attention::AttendedFrame& frame : valueOrFail(std::move(attended))) {
            scoreFrame(frame, clip, model->config(), report, area, pointingArea);
            ++frames;
        }
    };
    valueOrFail(drawFrames(clip, fps, [&](const FramePtr& frame) -> Result<void> {
        if (interrupted()) {
            return failure(ErrorCode::Cancelled, "stopped before the last clip");
        }
        score(walk.push(frame));
        return {};
    }));
    score(walk.finish());
    for (Row& row : report.rows) {
        row.closeClip(frames);
    }
    report.area.add(area / std::max(1, frames));
    report.pointingArea.add(pointingArea / std::max(1, frames));
    report.frames += frames;
}

nlohmann::ordered_json percentJson(const ClipMean& mean) {
    return {{"percent", mean.mean() * 100.0}, {"standard_error", mean.error() * 100.0}};
}

void print(const Report& report, const Options& options) {
    if (options.json) {
        nlohmann::ordered_json json{{"model", options.model},
                                    {"split", options.split},
                                    {"seed", options.seed},
                                    {"clips", options.clips},
                                    {"frames", report.frames}};
        json["hands_and_face_area"] = percentJson(report.area);
        json["patch_middles_on_hands_and_face"] = percentJson(report.pointingArea);
        for (const Row& row : report.rows) {
            json["attention"].push_back({{"of", row.name},
                                         {"hands", percentJson(row.hands)},
                                         {"face", percentJson(row.face)},
                                         {"hands_and_face", percentJson(row.both)},
                                         {"pointing", percentJson(row.pointing)},
                                         {"pointing_patch", percentJson(row.pointingPatch)},
                                         {"class_token_and_prefixes", percentJson(row.offPatches)}});
        }
        std::printf("%s\n", jsonText(json).c_str());
        return;
    }
    const auto cell = [](const ClipMean& mean) {
        char text[32];
        std::snprintf(text, sizeof text, "%5.1f +-%4.1f", mean.mean() * 100.0, mean.error() * 100.0);
        return std::string(text);
    };
    std::printf("%d clips of split %s (seed %llu), %lld frames; percent, mean over clips +- standard error\n\n",
                options.clips, options.split.c_str(), static_cast<unsigned long long>(options.seed),
                static_cast<long long>(report.frames));
    std::printf("%-30s %-13s %-13s %-13s %-13s %-13s %s\n", "attention of", "hands", "face", "hands+face", "pointing",
                "touching", "class+prefix");
    for (const Row& row : report.rows) {
        std::printf("%-30s %-13s %-13s %-13s %-13s %-13s %s\n", row.name.c_str(), cell(row.hands).c_str(),
                    cell(row.face).c_str(), cell(row.both).c_str(), cell(row.pointing).c_str(),
                    cell(row.pointingPatch).c_str(), cell(row.offPatches).c_str());
    }
    std::printf("\nLooking everywhere alike: %s on hands and face; pointing anywhere: %s.\n", cell(report.area).c_str(),
                cell(report.pointingArea).c_str());
}

void run(Options options) {
    catchInterrupts();
    const engine::LoadedModelPtr model = openModel(options.model);
    Report report;
    report.rows = wantedRows(model->config());
    ProgressBar bar("Checking");
    for (int number = 0; number < options.clips; ++number) {
        bar.update(static_cast<double>(number) / options.clips,
                   "clip " + std::to_string(number + 1) + " of " + std::to_string(options.clips));
        synth::ClipRequest request = synthRequest(options.split, options.seed, number);
        request.size = options.size;
        checkClip(*synth::makeClip(request), request.fps, model, report);
    }
    bar.clear();
    print(report, options);
}

} // namespace

void addAttentionCheckCommand(CLI::App& app) {
    CLI::App* command = app.add_subcommand(
        "attention-check", "Measure how much of the attention falls on hands and face, on clips with exact truth.");
    auto options = std::make_shared<Options>();
    command->add_option("--model", options->model, "model file (.safetensors); the bundled demo model if not given");
    command->add_option("--split", options->split, "train, dev or test: signers and backgrounds differ")
        ->check(CLI::IsMember({"train", "dev", "test"}))
        ->capture_default_str();
    command->add_option("--clips", options->clips, "clips of the synthetic signer")
        ->check(CLI::Range(1, 100000))
        ->capture_default_str();
    command->add_option("--seed", options->seed, "the same seed gives the same clips")->capture_default_str();
    command->add_flag("--json", options->json, "JSON instead of a table");
    command->footer(
        "hands, face: share of the attention on patches, by the area of each patch that they cover (a face behind a\n"
        "hand is hand). pointing: the middle of the strongest patch lies on a hand or the face. touching: some of\n"
        "that patch does. class+prefix: attention on the class token and the prefixes, not part of the shares.\n\n"
        "Example:\n"
        "  livegloss-cli attention-check --clips 50");
    command->callback([options] { run(*options); });
}

} // namespace livegloss::cli
