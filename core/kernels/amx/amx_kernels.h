#pragma once

#include "kernels/row_kernels.h"

namespace livegloss::kernels {

/// As RowKernels names it.
void attentionAmx(const AttentionCall& call, Workspace& space);

} // namespace livegloss::kernels
