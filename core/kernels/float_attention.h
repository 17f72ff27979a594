#pragma once

// Attention in f32 over vectors of either width: those of avx2_tile.h or avx512_tile.h, whichever is included before.

#include "kernels/row_kernels.h"

namespace livegloss::kernels {
namespace {

constexpr std::size_t headSize = headWidth;
static_assert(headSize % panelWidth == 0);

constexpr std::size_t panelsOf(std::size_t columns) {
    return (columns + panelWidth - 1) / panelWidth;
}

/// Scratch of one head.
struct HeadMemory {
    std::size_t keys;   ///< tokens and prefixes
    std::size_t stride; ///< of a row of scores: keys rounded up to whole panels
    float* keyPanels;   ///< [panels][64][panelWidth]
    float* values;      ///< [keys][64]
    float* queries;     ///< [tileRows][64]
    float* scores;      ///< [tileRows][stride]
};

inline HeadMemory memoryOf(const AttentionCall& call, float* scratch) {
    HeadMemory memory{};
    memory.keys = static_cast<std::size_t>(call.tokens + call.prefix);
    memory.stride = panelsOf(memory.keys) * panelWidth;
    memory.keyPanels = scratch;
    memory.values = memory.keyPanels + memory.stride * headSize;
    memory.queries = memory.values + memory.keys * headSize;
    memory.scores = memory.queries + tileRows * headSize;
    return memory;
}

template <class T>
inline void copyHead(const T* from, float* to) {
    for (std::size_t i = 0; i < headSize; i += lanes) {
        store(to + i, load(from + i));
    }
}

/// Keys of one head as panels of columns, values as rows; zeros past the last key.
template <class T>
inline void packHead(const AttentionCall& call, std::size_t head, const HeadMemory& memory) {
    const std::size_t width = static_cast<std::size_t>(call.heads) * headSize;
    const auto tokens = static_cast<std::size_t>(call.tokens);
    const auto prefix = static_cast<std::size_t>(call.prefix);
    const T* const rows = static_cast<const T*>(call.queryKeyValue) + head * headSize;
    float key[headSize];
    for (std::size_t place = 0; place < memory.stride; ++place) {
        if (place < tokens) {
            copyHead(rows + place * 3 * width + width, key);
            copyHead(rows + place * 3 * width + 2 * width, memory.values + place * headSize);
        } else if (place < memory.keys) {
            for (std::size_t i = 0; i < headSize; ++i) {
                key[i] = call.prefixKeys[(head * headSize + i) * prefix + place - tokens];
            }
            copyHead(call.prefixValues + (head * prefix + place - tokens) * headSize, memory.values + place * headSize);
        } else {
            for (float& value : key) {
                value = 0.0F;
            }
        }
        float* const panel = memory.keyPanels + place / panelWidth * headSize * panelWidth + place % panelWidth;
        for (std::size_t i = 0; i < headSize; ++i) {
            panel[i * panelWidth] = key[i];
        }
    }
}

/// Softmax of a row of `keys` scores in place; what fills it up to `stride` becomes zero.
inline void softmaxRow(float* scores, std::size_t keys, std::size_t stride) {
    for (std::size_t i = keys; i < stride; ++i) {
        scores[i] = -1e30F;
    }
    Vector largest = load(scores);
    for (std::size_t i = lanes; i < stride; i += lanes) {
        largest = largerOf(largest, load(scores + i));
    }
    const Vector top = filled(largestOf(largest));
    Vector sum = filled(0.0F);
    for (std::size_t i = 0; i < stride; i += lanes) {
        store(scores + i, exponential(load(scores + i) - top));
    }
    for (std::size_t i = keys; i < stride; ++i) {
        scores[i] = 0.0F;
    }
    for (std::size_t i = 0; i < stride; i += lanes) {
        sum = sum + load(scores + i);
    }
    const Vector scale = filled(1.0F / sumOf(sum));
    for (std::size_t i = 0; i < stride; i += lanes) {
        store(scores + i, load(scores + i) * scale);
    }
}

template <int Count>
inline void scoreRows(const Rows& queries, const HeadMemory& memory) {
    for (std::size_t panel = 0; panel < memory.stride / panelWidth; ++panel) {
        Vector sum[Count][2];
        multiplyTile<Count>(queries, memory.keyPanels + panel * headSize * panelWidth, panelWidth, headSize, sum);
        for (int r = 0; r < Count; ++r) {
            float* const place = memory.scores + static_cast<std::size_t>(r) * memory.stride + panel * panelWidth;
            store(place, sum[r][0]);
            store(place + lanes, sum[r][1]);
        }
    }
    for (int r = 0; r < Count; ++r) {
        softmaxRow(memory.scores + static_cast<std::size_t>(r) * memory.stride, memory.keys, memory.stride);
    }
}

template <int Count, class T>
inline void mixRows(const HeadMemory& memory, T* mixed, std::size_t width) {
    for (std::size_t column = 0; column < headSize; column += panelWidth) {
        Vector sum[Count][2];
        multiplyTile<Count>(Rows{memory.scores, memory.stride}, memory.values + column, headSize, memory.keys, sum);
        for (int r = 0; r < Count; ++r) {
            store(mixed + static_cast<std::size_t>(r) * width + column, sum[r][0]);
            store(mixed + static_cast<std::size_t>(r) * width + column + lanes, sum[r][1]);
        }
    }
}

inline void giveShares(const AttentionCall& call, std::size_t head, std::size_t token, const float* shares,
                       std::size_t keys) {
    if (call.classShares != nullptr && token == 0) {
        for (std::size_t i = 0; i < keys; ++i) {
            call.classShares[i] += shares[i] / static_cast<float>(call.heads);
        }
    }
    if (call.weights != nullptr) {
        float* const place = call.weights + (head * static_cast<std::size_t>(call.tokens) + token) * keys;
        for (std::size_t i = 0; i < keys; ++i) {
            place[i] = shares[i];
        }
    }
}

template <int Count, class T>
inline void attendRows(const AttentionCall& call, std::size_t head, std::size_t first, const HeadMemory& memory) {
    const std::size_t width = static_cast<std::size_t>(call.heads) * headSize;
    const T* const rows = static_cast<const T*>(call.queryKeyValue) + first * 3 * width + head * headSize;
    for (std::size_t r = 0; r < Count; ++r) {
        copyHead(rows + r * 3 * width, memory.queries + r * headSize);
    }
    scoreRows<Count>(Rows{memory.queries, headSize}, memory);
    mixRows<Count>(memory, static_cast<T*>(call.mixed) + first * width + head * headSize, width);
    if (call.weights != nullptr || (call.classShares != nullptr && first == 0)) {
        for (std::size_t r = 0; r < Count; ++r) {
            giveShares(call, head, first + r, memory.scores + r * memory.stride, memory.keys);
        }
    }
}

template <class T>
inline void attend(const AttentionCall& call, const HeadMemory& memory) {
    const auto tokens = static_cast<std::size_t>(call.tokens);
    for (std::size_t head = 0; head < static_cast<std::size_t>(call.heads); ++head) {
        packHead<T>(call, head, memory);
        std::size_t row = 0;
        for (; row + tileRows <= tokens; row += tileRows) {
            attendRows<tileRows, T>(call, head, row, memory);
        }
        for (; row + 4 <= tokens; row += 4) {
            attendRows<4, T>(call, head, row, memory);
        }
        for (; row < tokens; ++row) {
            attendRows<1, T>(call, head, row, memory);
        }
    }
}

/// attentionScratch() of these vectors, in floats.
inline std::size_t scratchOfAttention(int tokens, int prefix) {
    const auto keys = static_cast<std::size_t>(tokens + prefix);
    const std::size_t stride = panelsOf(keys) * panelWidth;
    return (stride + keys + tileRows) * headSize + tileRows * stride;
}

inline void attendInFloats(const AttentionCall& call, float* scratch) {
    const HeadMemory memory = memoryOf(call, scratch);
    if (call.element == Element::F32) {
        attend<float>(call, memory);
    } else {
        attend<Bfloat16>(call, memory);
    }
}

} // namespace
} // namespace livegloss::kernels
