#include "model/quantisation.h"

#include "metadata_values.h"
#include "tensorfile/safetensors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

namespace livegloss::model {
namespace {

using json = nlohmann::ordered_json;

constexpr std::array<const char*, 8> layerNames{"query_key_value", "attention_out", "spatial_in", "spatial_out",
                                                "expand",          "contract",      "mlp_in",     "mlp_out"};
constexpr std::size_t longestText = std::size_t{8} << 20;
constexpr std::size_t mostClips = 10'000;
constexpr std::size_t mostChannels = 100'000;
constexpr int largestStep = 240; // of a channel: 2^60
/// What the numbers of a file stand for.
const std::string method = "steps of each row, scaled channels";

tl::unexpected<Error> unusable(const std::string& what) {
    return failure(ErrorCode::Unsupported, "its int8 scales cannot be used: " + what,
                   "Make new ones with livegloss-cli quantize.");
}

/// A number that a WER or a count may be.
bool isNumber(const json& value) {
    return value.is_number() && std::isfinite(value.get<double>()) && std::abs(value.get<double>()) < 1e30;
}

Result<LayerScales> scalesOf(const std::string& name, const json& value) {
    if (!value.is_object()) {
        return unusable("those of '" + name + "' are none");
    }
    LayerScales scales;
    const auto keep = value.find("keep_f32");
    scales.keepF32 = keep != value.end() && keep->is_boolean() && keep->get<bool>();
    const auto channels = value.find("channels");
    if (channels == value.end()) {
        return scales;
    }
    const auto fits = [](const json& step) {
        return step.is_number_integer() && std::abs(step.get<double>()) <= largestStep;
    };
    if (!channels->is_array() || channels->size() > mostChannels || !std::ranges::all_of(*channels, fits)) {
        return unusable("the channels of '" + name + "' are none");
    }
    scales.channels = channels->get<std::vector<int>>();
    return scales;
}

Result<std::optional<QuantisationCheck>> checkOf(const json& all) {
    const auto found = all.find("check");
    if (found == all.end() || found->is_null()) {
        return std::nullopt;
    }
    const json& value = *found;
    const bool fits = value.is_object() && value.contains("data") && value["data"].is_string() &&
                      value.contains("clips") && value["clips"].is_number_unsigned() &&
                      value["clips"].get<std::uint64_t>() < 100'000'000 && value.contains("baseline") &&
                      value["baseline"].is_string() && value.contains("baseline_wer") &&
                      isNumber(value["baseline_wer"]) && value.contains("int8_wer") && isNumber(value["int8_wer"]);
    if (!fits) {
        return unusable("the check is incomplete");
    }
    return QuantisationCheck{withoutControls(value["data"].get<std::string>()), value["clips"].get<int>(),
                             withoutControls(value["baseline"].get<std::string>()), value["baseline_wer"].get<double>(),
                             value["int8_wer"].get<double>()};
}

Result<std::optional<Quantisation>> parse(const json& all, const ModelConfig& config) {
    const bool fits = all.is_object() && all.contains("layers") && all["layers"].is_object() &&
                      all.contains("frames") && isNumber(all["frames"]) && all.contains("levels") &&
                      isNumber(all["levels"]) && all.contains("feature_error") && isNumber(all["feature_error"]);
    if (!fits) {
        return unusable("they are incomplete");
    }
    Quantisation result;
    result.frames = static_cast<int>(std::clamp(all["frames"].get<double>(), 0.0, 1e9));
    result.levels = static_cast<int>(std::clamp(all["levels"].get<double>(), 0.0, 255.0));
    result.featureError = all["feature_error"].get<double>();
    if (const auto clips = all.find("clips"); clips != all.end() && clips->is_array()) {
        for (const json& clip : *clips) {
            if (clip.is_string() && result.clips.size() < mostClips) {
                result.clips.push_back(withoutControls(clip.get<std::string>()));
            }
        }
    }
    const std::vector<std::string> names = quantisableLayers(config);
    const json& layers = all["layers"];
    for (const std::string& name : names) {
        if (!layers.contains(name)) {
            return unusable("there is none for the layer '" + name + "' of this model");
        }
        auto scales = scalesOf(name, layers[name]);
        if (!scales) {
            return tl::unexpected(scales.error());
        }
        result.layers.emplace(name, std::move(*scales));
    }
    if (layers.size() != names.size()) {
        return unusable("they are of a model with " + std::to_string(layers.size()) + " layers, this one has " +
                        std::to_string(names.size()));
    }
    auto check = checkOf(all);
    if (!check) {
        return tl::unexpected(check.error());
    }
    // What another way of rounding was found to cost says nothing about this one.
    if (const auto found = all.find("method"); found != all.end() && *found == method) {
        result.check = std::move(*check);
    }
    return result;
}

/// F16 stays F16, other floating point becomes F32, integers I64: as models are written.
Result<void> copyTensor(const tensorfile::SafetensorsReader& reader, const tensorfile::TensorInfo& tensor,
                        tensorfile::SafetensorsWriter& writer) {
    using tensorfile::DataType;
    const bool floats = tensor.type == DataType::F16 || tensor.type == DataType::BF16 || tensor.type == DataType::F32 ||
                        tensor.type == DataType::F64;
    if (!floats) {
        const auto values = reader.readIntegers(tensor.name);
        if (!values) {
            return tl::unexpected<Error>(values.error());
        }
        writer.addIntegers(tensor.name, tensor.shape, *values);
        return {};
    }
    const auto values = reader.readFloats(tensor.name);
    if (!values) {
        return tl::unexpected<Error>(values.error());
    }
    writer.addFloats(tensor.name, tensor.shape, *values, tensor.type == DataType::F16 ? DataType::F16 : DataType::F32);
    return {};
}

} // namespace

std::vector<float> channelScales(const LayerScales& layer) {
    std::vector<float> scales;
    for (const int step : layer.channels) {
        scales.push_back(static_cast<float>(std::exp2(0.25 * step)));
    }
    return scales;
}

int channelStep(double scale) {
    const double step = scale > 0.0 ? std::nearbyint(4.0 * std::log2(scale)) : -largestStep;
    return static_cast<int>(std::clamp<double>(step, -largestStep, largestStep));
}

std::vector<std::string> quantisableLayers(const ModelConfig& config) {
    std::vector<std::string> names;
    for (int block = 0; block < config.layers; ++block) {
        for (const char* layer : layerNames) {
            std::string name = "blocks.";
            names.push_back(name.append(std::to_string(block)).append(".").append(layer));
        }
    }
    return names;
}

std::string quantisationText(const Quantisation& quantisation) {
    json layers = json::object();
    for (const auto& [name, scales] : quantisation.layers) {
        layers[name] = {{"channels", scales.channels}};
        if (scales.keepF32) {
            layers[name]["keep_f32"] = true;
        }
    }
    json all{{"method", method},
             {"levels", quantisation.levels},
             {"frames", quantisation.frames},
             {"clips", quantisation.clips},
             {"feature_error", quantisation.featureError},
             {"layers", layers}};
    if (const auto& check = quantisation.check) {
        all["check"] = {{"data", check->data},         {"clips", check->clips},
                        {"baseline", check->baseline}, {"baseline_wer", check->baselineWer},
                        {"int8_wer", check->int8Wer},  {"difference", check->difference()},
                        {"passed", check->passed()}};
    }
    // A file's name need not be UTF-8.
    return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<std::optional<Quantisation>> readQuantisation(const tensorfile::Metadata& metadata,
                                                     const ModelConfig& config) try {
    const auto found = metadata.find(quantisationKey);
    if (found == metadata.end()) {
        return std::nullopt;
    }
    if (found->second.size() > longestText) {
        return unusable("they are longer than any model's");
    }
    const json all = json::parse(found->second, nullptr, false);
    return all.is_discarded() ? unusable("they are no JSON") : parse(all, config);
} catch (const json::exception& error) {
    return unusable(error.what());
}

Result<void> writeQuantised(const std::filesystem::path& from, const std::filesystem::path& to,
                            const Quantisation& quantisation) {
    const auto reader = tensorfile::SafetensorsReader::open(from);
    if (!reader) {
        return tl::unexpected<Error>(reader.error());
    }
    tensorfile::SafetensorsWriter writer;
    for (const auto& [key, value] : reader->metadata()) {
        writer.setMetadata(key, value);
    }
    writer.setMetadata(quantisationKey, quantisationText(quantisation));
    for (const tensorfile::TensorInfo& tensor : reader->tensors()) {
        if (auto copied = copyTensor(*reader, tensor, writer); !copied) {
            return copied;
        }
    }
    return writer.save(to);
}

} // namespace livegloss::model
