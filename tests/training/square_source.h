#pragma once

#include "training/recipe.h"
#include "training/trainer.h"

#include <QString>
#include <cstdint>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace livegloss::test {

using namespace livegloss::training;

/// Signs are coloured squares that stay a while in one of three places.
class SquareSource : public SampleSource {
public:
    /// `clips` 0: an endless supply.
    explicit SquareSource(std::int64_t clips = 0) : clips_(clips) {}

    std::int64_t clipCount(SamplePart part) const override { return part == SamplePart::Train ? clips_ : clips_ / 3; }
    const std::vector<std::string>& glosses() const override { return glosses_; }
    const std::vector<std::vector<std::string>>& captionSlots() const override { return slots_; }

    TrainingClip clip(const ClipQuery& query) const override {
        std::mt19937_64 random(query.number ? static_cast<std::uint64_t>(*query.number) : query.seed);
        TrainingClip clip;
        clip.size = query.size;
        const int signs = 1 + static_cast<int>(random() % 2);
        for (int sign = 0; sign < signs; ++sign) {
            int label = 1 + static_cast<int>(random() % 3);
            while (!clip.labels.empty() && clip.labels.back() == label) {
                label = 1 + static_cast<int>(random() % 3);
            }
            clip.labels.push_back(label);
            for (int frame = 0; frame < 20; ++frame) {
                draw(clip.rgb, query.size, label - 1, label - 1);
                ++clip.frames;
            }
        }
        return clip;
    }

    std::vector<TrainingStill> stillGroup(std::uint64_t seed, SamplePart, int size, int count) const override {
        std::mt19937_64 random(seed);
        const int place = static_cast<int>(random() % 3);
        std::vector<TrainingStill> stills;
        for (int index = 0; index < count; ++index) {
            TrainingStill still;
            still.size = size;
            still.words = {place, index % 3};
            draw(still.rgb, size, place, index % 3);
            stills.push_back(std::move(still));
        }
        return stills;
    }

private:
    static void draw(std::vector<std::uint8_t>& rgb, int size, int place, int colour) {
        const auto start = rgb.size();
        rgb.resize(start + static_cast<std::size_t>(size * size * 3), 60);
        for (int y = size / 3; y < size * 2 / 3; ++y) {
            for (int x = place * size / 3; x < (place + 1) * size / 3; ++x) {
                rgb[start + static_cast<std::size_t>((y * size + x) * 3 + colour)] = 240;
            }
        }
    }
    std::int64_t clips_;
    std::vector<std::string> glosses_{"LEFT", "MIDDLE", "RIGHT"};
    std::vector<std::vector<std::string>> slots_{{"left", "middle", "right"}, {"red", "green", "blue"}};
};

inline const char* const tinyRecipe = R"({
  "name": "tiny", "licence": "Apache-2.0", "seed": 7,
  "model": {"width": 64, "layers": 1, "patch": 16, "resolution": 32, "resize": 36, "embed_dim": 24, "hidden": 24},
  "pretrain": {"steps": 30, "groups": 2, "group_size": 3, "keep_groups": 8, "report_every": 30,
               "rate": {"rate": 2e-3}},
  "head": {"clips": 6, "steps": 30, "batch": 4, "rate": {"rate": 5e-3}},
  "adapt": {"steps": 40, "batch": 2, "keep_clips": 8, "dev_every": 20, "dev_clips": 2, "weight_decay": 0,
            "distill_ramp_steps": 30, "rate": {"rate": 3e-3}}
})";

inline TrainOptions optionsFor(const QString& folder) {
    TrainOptions options;
    options.workFolder = folder.toStdString();
    return options;
}

/// Losses by stage and step; a step logged twice keeps the later line.
inline std::map<std::pair<std::string, int>, double> losses(const QString& folder) {
    std::map<std::pair<std::string, int>, double> values;
    std::ifstream file(folder.toStdString() + "/log.jsonl");
    for (std::string line; std::getline(file, line);) {
        const auto json = nlohmann::json::parse(line);
        for (const char* key : {"words", "loss", "sequence_ctc"}) {
            if (json.contains(key)) {
                values[{json["stage"], json["step"]}] = json[key];
            }
        }
    }
    return values;
}

} // namespace livegloss::test
