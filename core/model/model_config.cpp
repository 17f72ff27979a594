#include "model/model_config.h"

#include "base/decimal.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace livegloss::model {

std::vector<TemporalLayer> temporalLayers(int convType) {
    constexpr TemporalLayer k3{false, 3};
    constexpr TemporalLayer k5{false, 5};
    constexpr TemporalLayer p2{true, 2};
    switch (convType) {
    case 0:
        return {k3};
    case 1:
        return {k5, p2};
    case 2:
        return {k5, p2, k5, p2};
    case 3:
        return {k5, k5, p2};
    case 4:
        return {k5, k5};
    case 5:
    case 9:
        return {k5, p2, k5};
    case 6:
        return {p2, k5, k5};
    case 7:
        return {p2, k5, p2, k5};
    case 8:
        return {p2, p2, k5, k5};
    default:
        return {};
    }
}

TemporalLayout temporalLayout(int convType) {
    TemporalLayout layout{1, 1, 0};
    // The padding follows the released data loader, which scales by the latest pool only, not by the product of all.
    int lastPool = 1;
    for (const TemporalLayer& layer : temporalLayers(convType)) {
        layout.receptiveField += (layer.size - 1) * layout.stride;
        if (layer.pool) {
            lastPool = layer.size;
            layout.stride *= layer.size;
        } else {
            layout.leftPad = layout.leftPad * lastPool + (layer.size - 1) / 2;
        }
    }
    return layout;
}

std::int64_t TemporalLayout::paddedFrames(std::int64_t frames) const {
    const std::int64_t whole = (frames + stride - 1) / stride * stride;
    return std::max<std::int64_t>(whole + 2L * leftPad, receptiveField);
}

int temporalSteps(int convType, int frames) {
    int steps = frames;
    for (const TemporalLayer& layer : temporalLayers(convType)) {
        steps = layer.pool ? steps / layer.size : steps - (layer.size - 1);
        if (steps <= 0) {
            return 0;
        }
    }
    return std::max(steps, 0);
}

namespace {

tl::unexpected<Error> wrongSize(const std::string& what) {
    return failure(ErrorCode::InvalidArgument, "model sizes: " + what);
}

/// A size and the range in which a network of it can still be built and run. The upper ends lie far above every known
/// model; a file that claims more would only ask for memory.
struct Limit {
    const char* name;
    int value;
    int least;
    int most;
};

template <std::size_t count>
Result<void> checkLimits(const Limit (&limits)[count]) {
    for (const Limit& limit : limits) {
        if (limit.value < limit.least || limit.value > limit.most) {
            return wrongSize(std::string(limit.name) + " " + std::to_string(limit.value) + " is not between " +
                             std::to_string(limit.least) + " and " + std::to_string(limit.most));
        }
    }
    return {};
}

} // namespace

Result<void> checkTowerConfig(const ModelConfig& config) {
    if (config.width <= 0 || config.width % 64 != 0) {
        return wrongSize("width " + std::to_string(config.width) + " is not a positive multiple of 64");
    }
    if (config.heads != config.width / 64) {
        return wrongSize("heads " + std::to_string(config.heads) +
                         " is not width / 64 = " + std::to_string(config.width / 64));
    }
    if (config.patch <= 0 || config.resolution < config.patch || config.resolution % config.patch != 0) {
        return wrongSize("resolution " + std::to_string(config.resolution) + " is not a multiple of patch " +
                         std::to_string(config.patch));
    }
    if (config.resize < config.resolution) {
        return wrongSize("resize " + std::to_string(config.resize) + " is smaller than resolution " +
                         std::to_string(config.resolution));
    }
    const Limit limits[] = {
        {"width", config.width, 64, 8192},   {"layers", config.layers, 1, 200},
        {"patch", config.patch, 1, 1024},    {"the number of patches a side", config.gridSide(), 1, 99},
        {"resize", config.resize, 1, 16384}, {"embedDim", config.embedDim, 1, 16384}};
    if (auto checked = checkLimits(limits); !checked) {
        return checked;
    }
    for (std::size_t channel = 0; channel < 3; ++channel) {
        const double deviation = config.normalisation.deviation[channel];
        if (!std::isfinite(config.normalisation.mean[channel]) || !(deviation > 1e-6) || !std::isfinite(deviation)) {
            return wrongSize("the input normalisation has a mean or deviation that is not a sensible number");
        }
    }
    if (!(config.fps > 0.0) || config.fps > 1000.0) {
        return wrongSize("fps " + decimalText(config.fps) + " is not between 0 and 1000");
    }
    return {};
}

Result<void> checkModelConfig(const ModelConfig& config) {
    if (auto checked = checkTowerConfig(config); !checked) {
        return checked;
    }
    if (config.hidden <= 0 || config.hidden % 2 != 0) {
        return wrongSize("hidden " + std::to_string(config.hidden) + " is not a positive even number");
    }
    if (config.window != 0 && (config.window < 1 || config.window % 2 == 0)) {
        return wrongSize("window " + std::to_string(config.window) + " is not 0 or a positive odd number");
    }
    const Limit limits[] = {{"hidden", config.hidden, 2, 16384},
                            {"classes", config.classes, 2, 1'000'000},
                            {"prefix", config.prefix, 0, 1024},
                            {"window", config.window, 0, 999}};
    if (auto checked = checkLimits(limits); !checked) {
        return checked;
    }
    if (temporalLayers(config.convType).empty()) {
        return wrongSize("conv_type " + std::to_string(config.convType) + " is not one of 0 to 9");
    }
    if (!config.vocabulary.empty() && config.vocabulary.size() != static_cast<std::size_t>(config.classes)) {
        return wrongSize("the vocabulary has " + std::to_string(config.vocabulary.size()) + " entries for " +
                         std::to_string(config.classes) + " classes");
    }
    return {};
}

std::string_view activationName(Activation activation) {
    return activation == Activation::Gelu ? "gelu" : "quick_gelu";
}

std::string moduleList(const ModelConfig& config) {
    std::string list;
    const auto add = [&list](bool present, const char* name) {
        if (present) {
            list.append(list.empty() ? "" : " ").append(name);
        }
    };
    add(config.adapters, "adapters");
    add(config.prefix > 0, "prefixes");
    add(config.aggregation, "aggregation");
    add(config.window > 0, "cross-frame");
    return list;
}

Result<void> applyModuleList(ModelConfig& config, std::string_view list) {
    ModelConfig without = config;
    without.adapters = without.aggregation = false;
    without.prefix = without.window = 0;
    std::istringstream words{std::string(list)};
    for (std::string word; words >> word;) {
        if (word == "adapters") {
            without.adapters = true;
        } else if (word == "prefixes") {
            without.prefix = config.prefix;
        } else if (word == "aggregation") {
            without.aggregation = true;
        } else if (word == "cross-frame") {
            without.window = config.window;
        } else {
            return failure(ErrorCode::Unsupported, "has the module '" + word.substr(0, 40) + "', which is not known",
                           "It may need a newer version of LiveGloss.");
        }
    }
    config = std::move(without);
    return {};
}

std::string glossText(const ModelConfig& config, int label) {
    if (label >= 0 && static_cast<std::size_t>(label) < config.vocabulary.size()) {
        return config.vocabulary[static_cast<std::size_t>(label)];
    }
    return std::to_string(label);
}

} // namespace livegloss::model
