#pragma once

#include "kernels/row_kernels.h"

namespace livegloss::kernels {

/// Floats that attendAmx() needs, on a border of 64 bytes.
std::size_t attentionScratchAmx(int tokens, int prefix);
/// As RowKernels::attention, of Bf16 rows.
void attendAmx(const AttentionCall& call, float* scratch);

} // namespace livegloss::kernels
