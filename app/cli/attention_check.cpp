#include "attention/clip_walk.h"
#include "attention/regions.h"
#include "attention/truth_score.h"
#include "attention/view.h"
#include "commands.h"
#include "recognition_inputs.h"
#include "report_output.h"
#include "synth_clips.h"
#include "terminal.h"
#include "vision/preprocess.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

namespace livegloss::cli {

namespace {

using engine::AttentionPath;
using engine::AttentionSource;

struct CheckCommandOptions {
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

/// What is measured of each kind of attention, frame by frame.
enum Measure { Hands, Face, Both, Pointing, Touching, OffPatches, OfAll, BusyHand, InSigns, BetweenSigns, kMeasures };

/// One kind of attention over all clips. Sums hold one clip's frames until closeClip().
struct CheckedRow {
    std::string name;
    engine::SpatialRequest request;
    std::array<ClipMean, kMeasures> means{};
    std::array<std::optional<double>, kMeasures> clip{}; ///< of the last clip that was closed
    std::array<double, kMeasures> sums{};
    std::array<int, kMeasures> counts{};
    std::array<double, 2> eachHand{}; ///< right and left; the one that moves more is told when the clip is over

    void add(Measure measure, double value) {
        sums[measure] += value;
        ++counts[measure];
    }
    void add(const attention::RegionScore& score, const engine::SpatialMap& map, bool inSign) {
        const double both = score.hands + score.face;
        const double off = static_cast<double>(map.classShare) + static_cast<double>(map.prefixShare);
        add(Hands, score.hands);
        add(Face, score.face);
        add(Both, both);
        add(Pointing, score.pointing ? 1.0 : 0.0);
        add(Touching, score.pointingPatch ? 1.0 : 0.0);
        add(OffPatches, off);
        add(OfAll, both * (1.0 - off));
        add(inSign ? InSigns : BetweenSigns, both);
    }
    void closeClip(int frames, std::size_t busyHand) {
        sums[BusyHand] = eachHand[busyHand];
        counts[BusyHand] = frames;
        for (int measure = 0; measure < kMeasures; ++measure) {
            const auto place = static_cast<std::size_t>(measure);
            clip[place].reset();
            if (counts[place] > 0) {
                clip[place] = sums[place] / counts[place];
                means[place].add(*clip[place]);
            }
        }
        sums = {};
        counts = {};
        eachHand = {};
    }
};

struct Report {
    std::vector<CheckedRow> rows;
    /// Of each block: adapted less frozen, clip by clip.
    std::vector<std::array<ClipMean, kMeasures>> gains;
    ClipMean area, pointingArea, busyArea;
    std::int64_t frames = 0;
};

/// Where one of the signer's hands is, and how far it went so far.
class HandPath {
public:
    void follow(const std::vector<std::uint8_t>& mask, std::uint8_t label, int size) {
        double x = 0.0;
        double y = 0.0;
        int pixels = 0;
        for (std::size_t i = 0; i < mask.size(); ++i) {
            if (mask[i] == label) {
                x += static_cast<double>(i % static_cast<std::size_t>(size));
                y += static_cast<double>(i / static_cast<std::size_t>(size));
                ++pixels;
            }
        }
        if (pixels == 0) {
            return;
        }
        if (known_) {
            length_ += std::hypot(x / pixels - x_, y / pixels - y_);
        }
        x_ = x / pixels;
        y_ = y / pixels;
        known_ = true;
    }
    double length() const { return length_; }

private:
    bool known_ = false;
    double x_ = 0.0, y_ = 0.0, length_ = 0.0;
};

constexpr std::size_t kRowsOfBlock = 3;

std::vector<CheckedRow> wantedRows(const model::ModelConfig& config) {
    std::vector<CheckedRow> rows;
    for (int block = 0; block < config.layers; ++block) {
        const std::string suffix = ", block " + std::to_string(block + 1);
        rows.push_back({"frozen class token" + suffix, {AttentionPath::Frozen, AttentionSource::ClassToken, block}});
        rows.push_back({"adapted class token" + suffix, {AttentionPath::Adapted, AttentionSource::ClassToken, block}});
        rows.push_back(
            {"aggregation query" + suffix, {AttentionPath::Adapted, AttentionSource::AggregationQuery, block}});
    }
    return rows;
}

/// One clip while it goes through the network.
class ClipCheck {
public:
    ClipCheck(const synth::Clip& clip, const model::ModelConfig& config, Report& report)
        : clip_(clip), config_(config), report_(report) {}

