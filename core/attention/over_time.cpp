#include "attention/over_time.h"

#include "base/decimal.h"
#include "vision/preprocess.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace livegloss::attention {

namespace {

const Layer* findLayer(const std::vector<Layer>& layers, LayerKind kind) {
    const auto found = std::ranges::find_if(layers, [kind](const Layer& layer) { return layer.kind == kind; });
    return found != layers.end() ? &*found : nullptr;
}

std::vector<Layer> acrossFrames(const std::vector<Layer>& layers) {
    std::vector<Layer> across;
    std::ranges::copy_if(layers, std::back_inserter(across),
                         [](const Layer& layer) { return layer.kind == LayerKind::CrossFrame; });
    return across;
}

void addWeightsAcross(const std::vector<Layer>& layers, const Frame& frame, const model::ModelConfig& config,
                      Moment& moment) {
    const vision::Region visible = vision::visibleRegion(config.resize, config.resolution);
    const double aspect = static_cast<double>(frame.width) / std::max(1, frame.height);
    for (const Layer& layer : layers) {
        if (layer.offset == 0) {
            moment.centre = centreOf(layer, visible);
        }
    }
    moment.motion = motionOf(layers, visible, aspect, config.fps);
}

/// Adds the shares of hands and face where `finder` finds them.
Result<void> addShares(RegionFinder& finder, const Frame& frame, const vision::Region& visible, Moment& moment) {
    auto regions = finder.find(frame, visible, moment.layer.rows, moment.layer.columns);
    if (!regions) {
        return tl::unexpected(std::move(regions.error()));
    }
    if (regions->hands) {
        moment.hands = static_cast<float>(shareOn(moment.layer.values, *regions->hands));
    }
    if (regions->face) {
        moment.face = static_cast<float>(shareOn(moment.layer.values, *regions->face));
    }
    moment.partMissing = (finder.findsHands() && !moment.hands) || (finder.findsFace() && !moment.face);
    return {};
}

std::string cell(const std::optional<float>& value) {
    return value ? decimalText(static_cast<double>(*value)) : std::string();
}

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : text) {
        result += c == '"' ? std::string("\"\"") : std::string(1, c == '\n' || c == '\r' ? ' ' : c);
    }
    return result + "\"";
}

} // namespace

View measuredView(const View& view) {
    View measured = view;
    measured.shown = view.shown == Shown::Frozen ? Shown::Frozen : Shown::Adapted;
    if (view.shown == Shown::CrossFrame) {
        measured.block = engine::lastBlock;
        measured.head = engine::meanOfHeads;
    }
    return measured;
}

std::optional<float> entropyOf(std::span<const float> values) {
    double mass = 0.0;
    for (const float value : values) {
        mass += static_cast<double>(value);
    }
    if (mass <= 0.0 || values.size() < 2) {
        return std::nullopt;
    }
    double entropy = 0.0;
    for (const float value : values) {
        const double share = static_cast<double>(value) / mass;
        entropy -= share > 0.0 ? share * std::log(share) : 0.0;
    }
    return static_cast<float>(entropy / std::log(static_cast<double>(values.size())));
}

std::optional<PicturePoint> centreOf(const Layer& layer, const vision::Region& visible) {
    double mass = 0.0;
    double x = 0.0;
    double y = 0.0;
    for (std::size_t i = 0; i < layer.values.size(); ++i) {
        const double weight = std::max(0.0, static_cast<double>(layer.values[i]));
        mass += weight;
        x += weight * (static_cast<double>(i % static_cast<std::size_t>(layer.columns)) + 0.5);
        y += weight * (static_cast<double>(i / static_cast<std::size_t>(layer.columns)) + 0.5);
    }
    if (mass <= 0.0) {
        return std::nullopt;
    }
    return PicturePoint{visible.left + visible.width * x / mass / layer.columns,
                        visible.top + visible.height * y / mass / layer.rows};
}

std::optional<float> motionOf(const std::vector<Layer>& neighbours, const vision::Region& visible, double aspect,
                              double fps) {
    std::optional<PicturePoint> last;
    int firstOffset = 0;
    int lastOffset = 0;
    double path = 0.0;
    for (const Layer& layer : neighbours) {
        const auto centre =
            layer.neighbour == engine::Neighbour::Frame ? centreOf(layer, visible) : std::optional<PicturePoint>();
        if (!centre) {
            continue;
        }
        if (last) {
            path += std::hypot((centre->x - last->x) * aspect, centre->y - last->y);
        } else {
            firstOffset = layer.offset;
        }
        lastOffset = layer.offset;
        last = centre;
    }
    if (lastOffset <= firstOffset) {
        return std::nullopt;
    }
    return static_cast<float>(path * fps / (lastOffset - firstOffset));
}

