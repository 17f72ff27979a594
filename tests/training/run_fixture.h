#pragma once

#include "square_source.h"
#include "tensorfile/safetensors.h"

namespace livegloss::test {

using namespace livegloss::training;

/// Two epochs of adaptation and nothing else.
inline nlohmann::json smallRecipe() {
    auto json = nlohmann::json::parse(tinyRecipe);
    json["pretrain"]["steps"] = 0;
    json["head"]["clips"] = 0;
    json["adapt"] = {{"epochs", 2}, {"batch", 2}, {"weight_decay", 0}, {"rate", {{"rate", 3e-3}}}};
    return json;
}

inline TrainOutcome finished(const nlohmann::json& json, const SampleSource& source, const QString& folder) {
    const auto recipe = parseRecipe(json.dump(), "here");
    if (!recipe) {
        qFatal("%s", recipe.error().message.c_str());
    }
    const auto outcome = train(*recipe, source, optionsFor(folder));
    if (!outcome) {
        qFatal("%s", outcome.error().message.c_str());
    }
    return *outcome;
}

inline tensorfile::SafetensorsReader modelIn(const QString& folder) {
    return tensorfile::SafetensorsReader::open(folder.toStdString() + "/model.safetensors").value();
}

/// One clip has more signs than CTC can place in its frames.
class ImpossibleClip final : public SquareSource {
public:
    explicit ImpossibleClip(int clips = 9, std::int64_t impossible = 4)
        : SquareSource(clips), impossible_(impossible) {}
    TrainingClip clip(const ClipQuery& query) const override {
        TrainingClip clip = SquareSource::clip(query);
        if (query.part == SamplePart::Train && query.number == impossible_) {
            clip.labels.assign(60, 1);
        }
        return clip;
    }

private:
    std::int64_t impossible_;
};

/// Figures that the log holds of a stage's steps.
inline std::map<int, double> logged(const QString& folder, const std::string& stage, const char* figure) {
    std::map<int, double> values;
    std::ifstream file(folder.toStdString() + "/log.jsonl");
    for (std::string line; std::getline(file, line);) {
        const auto json = nlohmann::json::parse(line);
        if (json["stage"] == stage && json.contains(figure)) {
            values[json["step"]] = json[figure];
        }
    }
    return values;
}

} // namespace livegloss::test
