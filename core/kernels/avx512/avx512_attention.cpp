#include "avx512_rows.h"
#include "avx512_tile.h"
#include "float_attention.h"

namespace livegloss::kernels {

std::size_t attentionScratchAvx512(int tokens, int prefix) {
    return scratchOfAttention(tokens, prefix);
}

void attendAvx512(const AttentionCall& call, float* scratch) {
    attendInFloats(call, scratch);
}

} // namespace livegloss::kernels
