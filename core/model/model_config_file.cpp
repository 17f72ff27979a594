#include "base/decimal.h"
#include "metadata_values.h"
#include "model/model_config.h"
#include "model/model_layout.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace livegloss::model {
namespace {

using tensorfile::SafetensorsReader;
using tensorfile::shapeText;

constexpr const char* anotherModelHint = "Choose another model, or download it again.";
const std::string visualPrefix = "conv2d.visual.";
const std::string temporalPrefix = "conv1d.temporal_conv.";

/// Collects sizes from a file; the first problem stays in `error`, later calls then give harmless values.
class ConfigReader {
public:
    explicit ConfigReader(const ShapeTable& table) : table_(table) {}

    Result<ModelConfig> read() {
        readShapes();
        readTemporalShapes();
        if (!error_) {
            readConvType();
        }
        if (!error_) {
            readDescription();
            readVocabulary();
        }
        if (error_) {
            return tl::unexpected(*error_);
        }
        if (auto checked = checkModelConfig(config_); !checked) {
            return failure(ErrorCode::Unsupported, inFile(checked.error().message), anotherModelHint);
        }
        return config_;
    }

    /// Sizes of the image tower only.
    Result<ModelConfig> readBackbone() {
        readTower();
        if (!error_) {
            readDescription();
        }
        if (error_) {
            return tl::unexpected(*error_);
        }
        if (auto checked = checkTowerConfig(config_); !checked) {
            return failure(ErrorCode::Unsupported, inFile(checked.error().message), anotherModelHint);
        }
        return config_;
    }

private:
    std::string inFile(const std::string& text) const {
        std::string message("'");
        message += table_.path.string();
        message += "': ";
        return message + text;
    }
    void fail(ErrorCode code, const std::string& text, std::string hint = anotherModelHint) {
        if (!error_) {
            error_ = Error{code, inFile(text), std::move(hint)};
        }
    }

    /// The shape of a tensor that every model has, with `rank` dimensions; zeros after a failure.
    tensorfile::Shape shapeOf(const std::string& name, std::size_t rank) {
        const tensorfile::Shape* shape = find(name);
        if (shape == nullptr) {
            fail(ErrorCode::Unsupported, "is not an AdaptSign model: it has no tensor '" + name + "'",
                 "Choose a LiveGloss model; other checkpoints have to be imported first.");
            return tensorfile::Shape(rank, 0);
        }
        const bool sane = shape->size() == rank &&
                          std::ranges::all_of(*shape, [](std::int64_t n) { return n >= 0 && n <= 1'000'000; });
        if (!sane) {
            fail(ErrorCode::Unsupported, "tensor '" + name + "' has the shape " + shapeText(*shape) + ", not " +
                                             std::to_string(rank) + " dimensions of a sensible size");
            return tensorfile::Shape(rank, 0);
        }
        return *shape;
    }

    /// A size that a shape gives; where metadata names it too, both have to agree.
    int agreed(const std::string& key, std::int64_t fromShape, const std::string& tensor) {
        if (const auto stated = integerMetadata(key); stated && *stated != fromShape && !error_) {
            std::string source = tensor;
            if (const tensorfile::Shape* shape = find(tensor)) {
                source += " of shape ";
                source += shapeText(*shape);
            }
            fail(ErrorCode::Unreadable, "its metadata says " + key + " = " + std::to_string(*stated) + ", but " +
                                            source + " means " + std::to_string(fromShape));
        }
        return static_cast<int>(fromShape);
    }

    const tensorfile::Shape* find(const std::string& name) const {
        const auto found = table_.shapes.find(name);
        return found == table_.shapes.end() ? nullptr : &found->second;
    }

    const std::string* metadata(const std::string& key) const {
        const auto found = table_.metadata.find(key);
        return found == table_.metadata.end() ? nullptr : &found->second;
    }

    std::optional<int> integerMetadata(const std::string& key) {
        const std::string* text = metadata(key);
        if (text == nullptr) {
            return std::nullopt;
        }
        int value = 0;
        const char* end = text->data() + text->size();
        const auto [stopped, problem] = std::from_chars(text->data(), end, value);
        if (problem != std::errc{} || stopped != end) {
            fail(ErrorCode::Unreadable,
                 "its metadata entry " + key + " = '" + text->substr(0, 40) + "' is not a whole number");
            return std::nullopt;
        }
        return value;
    }