    void score(const attention::AttendedFrame& frame) {
        const int index = static_cast<int>(frame.frame->index);
        clip_.render(index, truth_, true);
        const attention::RegionMasks masks{truth_.size, truth_.handMask, truth_.faceMask};
        const vision::Region visible = vision::visibleRegion(config_.resize, config_.resolution);
        std::array<attention::PatchCover, 2> hands;
        for (std::uint8_t label = 1; label <= 2; ++label) {
            paths_[label - 1U].follow(truth_.handMask, label, truth_.size);
            one_.resize(truth_.handMask.size());
            std::ranges::transform(truth_.handMask, one_.begin(),
                                   [label](std::uint8_t at) { return static_cast<std::uint8_t>(at == label ? 1 : 0); });
            hands[label - 1U] = attention::coverOfMask(one_, truth_.size, truth_.size, visible, frame.result.rows,
                                                       frame.result.columns);
            const double covered = std::accumulate(hands[label - 1U].begin(), hands[label - 1U].end(), 0.0);
            handAreas_[label - 1U] += covered / static_cast<double>(hands[label - 1U].size());
        }
        const bool inSign = std::ranges::any_of(clip_.spans(), [index](const synth::SignSpan& span) {
            return index >= span.firstFrame && index <= span.lastFrame;
        });
        for (std::size_t i = 0; i < report_.rows.size(); ++i) {
            attention::Layer layer;
            layer.rows = frame.result.rows;
            layer.columns = frame.result.columns;
            layer.values = frame.result.spatial[i].weights;
            const attention::RegionScore score = scoreLayer(layer, masks, visible);
            CheckedRow& row = report_.rows[i];
            row.add(score, frame.result.spatial[i], inSign);
            for (std::size_t hand = 0; hand < hands.size(); ++hand) {
                row.eachHand[hand] += attention::shareOn(layer.values, hands[hand]);
            }
            if (i == 0) {
                area_ += score.area;
                pointingArea_ += score.pointingArea;
            }
        }
        ++frames_;
    }

