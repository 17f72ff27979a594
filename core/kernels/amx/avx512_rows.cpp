#include "avx512_rows.h"

#include "avx512_math.h"

namespace livegloss::kernels {
namespace {

constexpr float normEpsilon = 1e-5F;

/// `narrowTo` and `narrowFrom` receive the result and the row in Bf16, or are null.
inline void normaliseRow(const float* from, std::size_t width, float* to, Bfloat16* narrowTo, Bfloat16* narrowFrom) {
    const std::size_t whole = width / wideLanes * wideLanes;
    const __mmask16 rest = firstLanes(width - whole);
    Wide sum = loadWide(from + whole, rest);
    for (std::size_t i = 0; i < whole; i += wideLanes) {
        sum = _mm512_add_ps(sum, loadWide(from + i));
    }
    const Wide mean = all(_mm512_reduce_add_ps(sum) / static_cast<float>(width));
    const Wide last = _mm512_maskz_sub_ps(rest, loadWide(from + whole, rest), mean);
    Wide squares = _mm512_mul_ps(last, last);
    for (std::size_t i = 0; i < whole; i += wideLanes) {
        const Wide difference = _mm512_sub_ps(loadWide(from + i), mean);
        squares = _mm512_fmadd_ps(difference, difference, squares);
    }
    const float variance = _mm512_reduce_add_ps(squares) / static_cast<float>(width) + normEpsilon;
    const Wide scale = all(1.0F / _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(variance))));
    for (std::size_t i = 0; i < whole; i += wideLanes) {
        const Wide value = loadWide(from + i);
        const Wide normed = _mm512_mul_ps(_mm512_sub_ps(value, mean), scale);
        if (narrowTo != nullptr) {
            storeWide(narrowTo + i, normed);
            storeWide(narrowFrom + i, value);
        }
        storeWide(to + i, normed);
    }
    const Wide normed = _mm512_mul_ps(last, scale);
    if (narrowTo != nullptr) {
        storeWide(narrowTo + whole, normed, rest);
        storeWide(narrowFrom + whole, loadWide(from + whole, rest), rest);
    }
    storeWide(to + whole, normed, rest);
}

/// Sixteen heads' scores of `Count` rows: directions [width][16].
template <int Count>
inline void scoreRows(const float* rows, std::size_t width, const float* directions, Wide (&sum)[Count]) {
    // Only constant places are used in this array, so that all of it stays in registers.
    Wide inRegisters[Count];
#pragma GCC unroll 12
    for (int row = 0; row < Count; ++row) {
        inRegisters[row] = _mm512_setzero_ps();
    }
    for (std::size_t d = 0; d < width; ++d) {
        const Wide direction = loadWide(directions + d * wideLanes);
#pragma GCC unroll 12
        for (int row = 0; row < Count; ++row) {
            inRegisters[row] =
                _mm512_fmadd_ps(all(rows[static_cast<std::size_t>(row) * width + d]), direction, inRegisters[row]);
        }
    }
#pragma GCC unroll 12
    for (int row = 0; row < Count; ++row) {
        sum[row] = inRegisters[row];
    }
}

constexpr std::size_t rowsTogether = 12;

/// scores [tokens][16] of sixteen heads from `head` on.
inline void scoreTokens(const GatherCall& call, std::size_t head, float* directions, float* scores) {
    const auto width = static_cast<std::size_t>(call.width);
    const auto tokens = static_cast<std::size_t>(call.tokens);
    for (std::size_t i = 0; i < wideLanes; ++i) {
        const bool there = head + i < static_cast<std::size_t>(call.heads);
        for (std::size_t d = 0; d < width; ++d) {
            directions[d * wideLanes + i] = there ? call.direction[(head + i) * call.headStride + d] : 0.0F;
        }
    }
    std::size_t row = 0;
    for (; row + rowsTogether <= tokens; row += rowsTogether) {
        Wide sum[rowsTogether];
        scoreRows<rowsTogether>(call.rows + row * width, width, directions, sum);
        for (std::size_t i = 0; i < rowsTogether; ++i) {
            storeWide(scores + (row + i) * wideLanes, sum[i]);
        }
    }
    for (; row < tokens; ++row) {
        Wide sum[1];
        scoreRows<1>(call.rows + row * width, width, directions, sum);
        storeWide(scores + row * wideLanes, sum[0]);
    }
}

