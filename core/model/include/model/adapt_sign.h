#pragma once

// LibTorch header: for folders that link LibTorch themselves (livegloss_uses_torch); others see the network through
// engine.

#include "base/result.h"
#include "model/model_config.h"
#include "tensorfile/safetensors.h"

#include <filesystem>
#include <torch/torch.h>
#include <utility>
#include <vector>

namespace livegloss::model {

/// Results of one forward pass. Steps come first in the logits, as CTC wants them: [S, B, V].
struct ForwardOutput {
    torch::Tensor frameFeatures;  ///< [B, T, E]
    torch::Tensor convLogits;     ///< [S, B, V] of the auxiliary classifier on the convolutions' output
    torch::Tensor sequenceLogits; ///< [S, B, V]; zero past a clip's own steps
    torch::Tensor featureLengths; ///< [B] int64, CPU: steps of each clip
};

/// Intermediate results, filled when a pass is given one: (name, tensor), names and shapes as the reference writes
/// them. N = B * T frames, L tokens, P patches.
using ForwardTrace = std::vector<std::pair<std::string, torch::Tensor>>;

/// Two linear layers with an activation between them; children `nameIn` and `nameOut`.
class TwoLayerImpl : public torch::nn::Module {
public:
    TwoLayerImpl(const std::string& nameIn, const std::string& nameOut, int width, int inner,
                 Activation between = Activation::QuickGelu);
    torch::Tensor forward(const torch::Tensor& x);
    Activation activation;
    torch::nn::Linear in{nullptr};
    torch::nn::Linear out{nullptr};
};
TORCH_MODULE(TwoLayer);

/// Adapter of section 3.2: W2 q(W1 x) on x itself, without a skip of its own.
class AdapterImpl : public torch::nn::Module {
public:
    AdapterImpl(int width, int inner);
    torch::Tensor forward(const torch::Tensor& x) { return mlp->forward(x); }
    TwoLayer mlp{nullptr};
};
TORCH_MODULE(Adapter);

/// Multi-head attention, batch first; parameters as in torch.nn.MultiheadAttention. `weights`, when given, receives the
/// attention after the softmax [N, heads, queries, keys].
class AttentionImpl : public torch::nn::Module {
public:
    AttentionImpl(int width, int heads);
    /// Tokens [N, L, D] attend to one another and to the prefix rows [K, 1, D] (undefined: none), which come after them
    /// and pass through the same projections. -> [N, L, D].
    torch::Tensor selfAttention(const torch::Tensor& tokens, const torch::Tensor& prefixKey,
                                const torch::Tensor& prefixValue, torch::Tensor* weights = nullptr);
    /// query [N, Q, D] attends to tokens [N, L, D] -> [N, Q, D].
    torch::Tensor crossAttention(const torch::Tensor& query, const torch::Tensor& tokens);

    torch::Tensor inProjWeight; ///< [3 D, D]
    torch::Tensor inProjBias;   ///< [3 D]
    torch::nn::Linear outProj{nullptr};

private:
    torch::Tensor splitHeads(const torch::Tensor& projected) const;
    torch::Tensor attend(const torch::Tensor& query, const torch::Tensor& key, const torch::Tensor& value,
                         torch::Tensor* weights);

    int heads_;
};
TORCH_MODULE(Attention);

/// One transformer block with its prefixes and adapters (model.md step 2).
class ResidualBlockImpl : public torch::nn::Module {
public:
    ResidualBlockImpl(const ModelConfig& config, int adapterInner);
    /// tokens [N, L, D] -> [N, L, D]. `weights` receives [N, heads, L, L + prefix].
    torch::Tensor forward(const torch::Tensor& tokens, torch::Tensor* weights = nullptr);
    /// The same block of the plain CLIP: no prefixes, no adapters. `weights` receives [N, heads, L, L].
    torch::Tensor forwardPlain(const torch::Tensor& tokens, torch::Tensor* weights = nullptr);