    void close() {
        const std::size_t busy = paths_[0].length() >= paths_[1].length() ? 0 : 1;
        for (CheckedRow& row : report_.rows) {
            row.closeClip(frames_, busy);
        }
        for (std::size_t block = 0; block < report_.gains.size(); ++block) {
            const CheckedRow& frozen = report_.rows[block * kRowsOfBlock];
            const CheckedRow& adapted = report_.rows[block * kRowsOfBlock + 1];
            for (std::size_t measure = 0; measure < kMeasures; ++measure) {
                if (frozen.clip[measure] && adapted.clip[measure]) {
                    report_.gains[block][measure].add(*adapted.clip[measure] - *frozen.clip[measure]);
                }
            }
        }
        const double frames = std::max(1, frames_);
        report_.area.add(area_ / frames);
        report_.pointingArea.add(pointingArea_ / frames);
        report_.busyArea.add(handAreas_[busy] / frames);
        report_.frames += frames_;
    }

private:
    const synth::Clip& clip_;
    const model::ModelConfig& config_;
    Report& report_;
    synth::RenderedFrame truth_;
    std::vector<std::uint8_t> one_; ///< the mask of one hand
    std::array<HandPath, 2> paths_;
    std::array<double, 2> handAreas_{};
    int frames_ = 0;
    double area_ = 0.0;
    double pointingArea_ = 0.0;
};

void checkClip(const synth::Clip& clip, double fps, const engine::LoadedModelPtr& model, Report& report) {
    engine::AttentionRequest request;
    for (const CheckedRow& row : report.rows) {
        request.spatial.push_back(row.request);
    }
    attention::ClipWalk walk(model, request);
    ClipCheck check(clip, model->config(), report);
    const auto score = [&check](Result<std::vector<attention::AttendedFrame>> attended) {
        for (const attention::AttendedFrame& frame : valueOrFail(std::move(attended))) {
            check.score(frame);
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
    check.close();
}

nlohmann::ordered_json percentJson(const ClipMean& mean) {
    return {{"percent", mean.mean() * 100.0}, {"standard_error", mean.error() * 100.0}};
}

constexpr std::array<const char*, kMeasures> kKeys{"hands",
                                                   "face",
                                                   "hands_and_face",
                                                   "pointing",
                                                   "pointing_patch",
                                                   "class_token_and_prefixes",
                                                   "hands_and_face_of_all",
                                                   "busier_hand",
                                                   "hands_and_face_in_signs",
                                                   "hands_and_face_between_signs"};

nlohmann::ordered_json measuresJson(const std::array<ClipMean, kMeasures>& means) {
    nlohmann::ordered_json json;
    for (std::size_t measure = 0; measure < kMeasures; ++measure) {
        json[kKeys[measure]] = percentJson(means[measure]);
    }
    return json;
}

void printJson(const Report& report, const CheckCommandOptions& options) {
    nlohmann::ordered_json json{{"model", options.model},
                                {"split", options.split},
                                {"seed", options.seed},
                                {"clips", options.clips},
                                {"frames", report.frames}};
    json["hands_and_face_area"] = percentJson(report.area);
    json["patch_middles_on_hands_and_face"] = percentJson(report.pointingArea);
    json["busier_hand_area"] = percentJson(report.busyArea);
    for (const CheckedRow& row : report.rows) {
        nlohmann::ordered_json entry{{"of", row.name}};
        entry.update(measuresJson(row.means));
        json["attention"].push_back(entry);
    }
    for (std::size_t block = 0; block < report.gains.size(); ++block) {
        nlohmann::ordered_json entry{{"block", block + 1}};
        entry.update(measuresJson(report.gains[block]));
        json["adapted_less_frozen"].push_back(entry);
    }
    std::printf("%s\n", jsonText(json).c_str());
}

void printTable(const char* heading, const std::vector<Measure>& columns, const std::vector<const char*>& names,
                const std::vector<std::pair<std::string, const std::array<ClipMean, kMeasures>*>>& rows) {
    std::printf("%-30s", heading);
    for (const char* name : names) {
        std::printf(" %-13s", name);
    }
    std::printf("\n");
    for (const auto& [name, means] : rows) {
        std::printf("%-30s", name.c_str());
        for (const Measure measure : columns) {
            const ClipMean& mean = (*means)[measure];
            std::printf(" %5.1f +-%4.1f ", mean.mean() * 100.0, mean.error() * 100.0);
        }
        std::printf("\n");
    }
    std::printf("\n");
}

void print(const Report& report, const CheckCommandOptions& options) {
    if (options.json) {
        printJson(report, options);
        return;
    }
    std::printf("%d clips of split %s (seed %llu), %lld frames; percent, mean over clips +- standard error\n\n",
                options.clips, options.split.c_str(), static_cast<unsigned long long>(options.seed),
                static_cast<long long>(report.frames));
    std::vector<std::pair<std::string, const std::array<ClipMean, kMeasures>*>> rows;
    for (const CheckedRow& row : report.rows) {
        rows.emplace_back(row.name, &row.means);
    }
    std::vector<std::pair<std::string, const std::array<ClipMean, kMeasures>*>> gains;
    for (std::size_t block = 0; block < report.gains.size(); ++block) {
        gains.emplace_back("block " + std::to_string(block + 1), &report.gains[block]);
    }
    const std::vector<Measure> first{Hands, Face, Both, Pointing, Touching, OffPatches};
    const std::vector<const char*> firstNames{"hands", "face", "hands+face", "pointing", "touching", "class+prefix"};
    const std::vector<Measure> second{Both, OfAll, InSigns, BetweenSigns, BusyHand};
    const std::vector<const char*> secondNames{"hands+face", "of all", "in signs", "between", "busier hand"};
    printTable("attention of", first, firstNames, rows);
    printTable("attention of", second, secondNames, rows);
    printTable("adapted less frozen", first, firstNames, gains);
    printTable("adapted less frozen", second, secondNames, gains);
    std::printf("Looking everywhere alike: %.1f +-%4.1f on hands and face, %.1f on the busier hand; pointing anywhere: "
                "%.1f.\n",
                report.area.mean() * 100.0, report.area.error() * 100.0, report.busyArea.mean() * 100.0,
                report.pointingArea.mean() * 100.0);
}

void run(CheckCommandOptions options) {
    catchInterrupts();
    const engine::LoadedModelPtr model = openModel(options.model);
    Report report;
    report.rows = wantedRows(model->config());
    report.gains.resize(static_cast<std::size_t>(model->config().layers));
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
    auto options = std::make_shared<CheckCommandOptions>();
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
        "that patch does. class+prefix: attention on the class token and the prefixes, not part of the shares.\n"
        "of all: hands and face of all attention, class token and prefixes included. in signs, between: frames inside\n"
        "and outside the signs proper. busier hand: the hand that moves more over the clip. adapted less frozen:\n"
        "clip by clip, so that its standard error is that of the difference.\n\n"
        "Example:\n"
        "  livegloss-cli attention-check --clips 50");
    command->callback([options] { run(*options); });
}

} // namespace livegloss::cli
