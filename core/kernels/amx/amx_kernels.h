#pragma once

#include "kernels/row_kernels.h"

namespace livegloss::kernels {

// As RowKernels names them.
void attentionAmx(const AttentionCall& call, Workspace& space);
void gatherAvx512(const GatherCall& call, Workspace& space);

} // namespace livegloss::kernels
