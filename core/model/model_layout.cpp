#include "model/model_layout.h"

#include <array>

namespace livegloss::model {
namespace {

constexpr std::array<ModelPart, 7> allParts{ModelPart::Backbone,    ModelPart::Adapters,   ModelPart::Prefixes,
                                            ModelPart::Aggregation, ModelPart::CrossFrame, ModelPart::FrameFeature,
                                            ModelPart::TemporalHead};

class LayoutBuilder {
public:
    LayoutBuilder(const ModelConfig& config, int adapterWidth) : config_(config), adapterWidth_(adapterWidth) {}

    std::vector<LayoutTensor> build() {
        addVisual();
        for (int layer = 0; layer < config_.layers; ++layer) {
            addBlock(layer);
            if (config_.aggregation) {
                addAggregation(layer);
            }
        }
        addTemporal();
        return std::move(tensors_);
    }

private:
    void add(std::string name, tensorfile::Shape shape, ModelPart part, bool statistic = false) {
        tensors_.push_back({std::move(name), std::move(shape), part, statistic});
    }
    void norm(const std::string& name, int width, ModelPart part) {
        add(name + ".weight", {width}, part);
        add(name + ".bias", {width}, part);
    }
    void linear(const std::string& name, int outputs, int inputs, ModelPart part) {
        add(name + ".weight", {outputs, inputs}, part);
        add(name + ".bias", {outputs}, part);
    }
    void attention(const std::string& name, ModelPart part) {
        const int width = config_.width;
        add(name + ".in_proj_weight", {3 * width, width}, part);
        add(name + ".in_proj_bias", {3 * width}, part);
        linear(name + ".out_proj", width, width, part);
    }

    void addVisual() {
        const int width = config_.width;
        add(visual_ + "class_embedding", {width}, ModelPart::Backbone);
        add(visual_ + "positional_embedding", {config_.tokens(), width}, ModelPart::Backbone);
        add(visual_ + "conv1.weight", {width, 3, config_.patch, config_.patch}, ModelPart::Backbone);
        norm(visual_ + "ln_pre", width, ModelPart::Backbone);
        norm(visual_ + "ln_post", width, ModelPart::FrameFeature);
        add(visual_ + "proj", {width, config_.embedDim}, ModelPart::FrameFeature);
        if (config_.aggregation) {
            norm(visual_ + "ln_post_cls", width, ModelPart::FrameFeature);
            add(visual_ + "ada_weight", {2}, ModelPart::FrameFeature);
            add(transformer_ + "query", {1, 1, width}, ModelPart::Aggregation);
        }
        if (config_.window > 0) {
            add(transformer_ + "temporal_ada_weight", {1}, ModelPart::CrossFrame);
            norm(transformer_ + "taggblocks.ln_1", width, ModelPart::CrossFrame);
        }
    }

    void addBlock(int layer) {
        const int width = config_.width;
        const std::string block = transformer_ + "resblocks." + std::to_string(layer) + ".";
        if (config_.prefix > 0) {
            add(block + "prefix_embedding_k", {config_.prefix, 1, width}, ModelPart::Prefixes);
            add(block + "prefix_embedding_v", {config_.prefix, 1, width}, ModelPart::Prefixes);
        }
        attention(block + "attn", ModelPart::Backbone);
        norm(block + "ln_1", width, ModelPart::Backbone);
        norm(block + "ln_2", width, ModelPart::Backbone);
        linear(block + "mlp.c_fc", 4 * width, width, ModelPart::Backbone);
        linear(block + "mlp.c_proj", width, 4 * width, ModelPart::Backbone);
        for (const char* adapter : {"S_Adapter", "MLP_Adapter"}) {
            if (!config_.adapters) {
                break;
            }
            linear(block + adapter + ".mlp.c_in", adapterWidth_, width, ModelPart::Adapters);
            linear(block + adapter + ".mlp.c_out", width, adapterWidth_, ModelPart::Adapters);
        }
    }

    void addAggregation(int layer) {
        const int width = config_.width;
        const std::string block = transformer_ + "aggblocks." + std::to_string(layer) + ".";
        attention(block + "attn", ModelPart::Aggregation);
        norm(block + "ln_1", width, ModelPart::Aggregation);
        norm(block + "ln_2", width, ModelPart::Aggregation);
        linear(block + "mlp.c_fc", width, width, ModelPart::Aggregation);
        linear(block + "mlp.c_proj", width, width, ModelPart::Aggregation);
    }

