#pragma once

#include "base/result.h"
#include "tensorfile/tensor_source.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace livegloss::importing {

using SourcePtr = std::shared_ptr<const tensorfile::TensorSource>;

/// A tensor of the network and where it comes from.
struct ChosenTensor {
    SourcePtr source;
    const tensorfile::SourceTensor* tensor = nullptr;
};
/// By its name in a released checkpoint (`conv2d.visual.proj`).
using ChosenTensors = std::map<std::string, ChosenTensor, std::less<>>;

/// What of a checkpoint belongs to the network.
struct Selection {
    ChosenTensors chosen;
    std::string group;       ///< of the checkpoint that was taken ("model_state_dict"); may be empty
    int text = 0;            ///< tensors left out: of CLIP's text side
    int pooler = 0;          ///< of CoCa's attentional pooler
    int otherGroups = 0;     ///< of other groups: optimiser, scheduler, ...
    int unknown = 0;         ///< anything else
    std::string anUnknown;   ///< one of these
    bool fromOpenAi = false; ///< holds the facts that only OpenAI's own archives carry

    bool hasBackbone() const;
    bool hasTrainedParts() const;
};

/// The name that a released checkpoint gives to `key`: without marks of data-parallel training, with `conv2d.` before
/// CLIP's own names.
std::string releasedName(std::string key);

/// Chooses the group with the network and names its tensors. Errors: none belongs to the network (timm's layout is
/// named); two tensors get the same name.
Result<Selection> selectTensors(const SourcePtr& source);

} // namespace livegloss::importing
