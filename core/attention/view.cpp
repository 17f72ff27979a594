#include "attention/view.h"

#include <algorithm>

namespace livegloss::attention {

namespace {

using engine::AttentionPath;
using engine::AttentionSource;

Layer layerOf(LayerKind kind, const engine::AttentionResult& result, const engine::SpatialMap& map) {
    Layer layer;
    layer.kind = kind;
    layer.rows = result.rows;
    layer.columns = result.columns;
    layer.values = map.weights;
    layer.classShare = map.classShare;
    layer.prefixShare = map.prefixShare;
    return layer;
}

Layer difference(const Layer& adapted, const Layer& frozen) {
    Layer layer = adapted;
    layer.kind = LayerKind::Difference;
    std::transform(adapted.values.begin(), adapted.values.end(), frozen.values.begin(), layer.values.begin(),
                   [](float a, float b) { return a - b; });
    layer.classShare -= frozen.classShare;
    layer.prefixShare -= frozen.prefixShare;
    return layer;
}

std::vector<Layer> crossFrameLayers(const engine::AttentionResult& result) {
    std::vector<Layer> layers;
    for (const engine::NeighbourMap& neighbour : result.crossFrame->neighbours) {
        Layer layer;
        layer.kind = LayerKind::CrossFrame;
        layer.offset = neighbour.offset;
        layer.neighbour = neighbour.kind;
        layer.rows = result.rows;
        layer.columns = result.columns;
        layer.values = neighbour.weights;
        layers.push_back(std::move(layer));
    }
    return layers;
}

bool needsFrozen(Shown shown) {
    return shown == Shown::Frozen || shown == Shown::SideBySide || shown == Shown::Difference;
}

} // namespace

View fitted(View view, const model::ModelConfig& config) {
    view.block = view.block < config.layers ? std::max(view.block, engine::lastBlock) : engine::lastBlock;
    view.head = view.head < config.heads ? std::max(view.head, engine::meanOfHeads) : engine::meanOfHeads;
    view.patch = std::clamp(view.patch, 0, config.patches() - 1);
    if (view.shown == Shown::CrossFrame && config.window == 0) {
        view.shown = Shown::Adapted;
    }
    const bool hasQuery = view.shown == Shown::Adapted && config.aggregation;
    if (!hasQuery && view.source == AttentionSource::AggregationQuery) {
        view.source = AttentionSource::ClassToken;
    }
    return view;
}

engine::AttentionRequest requestFor(const View& view) {
    engine::AttentionRequest request;
    if (view.shown == Shown::CrossFrame) {
        request.crossFrame = engine::CrossFrameRequest{view.source == AttentionSource::Patch, view.patch};
        return request;
    }
    const int patch = view.source == AttentionSource::Patch ? view.patch : 0;
    if (view.shown != Shown::Frozen) {
        request.spatial.push_back({AttentionPath::Adapted, view.source, view.block, view.head, patch});
    }
    if (needsFrozen(view.shown)) {
        request.spatial.push_back({AttentionPath::Frozen, view.source, view.block, view.head, patch});
    }
    return request;
}

std::vector<Layer> layersOf(const View& view, const engine::AttentionResult& result) {
    if (view.shown == Shown::CrossFrame) {
        return result.crossFrame ? crossFrameLayers(result) : std::vector<Layer>{};
    }
    if (result.spatial.size() != requestFor(view).spatial.size()) {
        return {};
    }
    switch (view.shown) {
    case Shown::Frozen:
        return {layerOf(LayerKind::Frozen, result, result.spatial[0])};
    case Shown::SideBySide:
        return {layerOf(LayerKind::Frozen, result, result.spatial[1]),
                layerOf(LayerKind::Adapted, result, result.spatial[0])};
    case Shown::Difference:
        return {difference(layerOf(LayerKind::Adapted, result, result.spatial[0]),
                           layerOf(LayerKind::Frozen, result, result.spatial[1]))};
    default:
        return {layerOf(LayerKind::Adapted, result, result.spatial[0])};
    }
}

Layer crossFrameOverlay(const std::vector<Layer>& neighbours) {
    Layer overlay;
    int used = 0;
    for (const Layer& layer : neighbours) {
        if (overlay.values.empty()) {
            overlay = layer;
            overlay.offset = 0;
            overlay.neighbour = engine::Neighbour::Frame;
            std::fill(overlay.values.begin(), overlay.values.end(), 0.0F);
        }
        if (layer.neighbour == engine::Neighbour::Frame) {
            ++used;
            std::transform(layer.values.begin(), layer.values.end(), overlay.values.begin(), overlay.values.begin(),
                           [](float value, float sum) { return sum + value; });
        }
    }
    for (float& value : overlay.values) {
        value /= static_cast<float>(std::max(1, used));
    }
    return overlay;
}

std::string layerName(const Layer& layer) {
    switch (layer.kind) {
    case LayerKind::Adapted:
        return "adapted";
    case LayerKind::Frozen:
        return "frozen";
    case LayerKind::Difference:
        return "difference";
    case LayerKind::CrossFrame:
        break;
    }
    return "cross-frame";
}

std::string describe(const View& view, const model::ModelConfig& config) {
    std::string source = "class token";
    if (view.source == AttentionSource::AggregationQuery) {
        source = "aggregation query";
    } else if (view.source == AttentionSource::Patch) {
        source = "patch (";
        source += std::to_string(view.patch / config.gridSide() + 1);
        source += ", ";
        source += std::to_string(view.patch % config.gridSide() + 1);
        source += ")";
    }
    if (view.shown == Shown::CrossFrame) {
        return "from the " + source;
    }
    std::string text = "block ";
    text += std::to_string(view.block == engine::lastBlock ? config.layers : view.block + 1);
    text += " of " + std::to_string(config.layers);
    if (view.head == engine::meanOfHeads) {
        text += ", mean of " + std::to_string(config.heads) + " heads";
    } else {
        text += ", head " + std::to_string(view.head + 1) + " of " + std::to_string(config.heads);
    }
    return text + ", from the " + source;
}

} // namespace livegloss::attention