    Attention attn{nullptr};
    torch::nn::LayerNorm ln1{nullptr}, ln2{nullptr};
    TwoLayer mlp{nullptr};
    Adapter spatialAdapter{nullptr}, mlpAdapter{nullptr};
    torch::Tensor prefixKey, prefixValue; ///< [prefix, 1, D]
};
TORCH_MODULE(ResidualBlock);

/// Aggregation block: the query token gathers from one block's output.
class AggregationBlockImpl : public torch::nn::Module {
public:
    explicit AggregationBlockImpl(const ModelConfig& config);
    /// query [N, 1, D], tokens [N, L, D] -> [N, 1, D].
    torch::Tensor forward(const torch::Tensor& query, const torch::Tensor& tokens);

    Attention attn{nullptr};
    torch::nn::LayerNorm ln1{nullptr}, ln2{nullptr};
    TwoLayer mlp{nullptr};
};
TORCH_MODULE(AggregationBlock);

struct CrossFrameResult {
    torch::Tensor affinity; ///< [B, T, window, P], before the sigmoid; 0 for frames that are not looked at
    torch::Tensor update;   ///< [B * T, 1, D]
};

class TransformerImpl : public torch::nn::Module {
public:
    TransformerImpl(const ModelConfig& config, int adapterInner);
    /// Step 3 on the last block's output, clips of T frames [B * T, L, D].
    CrossFrameResult crossFrame(const torch::Tensor& tokens, int frames);

    std::vector<ResidualBlock> blocks;
    std::vector<AggregationBlock> aggregations;
    torch::Tensor query;             ///< [1, 1, D]
    torch::Tensor temporalAdaWeight; ///< [1]
    torch::nn::LayerNorm crossFrameNorm{nullptr};

private:
    int window_;
    bool pastOnly_;
};
TORCH_MODULE(Transformer);

/// The spatial encoder, `conv2d.visual`.
class VisualEncoderImpl : public torch::nn::Module {
public:
    VisualEncoderImpl(const ModelConfig& config, int adapterInner);
    /// images [N, 3, R, R] in [-1, 1] -> tokens after ln_pre [N, L, D].
    torch::Tensor embed(const torch::Tensor& images);
    /// x / 127.5 - 1 -> the configuration's normalisation is inputGain * x + inputOffset, [3] each.
    torch::Tensor inputGain, inputOffset;
    bool plainInput = true; ///< gain 1, offset 0
    /// frames [B, T, 3, R, R] -> frame features [B, T, E].
    torch::Tensor forward(const torch::Tensor& frames, ForwardTrace* trace = nullptr);
    /// Plain CLIP image tower: images [N, 3, R, R] -> ln_post(class token) * proj [N, E]. No prefixes, adapters or
    /// aggregation; gradients flow into the backbone. Pre-training contrasts these with captions.
    torch::Tensor clipFeatures(const torch::Tensor& images);
    /// Adds the plain CLIP path's last attention and tokens to `trace`; tokens as embed() gives them.
    void tracePlainPath(torch::Tensor tokens, ForwardTrace& trace);

    torch::Tensor classEmbedding, positionalEmbedding, proj, adaWeight;
    torch::nn::Conv2d conv1{nullptr};
    torch::nn::LayerNorm lnPre{nullptr}, lnPost{nullptr}, lnPostCls{nullptr};
    Transformer transformer{nullptr};

private:
    struct BlockOutput {
        torch::Tensor tokens; ///< [N, L, D]
        torch::Tensor query;  ///< [N, 1, D]
    };
    BlockOutput runBlocks(const torch::Tensor& images, ForwardTrace* trace);

