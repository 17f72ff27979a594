#pragma once

#include "engine/loaded_model.h"
#include "model/adapt_sign.h"

#include <memory>
#include <torch/torch.h>
#include <vector>

namespace livegloss::engine {

/// Weights of one block and its aggregation block, rearranged for inference with the same results up to rounding:
/// - the gain and offset of a layer norm that feeds only linear layers are folded into these;
/// - QuickGELU(z) = silu(1.702 z) / 1.702, with both factors folded into the layers around it (GELU stays as it is);
/// - an adapter's output layer and the layer whose result it is added to are one matrix over joined columns;
/// - prefix keys and values are constants.
/// D width, A adapter width, h heads of 64, K prefixes. Matrices are [inputs, outputs].
struct PreparedBlock {
    torch::Tensor queryKeyValue, queryKeyValueBias;   ///< [D, 3 D] on the bare norm; query scaled by 1 / 8
    torch::Tensor prefixKeys;                         ///< [h, 64, K]
    torch::Tensor prefixValues;                       ///< [h, K, 64]
    torch::Tensor spatialAdapter, spatialAdapterBias; ///< [D, A]
    torch::Tensor attentionOut, attentionOutBias;     ///< [D + A, D]: heads, then the spatial adapter
    torch::Tensor spatialAdapterOutBias;              ///< [D]: the adapter's part of attentionOutBias
    torch::Tensor expand, expandBias;                 ///< [D, 4 D] on the bare norm
    torch::Tensor mlpAdapter, mlpAdapterBias;         ///< [D, A]
    torch::Tensor contract, contractBias;             ///< [4 D + A, D]: mlp, then its adapter
    torch::Tensor mlpAdapterOutBias;                  ///< [D]: the adapter's part of contractBias

    torch::Tensor gatherNormGain, gatherNormOffset; ///< of the aggregation's first norm, for its query token
    torch::Tensor gatherQuery, gatherQueryBias;     ///< [D, D], scaled by 1 / 8
    torch::Tensor gatherKey;                        ///< [h, 64, D]: takes a head's query to the tokens' bare norm
    torch::Tensor gatherValue, gatherValueBias;     ///< [h, D, 64], [h, 1, 64]
    torch::Tensor gatherOut, gatherOutBias;         ///< [D, D]
    torch::Tensor gatherExpand, gatherExpandBias, gatherContract, gatherContractBias; ///< [D, D]
};

/// The input's normalisation is folded into the weight and the positions of the patches.
struct PreparedNetwork {
    torch::Tensor patchWeight;   ///< [3 p p, D]
    torch::Tensor firstRow;      ///< [D]: class embedding with its position
    torch::Tensor patchPosition; ///< [P, D]
    torch::Tensor query;         ///< [1, D]
    bool gelu = false;           ///< the blocks' own activation; else QuickGELU
    std::vector<PreparedBlock> blocks;
    double temporalWeight = 0.0;
    torch::Tensor classifier; ///< [H, V], columns of length one; packed by the fast engine and not kept
};

/// Rearranges the weights of `network`; nothing is shared with it.
PreparedNetwork prepareNetwork(const model::AdaptSign& network);
/// The same without the blocks.
PreparedNetwork prepareSurroundings(const model::AdaptSign& network);
/// One block of it.
PreparedBlock prepareBlock(const model::AdaptSign& network, std::size_t index);

struct FastNetwork;
struct DeviceNetwork;

/// What a LoadedModel is in this folder.
class TorchModel final : public LoadedModel {
public:
    TorchModel(model::AdaptSign source, PreparedNetwork rearranged, std::shared_ptr<const FastNetwork> packed,
               ComputeChoice chosen, std::shared_ptr<const DeviceNetwork> elsewhere = nullptr)
        : network(std::move(source)),
          prepared(std::move(rearranged)),
          fast(std::move(packed)),
          device(std::move(elsewhere)),
          choice(std::move(chosen)) {}
    const model::ModelConfig& config() const override { return network->config(); }
    const ComputeChoice& compute() const override { return choice; }

    /// In eval mode; only read. Where `fast` is set, the weights of its blocks, first layer and head are gone.
    model::AdaptSign network;
    PreparedNetwork prepared;                ///< without blocks where `fast` is set
    std::shared_ptr<const FastNetwork> fast; ///< null: the reference engine
    /// The encoder on another device than the processor; null: none. The others are there for when it fails.
    std::shared_ptr<const DeviceNetwork> device;
    ComputeChoice choice;
};

/// `model` was made by loadModel().
const TorchModel& torchModel(const LoadedModelPtr& model);

} // namespace livegloss::engine
