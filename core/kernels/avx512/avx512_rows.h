#pragma once

#include "kernels/row_kernels.h"

namespace livegloss::kernels {

// As RowKernels names them.
void attentionAvx512(const AttentionCall& call, Workspace& space);
void gatherAvx512(const GatherCall& call, Workspace& space);

// Compiled for AVX-512: plain pointers only. `scratch` has as many floats as the function of that name says.
void layerNormAvx512(const float* rows, int count, int width, float* result);
std::size_t attentionScratchAvx512(int tokens, int prefix);
void attendAvx512(const AttentionCall& call, float* scratch);
std::size_t gatherScratchAvx512(int tokens, int width);
void gatherRowsAvx512(const GatherCall& call, float* scratch);

} // namespace livegloss::kernels
