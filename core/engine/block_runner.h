#pragma once

#include "attention_probe.h"
#include "model/adapt_sign.h"
#include "prepared_network.h"

#include <torch/torch.h>

namespace livegloss::engine {

/// What the blocks give for n frames, before frames meet one another.
struct BlockOutput {
    torch::Tensor tokens;         ///< [n, L, D]
    torch::Tensor bareNorm;       ///< [n, L, D]: tokens normalised, without gain and offset
    torch::Tensor query;          ///< [n, D]: aggregation token
    torch::Tensor classAttention; ///< [n, L + K]: the class token's in the last block, mean of heads; when asked for
};

/// Runs frames through the transformer's blocks. Holds scratch memory: one thread at a time; copy only before the first
/// run().
class BlockRunner {
public:
    explicit BlockRunner(const TorchModel& model);

    /// images [n, 3, R, R]. `trace` receives what ForwardTrace names, except the plain path's; `probe` watches the
    /// tokens.
    BlockOutput run(const torch::Tensor& images, bool wantAttention, model::ForwardTrace* trace = nullptr,
                    AttentionProbe* probe = nullptr);

private:
    struct Wanted {
        torch::Tensor* classAttention = nullptr;
        torch::Tensor* weights = nullptr; ///< [n, heads, L, L + K]
    };
    torch::Tensor embed(const torch::Tensor& images) const;
    void attend(const PreparedBlock& block, const torch::Tensor& queryKeyValue, torch::Tensor mixed, Wanted wanted);
    void runBlock(const PreparedBlock& block, torch::Tensor& rows, torch::Tensor& norm, Wanted wanted);
    torch::Tensor gather(const PreparedBlock& block, const torch::Tensor& query, const torch::Tensor& norm) const;

    const TorchModel* model_;
    int heads_;
    int width_;
    int tokens_;
    int prefix_;
    torch::Tensor scores_; ///< [L, L + K] scratch of one head
    torch::Tensor shares_; ///< the same after the softmax
};

} // namespace livegloss::engine