Moment momentOf(const std::vector<Layer>& layers, const Frame& frame, const model::ModelConfig& config) {
    Moment moment;
    moment.time = frame.time;
    moment.frameIndex = frame.index;
    const Layer* spatial = findLayer(layers, LayerKind::Adapted);
    spatial = spatial != nullptr ? spatial : findLayer(layers, LayerKind::Frozen);
    if (spatial != nullptr) {
        moment.layer = *spatial;
        moment.entropy = entropyOf(spatial->values);
    }
    if (const std::vector<Layer> across = acrossFrames(layers); !across.empty()) {
        addWeightsAcross(across, frame, config, moment);
    }
    return moment;
}

bool addTo(Moment& known, const Moment& more) {
    const bool spatial = !known.entropy && more.entropy;
    const bool across = !known.centre && more.centre;
    if (spatial) {
        known.layer = more.layer;
        known.entropy = more.entropy;
    }
    if (across) {
        known.motion = more.motion;
        known.centre = more.centre;
    }
    return spatial || across;
}

Result<std::vector<Moment>> measureClip(const OverTimeJob& job) {
    auto finder = openRegionFinder(job.regions, job.input);
    if (!finder) {
        return tl::unexpected(std::move(finder.error()));
    }
    const model::ModelConfig& config = job.model->config();
    const View spatial = fitted(measuredView(job.view), config);
    View across = job.view;
    across.shown = Shown::CrossFrame;
    across = fitted(across, config);
    engine::AttentionRequest request = requestFor(spatial);
    if (config.window > 0) {
        request.crossFrame = requestFor(across).crossFrame;
    }
    const vision::Region visible = vision::visibleRegion(config.resize, config.resolution);
    std::vector<Moment> moments;
    std::optional<Error> problem;
    FramePtr last;
    const auto measure = [&](const AttendedFrame& attended) {
        if (attended.frame == last) {
            return true; // a video slower than the model: the network got this frame again
        }
        last = attended.frame;
        std::vector<Layer> layers = layersOf(spatial, attended.result);
        if (request.crossFrame) {
            std::ranges::move(layersOf(across, attended.result), std::back_inserter(layers));
        }
        Moment moment = momentOf(layers, *attended.frame, config);
        if (auto added = *finder ? addShares(**finder, *attended.frame, visible, moment) : Result<void>{}; !added) {
            problem = std::move(added.error());
            return false;
        }
        moments.push_back(std::move(moment));
        return true;
    };
    const auto walked =
        walkVideo({media::SourceKind::File, job.input.string()}, job.model, request, job.options, measure);
    if (problem) {
        return tl::unexpected(std::move(*problem));
    }
    if (!walked) {
        return tl::unexpected(walked.error());
    }
    return moments;
}

std::vector<std::optional<float>> sharesOn(const std::vector<Moment>& moments, const vision::Region& box,
                                           const vision::Region& visible) {
    std::vector<std::optional<float>> shares;
    shares.reserve(moments.size());
    PatchCover cover;
    for (const Moment& moment : moments) {
        if (moment.layer.values.empty()) {
            shares.emplace_back();
            continue;
        }
        if (cover.size() != moment.layer.values.size()) {
            cover = coverOfBox(box, visible, moment.layer.rows, moment.layer.columns);
        }
        shares.emplace_back(static_cast<float>(shareOn(moment.layer.values, cover)));
    }
    return shares;
}

std::optional<float> elsewhereOf(const Moment& moment, const std::optional<float>& own) {
    if (moment.partMissing) {
        return std::nullopt;
    }
    if (moment.hands || moment.face) {
        return 1.0F - moment.hands.value_or(0.0F) - moment.face.value_or(0.0F);
    }
    return own ? std::optional(1.0F - *own) : std::nullopt;
}

std::string overTimeCsv(const std::vector<Moment>& moments, const std::vector<std::optional<float>>& own,
                        const std::vector<GlossBand>& glosses, const std::map<std::string, std::string>& settings) {
    std::string csv;
    for (const auto& [key, value] : settings) {
        csv += "# " + key + ": " + quoted(value) + "\n";
    }
    csv += "frame,time_s,hands,face,own_region,elsewhere,entropy,motion,centre_x,centre_y,gloss\n";
    for (std::size_t i = 0; i < moments.size(); ++i) {
        const Moment& moment = moments[i];
        const std::optional<float> ownShare = i < own.size() ? own[i] : std::nullopt;
        csv += moment.frameIndex == unknownFrame ? std::string() : std::to_string(moment.frameIndex);
        csv += ',' + decimalText(toSeconds(moment.time));
        for (const std::optional<float>& value :
             {moment.hands, moment.face, ownShare, elsewhereOf(moment, ownShare), moment.entropy, moment.motion}) {
            csv += ',' + cell(value);
        }
        csv += ',' + (moment.centre ? decimalText(moment.centre->x) : std::string());
        csv += ',' + (moment.centre ? decimalText(moment.centre->y) : std::string());
        const auto gloss = std::ranges::find_if(
            glosses, [&moment](const GlossBand& band) { return band.start <= moment.time && moment.time < band.end; });
        csv += ',' + (gloss != glosses.end() ? quoted(gloss->text) : std::string()) + '\n';
    }
    return csv;
}

} // namespace livegloss::attention
