#include "avx512_rows.h"

namespace livegloss::kernels {

// Compiled for any processor: AlignedBuffer's code must not come from a file that needs AVX-512.

void attentionAvx512(const AttentionCall& call, Workspace& space) {
    attendAvx512(call, space.attention.room<float>(attentionScratchAvx512(call.tokens, call.prefix)));
}

void gatherAvx512(const GatherCall& call, Workspace& space) {
    gatherRowsAvx512(call, space.attention.room<float>(gatherScratchAvx512(call.tokens, call.width)));
}

} // namespace livegloss::kernels
