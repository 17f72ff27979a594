#pragma once

#include "kernels/bfloat16.h"
#include "kernels/instruction_set.h"
#include "kernels/workspace.h"

namespace livegloss::kernels {

inline constexpr int headWidth = 64;

/// Self-attention of one frame's tokens among themselves and over constant prefixes. L tokens, D = heads * 64, K
/// prefixes. Scores and softmax are f32.
struct AttentionCall {
    const void* queryKeyValue = nullptr; ///< [L, 3 D], queries scaled
    Element element = Element::F32;      ///< of the above and of `mixed`
    int tokens = 0;
    int heads = 0;
    int prefix = 0; ///< 0: none
    /// With Bf16 these are rounded to it where that is quicker.
    const float* prefixKeys = nullptr;   ///< [heads, 64, K]
    const float* prefixValues = nullptr; ///< [heads, K, 64]
    void* mixed = nullptr;               ///< [L, D]
    float* classShares = nullptr;        ///< [L + K], or null: the mean over heads of row 0 is added to it
    float* weights = nullptr;            ///< [heads, L, L + K], or null
};

/// What one query per head finds in a frame's tokens: average = softmax(direction . row) rows.
struct GatherCall {
    const float* rows = nullptr; ///< [tokens, width]
    int tokens = 0;
    int width = 0; ///< a multiple of 64
    int heads = 0;
    const float* direction = nullptr; ///< [heads] rows of width, `headStride` apart
    float* average = nullptr;         ///< the same layout
    float* shares = nullptr;          ///< [heads, tokens], or null
    std::size_t headStride = 0;
};

/// Kernels over rows of tokens, one set per kind of processor.
struct RowKernels {
    /// (x - mean) / sqrt(variance + 1e-5) of each row, without gain and offset.
    void (*layerNorm)(const float* rows, int count, int width, float* result);
    /// The same, and besides the results and the rows themselves in Bf16.
    void (*layerNormNarrow)(const float* rows, int count, int width, float* result, Bfloat16* narrowResult,
                            Bfloat16* narrowRows);
    /// result[i] = Bf16(values[i]).
    void (*toBfloat16)(const float* values, std::size_t count, Bfloat16* result);
    void (*attention)(const AttentionCall& call, Workspace& space);
    void (*gather)(const GatherCall& call, Workspace& space);
    /// gates [4 H] of an LSTM step (input, forget, cell, output, before their activations) and cell state [H], which is
    /// replaced, -> hidden [H].
    void (*lstmStep)(const float* gates, int hidden, float* cell, float* result);
};

/// Those for `set`: own kernels from Avx2 on, else plain C++.
const RowKernels& rowKernels(InstructionSet set);

} // namespace livegloss::kernels
