#pragma once

#include "base/result.h"
#include "model/model_config.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace livegloss::model {

/// How one large layer of the encoder runs in 8 bits.
struct LayerScales {
    /// For each channel of what it reads: that is divided, and its weights are multiplied, by 2^(n/4). Empty: by 1.
    std::vector<int> channels;
    bool keepF32 = false; ///< its results in 8 bits were too far off
};
std::vector<float> channelScales(const LayerScales& layer);
/// The nearest n within what a file may hold.
int channelStep(double scale);

/// Word error rates of the same model on the same clips, with and without 8 bits.
struct QuantisationCheck {
    std::string data; ///< which clips
    int clips = 0;
    std::string baseline = "f32"; ///< precision of the first
    double baselineWer = 0.0;     ///< per cent
    double int8Wer = 0.0;

    double difference() const { return int8Wer - baselineWer; }
    /// At most half a point more than without.
    bool passed() const { return clips > 0 && difference() <= 0.5; }
};

/// What a model file says about running in 8 bits. The weights stay what they are; their scales follow from them.
struct Quantisation {
    int levels = 0; ///< largest number a source value became, where the figures below were taken: 255 or 127
    int frames = 0; ///< of the calibration
    std::vector<std::string> clips;
    double featureError = 0.0; ///< relative L2 of the frame features of the calibration clips, to f32
    std::map<std::string, LayerScales, std::less<>> layers;
    std::optional<QuantisationCheck> check;
};

/// The layers that can run in 8 bits: "blocks.0.query_key_value" and so on, eight for each block.
std::vector<std::string> quantisableLayers(const ModelConfig& config);

/// The metadata entry that holds it, as JSON.
inline const std::string quantisationKey = "int8";
std::string quantisationText(const Quantisation& quantisation);
/// Nothing where the file has none. Unsupported where it has scales of another architecture, or what is no scale.
Result<std::optional<Quantisation>> readQuantisation(const tensorfile::Metadata& metadata, const ModelConfig& config);

/// Copies the model file `from` to `to` with these scales and everything else that it holds.
Result<void> writeQuantised(const std::filesystem::path& from, const std::filesystem::path& to,
                            const Quantisation& quantisation);

} // namespace livegloss::model
