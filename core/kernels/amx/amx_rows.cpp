#include "amx_rows.h"

#include "avx512/normalise_row.h"
#include "narrow_stores.h"

namespace livegloss::kernels {
namespace {

/// `Count` rows by one panel of 64 outputs.
template <int Count>
inline void multiplyPanel(const NarrowProduct& product, std::size_t row, std::size_t output) {
    constexpr int vectors = 4;
    const Bfloat16* weights = product.panels + output * product.inputs;
    const float* const source = product.source + row * product.sourceStride;
    Wide sum[Count][vectors];
#pragma GCC unroll 4
    for (int r = 0; r < Count; ++r) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) {
            sum[r][v] = loadWide(product.bias + output + static_cast<std::size_t>(v) * wideLanes);
        }
    }
    for (std::size_t input = 0; input < product.inputs; ++input, weights += narrowPanelWidth) {
        // 8 KB ahead: cold weights arrive a sixth quicker than the processor's own foresight has them.
        _mm_prefetch(reinterpret_cast<const char*>(weights) + 8192, _MM_HINT_T0);
        _mm_prefetch(reinterpret_cast<const char*>(weights) + 8192 + 64, _MM_HINT_T0);
        Wide values[vectors];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) {
            values[v] = loadWide(weights + static_cast<std::size_t>(v) * wideLanes);
        }
#pragma GCC unroll 4
        for (int r = 0; r < Count; ++r) {
            const Wide value = all(source[static_cast<std::size_t>(r) * product.sourceStride + input]);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; ++v) {
                sum[r][v] = _mm512_fmadd_ps(value, values[v], sum[r][v]);
            }
        }
    }
    for (int r = 0; r < Count; ++r) {
        for (int v = 0; v < vectors; ++v) {
            const std::size_t column = output + static_cast<std::size_t>(v) * wideLanes;
            if (column >= product.outputs) {
                break;
            }
            const __mmask16 lanes = firstLanes(product.outputs - column);
            float* const to = product.destination + (row + static_cast<std::size_t>(r)) * product.outputs + column;
            Wide value = wideActivated(sum[r][v], product.activation);
            if (product.accumulate) {
                value = _mm512_add_ps(value, loadWide(to, lanes));
            }
            storeWide(to, value, lanes);
        }
    }
}

} // namespace

void layerNormNarrowAmx(const float* rows, int count, int width, float* result, Bfloat16* narrowResult,
                        Bfloat16* narrowRows) {
    const auto step = static_cast<std::size_t>(width);
    for (std::size_t row = 0; row < static_cast<std::size_t>(count); ++row) {
        const std::size_t first = row * step;
        normaliseRow(rows + first, step, [&](std::size_t place, Wide normed, Wide value, __mmask16 lanes) {
            storeWide(narrowResult + first + place, normed, lanes);
            storeWide(narrowRows + first + place, value, lanes);
            storeWide(result + first + place, normed, lanes);
        });
    }
}

void narrowAmx(const float* values, std::size_t count, Bfloat16* result) {
    for (std::size_t i = 0; i < count; i += wideLanes) {
        const __mmask16 lanes = firstLanes(count - i);
        storeWide(result + i, loadWide(values + i, lanes), lanes);
    }
}

void multiplyNarrow(const NarrowProduct& product) {
    for (std::size_t output = 0; output < product.outputs; output += narrowPanelWidth) {
        std::size_t row = 0;
        for (; row + 4 <= product.rows; row += 4) {
            multiplyPanel<4>(product, row, output);
        }
        for (; row + 2 <= product.rows; row += 2) {
            multiplyPanel<2>(product, row, output);
        }
        if (row < product.rows) {
            multiplyPanel<1>(product, row, output);
        }
    }
}

} // namespace livegloss::kernels
