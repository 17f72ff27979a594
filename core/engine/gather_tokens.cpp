#include "gather_tokens.h"

namespace livegloss::engine {

using torch::Tensor;

/// One query token: its scores come from its own projection taken through the keys' weights, and values are projected
/// after averaging, so that the tokens are read twice but never projected.
Tensor gatherTokens(const PreparedBlock& block, const Tensor& query, const Tensor& norm) {
    const std::int64_t width = query.size(1);
    const std::int64_t heads = block.gatherKey.size(0);
    const std::int64_t frames = query.size(0);
    const Tensor queryNorm = torch::layer_norm(query, {width}, block.gatherNormGain, block.gatherNormOffset);
    const Tensor perHead = torch::addmm(block.gatherQueryBias, queryNorm, block.gatherQuery)
                               .view({frames, heads, -1})
                               .transpose(0, 1);                                           // [h, n, 64]
    const Tensor direction = torch::bmm(perHead, block.gatherKey).transpose(0, 1);         // [n, h, D]
    const Tensor shares = torch::softmax(torch::bmm(direction, norm.transpose(1, 2)), -1); // [n, h, L]
    const Tensor average = torch::bmm(shares, norm).transpose(0, 1);                       // [h, n, D]
    const Tensor values =
        torch::baddbmm(block.gatherValueBias, average, block.gatherValue).transpose(0, 1).reshape({frames, width});
    const Tensor gathered = query + torch::addmm(block.gatherOutBias, values, block.gatherOut);
    Tensor active = torch::addmm(block.gatherExpandBias, torch::layer_norm(gathered, {width}), block.gatherExpand);
    torch::silu_(active);
    return gathered + torch::addmm(block.gatherContractBias, active, block.gatherContract);
}

} // namespace livegloss::engine