/// Softmax over the tokens of sixteen heads beside one another, in place.
inline void softmaxColumns(float* scores, std::size_t tokens) {
    Wide largest = loadWide(scores);
    for (std::size_t token = 1; token < tokens; ++token) {
        largest = _mm512_max_ps(largest, loadWide(scores + token * wideLanes));
    }
    Wide sum = _mm512_setzero_ps();
    for (std::size_t token = 0; token < tokens; ++token) {
        const Wide value = wideExponential(_mm512_sub_ps(loadWide(scores + token * wideLanes), largest));
        sum = _mm512_add_ps(sum, value);
        storeWide(scores + token * wideLanes, value);
    }
    const Wide inverse = _mm512_div_ps(all(1.0F), sum);
    for (std::size_t token = 0; token < tokens; ++token) {
        storeWide(scores + token * wideLanes, _mm512_mul_ps(loadWide(scores + token * wideLanes), inverse));
    }
}

/// The weighted means of `Heads` heads, 64 values at a time; shares [tokens][16].
template <int Heads>
inline void averageRows(const GatherCall& call, const float* shares, float* average) {
    const auto width = static_cast<std::size_t>(call.width);
    constexpr int vectors = 4;
    for (std::size_t column = 0; column < width; column += vectors * wideLanes) {
        Wide sum[Heads][vectors];
#pragma GCC unroll 6
        for (int head = 0; head < Heads; ++head) {
#pragma GCC unroll 4
            for (int v = 0; v < vectors; ++v) {
                sum[head][v] = _mm512_setzero_ps();
            }
        }
        for (std::size_t token = 0; token < static_cast<std::size_t>(call.tokens); ++token) {
            Wide values[vectors];
#pragma GCC unroll 4
            for (int v = 0; v < vectors; ++v) {
                values[v] = loadWide(call.rows + token * width + column + static_cast<std::size_t>(v) * wideLanes);
            }
#pragma GCC unroll 6
            for (int head = 0; head < Heads; ++head) {
                const Wide share = all(shares[token * wideLanes + static_cast<std::size_t>(head)]);
#pragma GCC unroll 4
                for (int v = 0; v < vectors; ++v) {
                    sum[head][v] = _mm512_fmadd_ps(share, values[v], sum[head][v]);
                }
            }
        }
#pragma GCC unroll 6
        for (int head = 0; head < Heads; ++head) {
#pragma GCC unroll 4
            for (int v = 0; v < vectors; ++v) {
                storeWide(average + static_cast<std::size_t>(head) * call.headStride + column +
                              static_cast<std::size_t>(v) * wideLanes,
                          sum[head][v]);
            }
        }
    }
}

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

void layerNormAvx512(const float* rows, int count, int width, float* result) {
    const auto step = static_cast<std::size_t>(width);
    for (std::size_t row = 0; row < static_cast<std::size_t>(count); ++row) {
        normaliseRow(rows + row * step, step, result + row * step, nullptr, nullptr);
    }
}

void layerNormNarrowAvx512(const float* rows, int count, int width, float* result, Bfloat16* narrowResult,
                           Bfloat16* narrowRows) {
    const auto step = static_cast<std::size_t>(width);
    for (std::size_t row = 0; row < static_cast<std::size_t>(count); ++row) {
        const std::size_t place = row * step;
        normaliseRow(rows + place, step, result + place, narrowResult + place, narrowRows + place);
    }
}

void narrowAvx512(const float* values, std::size_t count, Bfloat16* result) {
    for (std::size_t i = 0; i < count; i += wideLanes) {
        const __mmask16 lanes = firstLanes(count - i);
        storeWide(result + i, loadWide(values + i, lanes), lanes);
    }
}

std::size_t gatherScratchAvx512(int tokens, int width) {
    return (static_cast<std::size_t>(width) + static_cast<std::size_t>(tokens)) * wideLanes;
}

void gatherRowsAvx512(const GatherCall& call, float* scratch) {
    const auto heads = static_cast<std::size_t>(call.heads);
    const auto tokens = static_cast<std::size_t>(call.tokens);
    float* const scores = scratch + static_cast<std::size_t>(call.width) * wideLanes;
    for (std::size_t first = 0; first < heads; first += wideLanes) {
        scoreTokens(call, first, scratch, scores);
        softmaxColumns(scores, tokens);
        const std::size_t count = heads - first < wideLanes ? heads - first : wideLanes;
        if (call.shares != nullptr) {
            for (std::size_t head = 0; head < count; ++head) {
                for (std::size_t token = 0; token < tokens; ++token) {
                    call.shares[(first + head) * tokens + token] = scores[token * wideLanes + head];
                }
            }
        }
        std::size_t head = 0;
        for (; head + 6 <= count; head += 6) {
            averageRows<6>(call, scores + head, call.average + (first + head) * call.headStride);
        }
        for (; head + 2 <= count; head += 2) {
            averageRows<2>(call, scores + head, call.average + (first + head) * call.headStride);
        }
        for (; head < count; ++head) {
            averageRows<1>(call, scores + head, call.average + (first + head) * call.headStride);
        }
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
