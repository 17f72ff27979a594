#include "amx_kernels.h"

#include "amx_attention.h"
#include "avx512/avx512_rows.h"

namespace livegloss::kernels {

// Compiled for any processor: AlignedBuffer's code must not come from a file that needs AVX-512.

void attentionAmx(const AttentionCall& call, Workspace& space) {
    if (call.element == Element::F32) {
        return attentionAvx512(call, space);
    }
    attendAmx(call, space.attention.room<float>(attentionScratchAmx(call.tokens, call.prefix)));
}

} // namespace livegloss::kernels
