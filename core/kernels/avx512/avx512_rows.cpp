#include "avx512_rows.h"

#include "normalise_row.h"

namespace livegloss::kernels {
namespace {

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

} // namespace

void layerNormAvx512(const float* rows, int count, int width, float* result) {
    const auto step = static_cast<std::size_t>(width);
    for (std::size_t row = 0; row < static_cast<std::size_t>(count); ++row) {
        float* const to = result + row * step;
        normaliseRow(rows + row * step, step, [&](std::size_t place, Wide normed, Wide /*value*/, __mmask16 lanes) {
            storeWide(to + place, normed, lanes);
        });
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

} // namespace livegloss::kernels
