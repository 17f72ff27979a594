#include "avx2_rows.h"

namespace livegloss::kernels {

// Compiled for any processor: AlignedBuffer's code must not come from a file that needs AVX2.

void attentionAvx2(const AttentionCall& call, Workspace& space) {
    attendAvx2(call, space.attention.room<float>(attentionScratch(call.tokens, call.prefix)));
}

void gatherAvx2(const GatherCall& call, Workspace& space) {
    gatherRowsAvx2(call, space.attention.room<float>(gatherScratch(call.tokens, call.width, call.heads)));
}

} // namespace livegloss::kernels
