#pragma once

#include "attention_probe.h"
#include "model/adapt_sign.h"
#include "prepared_network.h"

#include <memory>
#include <torch/torch.h>

namespace livegloss::engine {

/// What the blocks give for n frames, before frames meet one another.
struct BlockOutput {
    torch::Tensor tokens;         ///< [n, L, D]
    torch::Tensor bareNorm;       ///< [n, L, D]: tokens normalised, without gain and offset
    torch::Tensor query;          ///< [n, D]: aggregation token
    torch::Tensor classAttention; ///< [n, L + K]: the class token's in the last block, mean of heads; when asked for
};

class FastBlocks;
class FastProbe;

/// Runs frames through the transformer's blocks, by the model's engine. Holds scratch memory: one thread at a time;
/// copy only before the first run().
class BlockRunner {
public:
    explicit BlockRunner(const TorchModel& model);

    /// images [n, 3, R, R]. `trace` receives what ForwardTrace names, except the plain path's; `probe` watches the
    /// tokens, in the reference engine only.
    BlockOutput run(const torch::Tensor& images, bool wantAttention, model::ForwardTrace* trace = nullptr,
                    AttentionProbe* probe = nullptr);
    /// The same by the fast engine, whose attention `probe` takes down. `mapsOnly`: nothing else is wanted, and the run
    /// may stop early.
    BlockOutput run(const torch::Tensor& images, bool wantAttention, model::ForwardTrace* trace, FastProbe& probe,
                    bool mapsOnly);
    /// Fast engine: the plain path as far as `probe` wants.
    void runPlain(const torch::Tensor& images, FastProbe& probe);
    /// What ForwardTrace names of the plain path.
    void tracePlain(const torch::Tensor& images, model::ForwardTrace& trace);
    /// Fast engine: the class token's attention in the plain path's last block, mean of heads, [n, L].
    torch::Tensor plainClassAttention(const torch::Tensor& images);

private:
    BlockOutput runFast(const torch::Tensor& images, bool wantAttention, model::ForwardTrace* trace, FastProbe* probe,
                        bool mapsOnly);
    FastBlocks& fastBlocks();
    BlockOutput runReference(const torch::Tensor& images, bool wantAttention, model::ForwardTrace* trace,
                             AttentionProbe* probe);
    struct Wanted {
        torch::Tensor* classAttention = nullptr;
        torch::Tensor* weights = nullptr; ///< [n, heads, L, L + K]
    };
    torch::Tensor embed(const torch::Tensor& images) const;
    void attend(const PreparedBlock& block, const torch::Tensor& queryKeyValue, torch::Tensor mixed, Wanted wanted);
    void runBlock(const PreparedBlock& block, torch::Tensor& rows, torch::Tensor& norm, Wanted wanted);

    const TorchModel* model_;
    int heads_;
    int width_;
    int tokens_;
    int prefix_;
    torch::Tensor scores_;             ///< [L, L + K] scratch of one head
    torch::Tensor shares_;             ///< the same after the softmax
    std::shared_ptr<FastBlocks> fast_; ///< made by the first run()
};

} // namespace livegloss::engine