    void addTemporal() {
        const int hidden = config_.hidden;
        int inputs = config_.embedDim;
        int place = 0;
        for (const TemporalLayer& layer : temporalLayers(config_.convType)) {
            if (layer.pool) {
                ++place;
                continue;
            }
            const std::string convolution = "conv1d.temporal_conv." + std::to_string(place);
            add(convolution + ".weight", {hidden, inputs, layer.size}, ModelPart::TemporalHead);
            add(convolution + ".bias", {hidden}, ModelPart::TemporalHead);
            const std::string batchNorm = "conv1d.temporal_conv." + std::to_string(place + 1);
            norm(batchNorm, hidden, ModelPart::TemporalHead);
            add(batchNorm + ".running_mean", {hidden}, ModelPart::TemporalHead, true);
            add(batchNorm + ".running_var", {hidden}, ModelPart::TemporalHead, true);
            add(batchNorm + ".num_batches_tracked", {}, ModelPart::TemporalHead, true);
            inputs = hidden;
            place += 3; // convolution, batch norm, ReLU
        }
        add(classifierName, {hidden, config_.classes}, ModelPart::TemporalHead);
        for (int layer = 0; layer < 2; ++layer) {
            for (const char* direction : {"", "_reverse"}) {
                const std::string suffix = "_l" + std::to_string(layer) + direction;
                add("temporal_model.rnn.weight_ih" + suffix, {2 * hidden, hidden}, ModelPart::TemporalHead);
                add("temporal_model.rnn.weight_hh" + suffix, {2 * hidden, hidden / 2}, ModelPart::TemporalHead);
                add("temporal_model.rnn.bias_ih" + suffix, {2 * hidden}, ModelPart::TemporalHead);
                add("temporal_model.rnn.bias_hh" + suffix, {2 * hidden}, ModelPart::TemporalHead);
            }
        }
    }

