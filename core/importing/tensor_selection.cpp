#include "tensor_selection.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace livegloss::importing {
namespace {

using tensorfile::SourceTensor;

constexpr std::string_view backboneMark = "conv2d.visual.conv1.weight";

bool belongsToNetwork(std::string_view name) {
    constexpr std::array<std::string_view, 4> starts{"conv2d.visual.", "conv1d.", "classifier.", "temporal_model."};
    return std::ranges::any_of(starts, [name](std::string_view start) { return name.starts_with(start); });
}

bool belongsToText(std::string_view name) {
    constexpr std::array<std::string_view, 11> starts{
        "transformer.",  "token_embedding", "positional_embedding", "ln_final",       "text_projection", "text.",
        "text_decoder.", "logit_scale",     "logit_bias",           "context_length", "vocab_size"};
    return std::ranges::any_of(starts, [name](std::string_view start) { return name.starts_with(start); });
}

/// `text` with every ".module." shortened to ".".
std::string withoutParallelMarks(std::string_view text) {
    constexpr std::string_view mark = ".module.";
    std::string kept;
    for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark)) {
        kept.append(text.substr(0, at));
        text.remove_prefix(at + mark.size() - 1);
    }
    return kept.append(text);
}

/// The group that holds most tensors of the network.
std::string bestGroup(const tensorfile::TensorSource& source) {
    std::map<std::string, int> counts;
    std::vector<std::string> order;
    for (const SourceTensor& tensor : source.tensors()) {
        if (counts.emplace(tensor.group, 0).second) {
            order.push_back(tensor.group);
        }
        counts[tensor.group] += belongsToNetwork(releasedName(tensor.key)) ? 1 : 0;
    }
    std::string best;
    int most = 0;
    for (const std::string& group : order) {
        if (counts[group] > most) {
            best = group;
            most = counts[group];
        }
    }
    return best;
}

tl::unexpected<Error> nothingFound(const tensorfile::TensorSource& source) {
    std::string message("'");
    message += source.path().string();
    message += "' holds neither AdaptSign nor a CLIP image tower";
    const auto& tensors = source.tensors();
    const auto has = [&tensors](std::string_view part) {
        return std::ranges::any_of(
            tensors, [part](const SourceTensor& tensor) { return tensor.key.find(part) != std::string::npos; });
    };
    if (has("visual.trunk.")) {
        return failure(ErrorCode::Unsupported, message + " of ViT kind (its tower is one of timm's)",
                       "Take a checkpoint whose tower is a plain CLIP vision transformer.");
    }
    if (!tensors.empty()) {
        message += "; its first tensor is '";
        message += tensors.front().name.substr(0, 80);
        message += '\'';
    }
    return failure(ErrorCode::Unsupported, message, "Choose an AdaptSign or CLIP checkpoint.");
}

} // namespace

bool Selection::hasBackbone() const {
    return chosen.contains(backboneMark);
}

bool Selection::hasTrainedParts() const {
    return std::ranges::any_of(chosen, [](const auto& entry) {
        return entry.first.starts_with("conv1d.") || entry.first.find("prefix_embedding") != std::string::npos;
    });
}

std::string releasedName(std::string key) {
    while (key.starts_with("module.") || key.starts_with("model.")) {
        key.erase(0, key.find('.') + 1);
    }
    key = withoutParallelMarks(key);
    if (key.starts_with("visual.")) {
        key.insert(0, "conv2d.");
    }
    return key;
}

Result<Selection> selectTensors(const SourcePtr& source) {
    Selection selection;
    selection.group = bestGroup(*source);
    for (const SourceTensor& tensor : source->tensors()) {
        if (tensor.group != selection.group) {
            ++selection.otherGroups;
            continue;
        }
        const std::string name = releasedName(tensor.key);
        if (name == "input_resolution") {
            selection.fromOpenAi = true;
        } else if (name.find("visual.attn_pool.") != std::string::npos) {
            ++selection.pooler;
        } else if (belongsToText(name)) {
            ++selection.text;
        } else if (!belongsToNetwork(name)) {
            ++selection.unknown;
            selection.anUnknown = tensor.name;
        } else if (const auto [other, added] = selection.chosen.emplace(name, ChosenTensor{source, &tensor}); !added) {
            std::string message("'");
            message += source->path().string();
            for (const std::string& part : {std::string("': '"), other->second.tensor->name, std::string("' and '"),
                                            tensor.name, std::string("' both mean '"), name, std::string("'")}) {
                message += part;
            }
            return failure(ErrorCode::Unreadable, std::move(message), "Choose a checkpoint that holds one model.");
        }
    }
    if (selection.chosen.empty()) {
        return nothingFound(*source);
    }
    return selection;
}

} // namespace livegloss::importing