    int countLayers() const {
        int layers = 0;
        while (find(visualPrefix + "transformer.resblocks." + std::to_string(layers) + ".ln_1.weight") != nullptr) {
            ++layers;
        }
        return layers;
    }

    void readShapes() {
        if (isBackboneFile(table_)) {
            fail(ErrorCode::Unsupported, "is a backbone for training, without AdaptSign's parts",
                 "Choose a model that was trained to recognise signs.");
            return;
        }
        readTower();
        config_.window = integerMetadata("window").value_or(5);
        readModules();
        if (config_.prefix > 0) {
            const std::string prefix = visualPrefix + "transformer.resblocks.0.prefix_embedding_k";
            config_.prefix = agreed("prefix", shapeOf(prefix, 3)[0], prefix);
        }
    }

    /// A file that says nothing has all modules, as released checkpoints do.
    void readModules() {
        if (const std::string* list = metadata("modules")) {
            if (const auto applied = applyModuleList(config_, *list); !applied) {
                fail(applied.error().code, applied.error().message, applied.error().hint);
            }
        }
        if (const std::string* direction = metadata("cross_frame_direction")) {
            if (*direction != "both" && *direction != "past") {
                fail(ErrorCode::Unsupported,
                     "its metadata says cross_frame_direction = '" + direction->substr(0, 40) + "', not both or past");
            }
            config_.pastOnly = *direction == "past";
        }
    }

    void readTower() {
        const std::string patchTensor = visualPrefix + "conv1.weight";
        const auto patchShape = shapeOf(patchTensor, 4);
        config_.width = agreed("width", patchShape[0], patchTensor);
        config_.patch = agreed("patch", patchShape[3], patchTensor);
        config_.heads = agreed("heads", config_.width / 64, patchTensor);
        config_.layers = agreed("layers", countLayers(), visualPrefix + "transformer.resblocks");

        const std::string positions = visualPrefix + "positional_embedding";
        const std::int64_t tokens = shapeOf(positions, 2)[0];
        const auto side = static_cast<std::int64_t>(
            std::lround(std::sqrt(static_cast<double>(std::max<std::int64_t>(tokens, 1) - 1))));
        if (!error_ && (side < 1 || side * side + 1 != tokens)) {
            fail(ErrorCode::Unsupported, "tensor '" + positions + "' has " + std::to_string(tokens) +
                                             " rows, not one more than a square number of patches");
        }
        config_.resolution = agreed("resolution", side * config_.patch, positions);
        config_.embedDim = agreed("embed_dim", shapeOf(visualPrefix + "proj", 2)[1], visualPrefix + "proj");
    }

    void readTemporalShapes() {
        const std::string classifier = find(classifierName) != nullptr ? classifierName : secondClassifierName;
        const auto shape = shapeOf(classifier, 2);
        config_.hidden = agreed("hidden", shape[0], classifier);
        config_.classes = agreed("classes", shape[1], classifier);
    }

    /// Place in the sequence of layers -> frames that the convolution there covers.
    std::map<int, int> convolutions() const {
        std::map<int, int> found;
        for (const auto& [name, shape] : table_.shapes) {
            if (!name.starts_with(temporalPrefix) || !name.ends_with(".weight") || shape.size() != 3) {
                continue;
            }
            int place = -1;
            const char* first = name.data() + temporalPrefix.size();
            const char* last = name.data() + name.size() - std::string_view(".weight").size();
            if (const auto parsed = std::from_chars(first, last, place); parsed.ptr == last) {
                found[place] = static_cast<int>(std::min<std::int64_t>(shape[2], 1000));
            }
        }
        return found;
    }

    static std::map<int, int> convolutionsOf(int convType) {
        std::map<int, int> places;
        int place = 0;
        for (const TemporalLayer& layer : temporalLayers(convType)) {
            if (!layer.pool) {
                places[place] = layer.size;
            }
            place += layer.pool ? 1 : 3; // convolution, batch norm, ReLU
        }
        return places;
    }

    void readConvType() {
        const auto present = convolutions();
        std::string description;
        for (const auto& [place, size] : present) {
            description += (description.empty() ? "" : ", ") + temporalPrefix + std::to_string(place) + " over " +
                           std::to_string(size) + " frames";
        }
        if (const auto stated = integerMetadata("conv_type"); stated || error_) {
            if (!error_ && convolutionsOf(*stated) != present) {
                fail(ErrorCode::Unreadable, "its metadata says conv_type = " + std::to_string(*stated) +
                                                ", but its temporal convolutions are " + description);
            }
            config_.convType = stated.value_or(2);
            return;
        }
        for (const int candidate : {2, 0, 1, 3, 4, 5, 6, 7, 8}) {
            if (convolutionsOf(candidate) == present) {
                config_.convType = candidate;
                return;
            }
        }
        fail(ErrorCode::Unsupported, "its temporal convolutions (" + description + ") are not of a known layout");
    }

