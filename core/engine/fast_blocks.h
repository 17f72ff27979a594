#pragma once

#include "fast_network.h"
#include "stage_times.h"

#include <functional>
#include <vector>

namespace livegloss::engine {

/// Where the attention of one block goes; null: not wanted. On the plain path keys are the L tokens alone.
struct BlockShares {
    float* weights = nullptr; ///< [n, heads, L, L + K]
    float* gather = nullptr;  ///< [n, heads, L]: of the aggregation token
};

/// Where results go. n frames, L tokens, D width, K prefixes.
struct FastOutput {
    float* tokens = nullptr;      ///< [n, L, D]
    float* bareNorm = nullptr;    ///< [n, L, D]
    float* query = nullptr;       ///< [n, D]; not written by the plain path
    float* classShares = nullptr; ///< [n, L + K], plain path [n, L], of the last block, mean of heads; zeros before
    std::vector<BlockShares> blockShares; ///< one per block, or empty: nothing is wanted
    /// Stop after this block, or, with `attentionOnly`, after its attention; tokens and query are then of no use to the
    /// cross-frame step. Below 0: all blocks.
    int lastBlock = -1;
    bool attentionOnly = false;
    /// Called with -1 after the embedding, then with each block's index; tokens and query hold its results.
    std::function<void(int block)> afterBlock;
};

/// Runs frames through the encoder's blocks on one thread. Holds scratch memory: one thread at a time.
class FastBlocks {
public:
    explicit FastBlocks(const FastNetwork& network);

    /// images [n, 3, R, R].
    void run(const float* images, int frames, const FastOutput& output);
    /// The plain CLIP: no prefixes, no adapters, no aggregation.
    void runPlain(const float* images, int frames, const FastOutput& output);
    /// From now on every stage's time is added to `table`; null: no more.
    void measure(StageSeconds* table) { times_ = table; }

private:
    void runAll(const float* images, int frames, const FastOutput& output, bool plain);
    void embed(const float* images, int frames, float* tokens);
    void copyPatches(const float* image, float* patches) const;
    void runBlock(std::size_t index, const FastOutput& output, bool plain, bool attentionOnly);
    void attend(std::size_t index, const FastOutput& output, bool plain);
    void gather(std::size_t index, const FastOutput& output);
    /// The tokens' bare norm, and what the layers behind it read of both.
    void normalise(const FastOutput& output);
    /// What `layer` reads: `values` themselves, or their Bf16 copies.
    static const void* sourceOf(const LinearPtr& layer, const float* values, const kernels::AlignedBuffer& narrow);
    std::size_t rowCount() const { return static_cast<std::size_t>(frames_) * tokens_; }

    const FastNetwork& network_;
    const kernels::RowKernels& kernels_;
    std::size_t width_;
    std::size_t tokens_;
    int frames_ = 0;
    kernels::Workspace space_;
    kernels::AlignedBuffer patches_, narrowPatches_, narrowNorm_, narrowRows_;
    kernels::AlignedBuffer queryKeyValue_, mixed_, adapted_, expanded_;
    kernels::AlignedBuffer gathered_;
    bool narrows_ = false; ///< some layer reads Bf16 copies of the tokens or their norm
    StageSeconds* times_ = nullptr;
};

} // namespace livegloss::engine
