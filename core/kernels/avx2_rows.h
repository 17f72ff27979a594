#pragma once

#include "kernels/row_kernels.h"

namespace livegloss::kernels {

// As RowKernels names them.
void layerNormAvx2(const float* rows, int count, int width, float* result);
void narrowAvx2(const float* values, std::size_t count, Bfloat16* result);
void attentionAvx2(const AttentionCall& call, Workspace& space);
void gatherAvx2(const GatherCall& call, Workspace& space);
void lstmStepAvx2(const float* gates, int hidden, float* cell, float* result);

// Their parts that are compiled for AVX2: plain pointers only. `scratch` has attentionScratch() or gatherScratch()
// floats.
std::size_t attentionScratch(int tokens, int prefix);
void attendAvx2(const AttentionCall& call, float* scratch);
std::size_t gatherScratch(int tokens, int width, int heads);
void gatherRowsAvx2(const GatherCall& call, float* scratch);

} // namespace livegloss::kernels