    bool aggregation_;
    bool crossFrame_;
};
TORCH_MODULE(VisualEncoder);

/// x * normalize(W, columns), W [H, V], no bias.
class NormLinearImpl : public torch::nn::Module {
public:
    NormLinearImpl(int inputs, int outputs);
    torch::Tensor forward(const torch::Tensor& x);
    torch::Tensor weight;
};
TORCH_MODULE(NormLinear);

/// The temporal convolutions and the classifier, `conv1d`.
class TemporalConvImpl : public torch::nn::Module {
public:
    explicit TemporalConvImpl(const ModelConfig& config);
    /// features [B, T, E] -> [B, S, H].
    torch::Tensor forward(const torch::Tensor& features);
    torch::nn::Sequential layers{nullptr};
    NormLinear fc{nullptr};
};
TORCH_MODULE(TemporalConv);

/// The whole network, for training and as the reference path. Parameter names are those of a released checkpoint, so
/// that `named_parameters()` gives e.g. `conv2d.visual.transformer.resblocks.0.S_Adapter.mlp.c_in.weight`. The
/// classifier is one parameter, `conv1d.fc.weight`; files hold it a second time as `classifier.weight`. train() and
/// eval() act on the batch norms and on the LSTM's dropout (0.3); nothing else differs. Modules that the configuration
/// leaves out are there with weights that change nothing (adapters and the temporal weight 0, the class token's share
/// 1); prefixes have no rows.
class AdaptSignImpl : public torch::nn::Module {
public:
    /// Fresh weights: CLIP's own initialisation for the backbone, second adapter layer, temporal weight zero, as the
    /// released code has it. Uses torch's default generator (torch::manual_seed). `adapterInner` 0 means D / 4.
    explicit AdaptSignImpl(ModelConfig config, int adapterInner = 0);

    const ModelConfig& config() const { return config_; }
    /// To change what a file says beside its sizes (name, vocabulary, card).
    ModelConfig& editableConfig() { return config_; }

    /// frames [B, T, 3, R, R] in [-1, 1], lengths [B] int64 on the CPU. Every length has to give at least one step.
    ForwardOutput forward(const torch::Tensor& frames, const torch::Tensor& lengths, ForwardTrace* trace = nullptr);
    /// The part before time: frames [B, T, 3, R, R] -> [B, T, E].
    torch::Tensor encodeFrames(const torch::Tensor& frames, ForwardTrace* trace = nullptr);
    /// The part after it: features [B, T, E], lengths [B] -> logits (frameFeatures is `features`).
    ForwardOutput recognise(const torch::Tensor& features, const torch::Tensor& lengths);
    /// See VisualEncoderImpl::clipFeatures.
    torch::Tensor clipFeatures(const torch::Tensor& images) { return visual->clipFeatures(images); }

    VisualEncoder visual{nullptr};
    TemporalConv conv1d{nullptr};
    torch::nn::LSTM rnn{nullptr};

private:
    ModelConfig config_;
};
TORCH_MODULE(AdaptSign);

/// Reads a .safetensors model; sizes come from the shapes. In eval mode. Errors name the file and the tensor or key.
Result<AdaptSign> loadAdaptSign(const std::filesystem::path& path);
/// Reads an image tower (see inBackboneFile()) into a network of the same sizes; everything else stays as it is.
Result<void> loadBackbone(AdaptSign& network, const std::filesystem::path& path);
/// Reads a whole model's weights into a network that may lack some of its modules or have others: what the file lacks
/// stays as it is. A gloss keeps its weights in the classifier where both vocabularies have it; without vocabularies
/// the classes have to be as many. Returns the names of the network's tensors that the file lacks. Errors name the
/// tensor whose shape differs.
Result<std::vector<std::string>> loadWhatFits(AdaptSign& network, const std::filesystem::path& path);
/// Writes weights, buffers and configuration. `storeAs` F16 halves the file; batch norm counters stay integers.
/// `extra` is added to the metadata.
Result<void> saveAdaptSign(const AdaptSign& network, const std::filesystem::path& path,
                           tensorfile::DataType storeAs = tensorfile::DataType::F32,
                           const tensorfile::Metadata& extra = {});
/// Writes the image tower alone (see inBackboneFile()), as loadBackbone() reads it.
Result<void> saveBackbone(const AdaptSign& network, const std::filesystem::path& path,
                          const tensorfile::Metadata& extra = {});
/// Every tensor a model file holds under its released name: parameters, then batch norm buffers. Aliases, not copies.
std::vector<std::pair<std::string, torch::Tensor>> namedTensors(const AdaptSign& network);

} // namespace livegloss::model