    void readActivation() {
        const std::string* text = metadata("activation");
        if (text == nullptr) {
            return;
        }
        for (const Activation candidate : {Activation::QuickGelu, Activation::Gelu}) {
            if (*text == activationName(candidate)) {
                config_.activation = candidate;
                return;
            }
        }
        fail(ErrorCode::Unsupported,
             "its metadata says activation = '" + text->substr(0, 40) + "', not quick_gelu or gelu");
    }

    /// Three numbers as a JSON array.
    void readChannels(const std::string& key, std::array<double, 3>& values) {
        const std::string* text = metadata(key);
        if (text == nullptr) {
            return;
        }
        if (const auto numbers = threeNumbers(*text)) {
            values = *numbers;
        } else {
            fail(ErrorCode::Unreadable, "its metadata entry " + key + " is not a JSON array of three numbers");
        }
    }

    void readDescription() {
        if (const std::string* format = metadata("format");
            format != nullptr && *format != modelFormatName && *format != "pt") {
            fail(ErrorCode::Unsupported,
                 "is of format '" + format->substr(0, 40) + "'; this version reads " + std::string(modelFormatName));
        }
        config_.resize =
            integerMetadata("resize").value_or(static_cast<int>(std::lround(config_.resolution * 256.0 / 224.0)));
        if (const std::string* fps = metadata("fps")) {
            if (const auto number = decimalNumber(*fps)) {
                config_.fps = *number;
            } else {
                fail(ErrorCode::Unreadable, "its metadata entry fps = '" + fps->substr(0, 40) + "' is not a number");
            }
        }
        readActivation();
        readChannels("input_mean", config_.normalisation.mean);
        readChannels("input_deviation", config_.normalisation.deviation);
        const auto text = [this](const std::string& key) {
            const std::string* value = metadata(key);
            return value == nullptr ? std::string() : withoutControls(*value);
        };
        config_.name = metadata("name") != nullptr ? text("name") : withoutControls(table_.path.stem().string());
        config_.signLanguage = text("sign_language");
        config_.licence = text("licence");
        config_.card = text("card");
    }

    void readVocabulary() {
        const std::string* text = metadata("vocabulary");
        if (text == nullptr) {
            return;
        }
        const auto classes = static_cast<std::size_t>(config_.classes);
        auto glosses = listOfTexts(*text, mostGlosses);
        if (!glosses) {
            fail(ErrorCode::Unreadable, "its metadata entry vocabulary is not a JSON array of strings");
            return;
        }
        if (glosses->size() != classes && glosses->size() + 1 != classes) {
            fail(ErrorCode::Unreadable, "its vocabulary has " + std::to_string(glosses->size()) +
                                            " glosses, but its classifier " + std::to_string(classes) +
                                            " classes (one of them the blank)");
            return;
        }
        std::ranges::transform(*glosses, glosses->begin(), withoutControls);
        if (!glosses->empty() && glosses->size() == classes) {
            glosses->front().clear();
        } else {
            glosses->insert(glosses->begin(), std::string());
        }
        config_.vocabulary = std::move(*glosses);
    }

    const ShapeTable& table_;
    ModelConfig config_;
    std::optional<Error> error_;
};

} // namespace

ShapeTable shapeTable(const SafetensorsReader& reader) {
    ShapeTable table{reader.path(), {}, reader.metadata()};
    for (const tensorfile::TensorInfo& tensor : reader.tensors()) {
        table.shapes.emplace(tensor.name, tensor.shape);
    }
    return table;
}

Result<ModelConfig> readModelConfig(const ShapeTable& table) {
    return ConfigReader(table).read();
}

bool isBackboneFile(const ShapeTable& table) {
    const auto kind = table.metadata.find("kind");
    return kind != table.metadata.end() && kind->second == backboneKind;
}

Result<ModelConfig> readBackboneConfig(const ShapeTable& table) {
    return ConfigReader(table).readBackbone();
}

Result<ModelConfig> readModelConfig(const SafetensorsReader& reader) {
    return readModelConfig(shapeTable(reader));
}

} // namespace livegloss::model