    const std::string visual_ = "conv2d.visual.";
    const std::string transformer_ = "conv2d.visual.transformer.";
    const ModelConfig& config_;
    int adapterWidth_;
    std::vector<LayoutTensor> tensors_;
};

/// Multiply-accumulates of the temporal head per frame of a long clip.
double headCost(const ModelConfig& config) {
    double perFrame = 0.0;
    double steps = 1.0; // per frame
    double inputs = config.embedDim;
    for (const TemporalLayer& layer : temporalLayers(config.convType)) {
        if (layer.pool) {
            steps /= layer.size;
            continue;
        }
        perFrame += steps * inputs * config.hidden * layer.size;
        inputs = config.hidden;
    }
    const double hidden = config.hidden;
    const double lstmLayer = 2.0 * (2.0 * hidden * hidden + 2.0 * hidden * hidden / 2.0); // both directions
    return perFrame + steps * (2.0 * lstmLayer + hidden * config.classes);
}

} // namespace

std::string_view partName(ModelPart part) {
    switch (part) {
    case ModelPart::Backbone:
        return "Backbone";
    case ModelPart::Adapters:
        return "Adapters";
    case ModelPart::Prefixes:
        return "Prefixes";
    case ModelPart::Aggregation:
        return "Aggregation";
    case ModelPart::CrossFrame:
        return "Cross-frame attention";
    case ModelPart::FrameFeature:
        return "Frame feature";
    case ModelPart::TemporalHead:
        break;
    }
    return "Temporal head";
}

std::vector<LayoutTensor> modelLayout(const ModelConfig& config, int adapterWidth) {
    return LayoutBuilder(config, adapterWidth).build();
}

Result<void> checkModelLayout(const ShapeTable& table, const ModelConfig& config, int adapterWidth) {
    const auto problem = [&table](const std::string& what) {
        return failure(ErrorCode::Unsupported, "'" + table.path.string() + "': " + what,
                       "The file is not a whole model; import its checkpoint again, or download it again.");
    };
    for (const LayoutTensor& tensor : modelLayout(config, adapterWidth)) {
        auto found = table.shapes.find(tensor.name);
        if (found == table.shapes.end() && tensor.name == classifierName) {
            found = table.shapes.find(secondClassifierName);
        }
        if (found == table.shapes.end()) {
            return problem("lacks the tensor '" + tensor.name + "'");
        }
        if (found->second != tensor.shape) {
            return problem("tensor '" + found->first + "' has the shape " + tensorfile::shapeText(found->second) +
                           ", but the model's sizes ask for " + tensorfile::shapeText(tensor.shape));
        }
    }
    return {};
}

bool inBackboneFile(const LayoutTensor& tensor) {
    return tensor.part == ModelPart::Backbone || tensor.name == "conv2d.visual.proj" ||
           tensor.name.starts_with("conv2d.visual.ln_post.");
}

bool trainedByReleasedRule(std::string_view name) {
    constexpr std::array<std::string_view, 6> parts{"ln_post", "ada_weight",       "taggblocks",
                                                    "Adapter", "prefix_embedding", "aggblocks"};
    if (!name.starts_with("conv2d.") || name.ends_with("proj")) {
        return true;
    }
    for (const std::string_view part : parts) {
        if (name.find(part) != std::string_view::npos) {
            return true;
        }
    }
    return false;
}

bool inAbsentModule(const ModelConfig& config, std::string_view name) {
    const auto has = [name](std::string_view part) { return name.find(part) != std::string_view::npos; };
    if (has("_Adapter.")) {
        return !config.adapters;
    }
    if (has("prefix_embedding")) {
        return config.prefix == 0;
    }
    if (has(".temporal_ada_weight") || has(".taggblocks.")) {
        return config.window == 0;
    }
    const bool aggregation = has(".aggblocks.") || has(".ln_post_cls.") || name.ends_with(".ada_weight") ||
                             name.ends_with("transformer.query");
    return aggregation && !config.aggregation;
}

std::vector<PartCost> partCosts(const ModelConfig& config, int adapterWidth) {
    std::vector<PartCost> costs;
    for (const ModelPart part : allParts) {
        costs.push_back({part, 0, 0, 0.0, 0.0});
    }
    const auto cost = [&costs](ModelPart part) -> PartCost& { return costs[static_cast<std::size_t>(part)]; };
    for (const LayoutTensor& tensor : modelLayout(config, adapterWidth)) {
        if (!tensor.statistic) {
            const std::int64_t count = tensorfile::elementCount(tensor.shape);
            cost(tensor.part).parameters += count;
            cost(tensor.part).trained += trainedByReleasedRule(tensor.name) ? count : 0;
        }
    }
    const double width = config.width;
    const double tokens = config.tokens();
    const double patches = config.patches();
    const double prefix = config.prefix;
    const double layers = config.layers;
    const auto set = [&cost](ModelPart part, double asDrawn, double fused) {
        cost(part).multiplicationsAsDrawn = asDrawn;
        cost(part).multiplicationsFused = fused;
    };
    const double block = tokens * 12.0 * width * width + 2.0 * tokens * tokens * width;
    const double backbone = patches * 3.0 * config.patch * config.patch * width + layers * block;
    set(ModelPart::Backbone, backbone, backbone);
    const double adapters = config.adapters ? layers * 4.0 * tokens * width * adapterWidth : 0.0;
    set(ModelPart::Adapters, adapters, adapters);
    const double prefixScores = layers * 2.0 * tokens * prefix * width;
    set(ModelPart::Prefixes, prefixScores + layers * 2.0 * prefix * width * width, prefixScores);
    const double queryAndMlp = 4.0 * width * width; // query and output projections, two layers of the mlp
    const double drawn = queryAndMlp + tokens * 2.0 * width * width + 2.0 * tokens * width;
    const double moved = queryAndMlp + 2.0 * width * width + 2.0 * config.heads * tokens * width;
    set(ModelPart::Aggregation, config.aggregation ? layers * drawn : 0.0, config.aggregation ? layers * moved : 0.0);
    const double frames = config.pastOnly ? config.window / 2 + 1 : config.window;
    const double crossFrame = 2.0 * frames * patches * width;
    set(ModelPart::CrossFrame, crossFrame, crossFrame);
    set(ModelPart::FrameFeature, width * config.embedDim, width * config.embedDim);
    set(ModelPart::TemporalHead, headCost(config), headCost(config));
    return costs;
}

double addedComputation(const std::vector<PartCost>& costs, double PartCost::*kind) {
    double added = 0.0;
    double backbone = 0.0;
    for (const PartCost& cost : costs) {
        const bool module = cost.part == ModelPart::Adapters || cost.part == ModelPart::Prefixes ||
                            cost.part == ModelPart::Aggregation || cost.part == ModelPart::CrossFrame;
        added += module ? cost.*kind : 0.0;
        backbone += cost.part == ModelPart::Backbone ? cost.*kind : 0.0;
    }
    return backbone > 0.0 ? added / backbone : 0.0;
}

int adapterWidthOf(const ShapeTable& table) {
    const auto found = table.shapes.find("conv2d.visual.transformer.resblocks.0.S_Adapter.mlp.c_in.weight");
    const bool usable =
        found != table.shapes.end() && found->second.size() == 2 && found->second[0] >= 1 && found->second[0] <= 65536;
    return usable ? static_cast<int>(found->second[0]) : 0;
}

} // namespace livegloss::model
