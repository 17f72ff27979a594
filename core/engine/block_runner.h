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

/// Runs frames through the transformer's blocks, by the model's engine. Holds scratch memory: one thread at a time;
/// copy only before the first run().
class BlockRunner {
public:
    explicit BlockRunner(const TorchModel& model);

    /// images [n, 3, R, R]. `trace` receives what ForwardTrace names, except the plain path's; `probe` watches the
    /// tokens, and has the reference engine run these frames.
    BlockOutput run(const torch::Tensor& images, bool wantAttention, model::ForwardTrace* trace = nullptr,
                    AttentionProbe* probe = nullptr);
    /// What ForwardTrace names of the plain path.
    void tracePlain(const torch::Tensor& images, model::ForwardTrace& trace);
    /// Fast engine: the class token's attention in the plain path's last block, mean of heads, [n, L].
    torch::Tensor plainClassAttention(const torch::Tensor& images);

private:
    BlockOutput runFast(const torch::Tensor& images, bool wantAttention, model::ForwardTrace* trace);
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
    torch::Tensor scores_;               ///< [L, L + K] scratch of one head
    torch::Tensor shares_;               ///< the same after the softmax
    std::shared_ptr<FastBlocks> fast_;   ///< made by the first run()
    std::shared_ptr<BlockRunner> whole_; ///< of the reference engine, made by the first run() with a probe
};

} // namespace livegloss::engine
