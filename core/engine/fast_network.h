#pragma once

#include "kernels/linear.h"
#include "kernels/row_kernels.h"
#include "model/model_config.h"

#include "fast_head.h"

#include <memory>
#include <vector>

namespace livegloss::engine {

using LinearPtr = std::unique_ptr<const kernels::Linear>;

/// The weights of PreparedBlock, packed. What belongs together there stays apart here, so that the same block also runs
/// without its adapters and prefixes, as the plain CLIP.
struct FastBlock {
    LinearPtr queryKeyValue, attentionOut, spatialIn, spatialOut;
    LinearPtr expand, contract, mlpIn, mlpOut;
    std::vector<float> prefixKeys;   ///< [h, 64, K]
    std::vector<float> prefixValues; ///< [h, K, 64]

    std::vector<float> gatherGain, gatherOffset; ///< [D]
    LinearPtr gatherQuery, gatherOut, gatherExpand, gatherContract;
    std::vector<LinearPtr> gatherKey;   ///< per head: [64, D]
    std::vector<LinearPtr> gatherValue; ///< per head: [D, 64]
};

/// The encoder up to the cross-frame step and the temporal head, without LibTorch. Immutable: any number of FastBlocks
/// may run it.
struct FastNetwork {
    model::ModelConfig config;
    kernels::Element element = kernels::Element::F32; ///< of what the large layers read
    kernels::InstructionSet instructions = kernels::InstructionSet::Portable;

    LinearPtr patch;                       ///< [3 p p, D], adds to the position
    std::vector<float> firstRow;           ///< [D]
    std::vector<float> patchPosition;      ///< [P, D]
    std::vector<float> preGain, preOffset; ///< of ln_pre
    std::vector<float> query;              ///< [D]
    std::vector<FastBlock> blocks;
    FastHeadNetwork head;

    std::size_t bytes() const; ///< of packed weights
};

} // namespace livegloss::engine
