#include "amx_attention.h"

#include "amx_block.h"
#include "narrow_stores.h"

namespace livegloss::kernels {
namespace {

constexpr std::size_t headSize = headWidth;
constexpr std::size_t stepDepth = stepBytes / sizeof(Bfloat16);
constexpr std::size_t stepValues = rightStepBytes / sizeof(Bfloat16);
constexpr std::size_t headSteps = headSize / stepDepth;

/// Scratch of one head. Keys are rounded up to whole blocks of 32; what is past them is zero.
struct HeadMemory {
    std::size_t keys;      ///< tokens and prefixes
    std::size_t blocks;    ///< of 32 keys
    float* scores;         ///< [32][stride]
    float* mixed;          ///< [32][64]
    Bfloat16* keyTiles;    ///< [blocks][headSteps][stepValues]: keys are the outputs
    Bfloat16* valueTiles;  ///< [2][blocks][stepValues]: keys are the depth
    Bfloat16* shares;      ///< [32][stride], not yet divided by their sum
    Bfloat16* lastQueries; ///< [32][64]
    Bfloat16* staged;      ///< [32][64]

    std::size_t stride() const { return blocks * blockSide; }
};

inline std::size_t blocksOf(std::size_t keys) {
    return (keys + blockSide - 1) / blockSide;
}

inline HeadMemory memoryOf(const AttentionCall& call, float* scratch) {
    HeadMemory memory{};
    memory.keys = static_cast<std::size_t>(call.tokens + call.prefix);
    memory.blocks = blocksOf(memory.keys);
    memory.scores = scratch;
    memory.mixed = memory.scores + blockSide * memory.stride();
    auto* const narrowPart = reinterpret_cast<Bfloat16*>(memory.mixed + blockSide * headSize);
    memory.keyTiles = narrowPart;
    memory.valueTiles = memory.keyTiles + memory.blocks * headSteps * stepValues;
    memory.shares = memory.valueTiles + 2 * memory.blocks * stepValues;
    memory.lastQueries = memory.shares + blockSide * memory.stride();
    memory.staged = memory.lastQueries + blockSide * headSize;
    return memory;
}

inline void copyHead(const Bfloat16* from, Bfloat16* to) {
    _mm512_storeu_si512(to, _mm512_loadu_si512(from));
    _mm512_storeu_si512(to + headSize / 2, _mm512_loadu_si512(from + headSize / 2));
}
inline void clearHead(Bfloat16* to) {
    _mm512_storeu_si512(to, _mm512_setzero_si512());
    _mm512_storeu_si512(to + headSize / 2, _mm512_setzero_si512());
}
inline void narrowHead(const float* from, Bfloat16* to) {
    for (std::size_t i = 0; i < headSize; i += wideLanes) {
        storeWide(to + i, loadWide(from + i));
    }
}

/// Rows of 16 pairs -> 16 columns of them: the words whose places differ in one bit change sides, bit after bit.
inline void transposePairs(const Bfloat16* from, std::size_t stride, Bfloat16* to) {
    __m512i rows[tileSide];
    for (std::size_t i = 0; i < tileSide; ++i) {
        rows[i] = _mm512_loadu_si512(from + i * stride);
    }
    const __m512i places = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
#pragma GCC unroll 4
    for (int bit = 1; bit < 16; bit *= 2) {
        const __m512i bits = _mm512_set1_epi32(bit);
        const __mmask16 right = _mm512_test_epi32_mask(places, bits);
        // 16 and more name words of the second row.
        const __m512i toUpper = _mm512_mask_add_epi32(places, right, places, _mm512_set1_epi32(16 - bit));
        const __m512i toLower =
            _mm512_mask_add_epi32(_mm512_add_epi32(places, bits), right, places, _mm512_set1_epi32(16));
#pragma GCC unroll 16
        for (int i = 0; i < 16; ++i) {
            if ((i & bit) == 0) {
                const __m512i upper = rows[i];
                const __m512i lower = rows[i + bit];
                rows[i] = _mm512_permutex2var_epi32(upper, toUpper, lower);
                rows[i + bit] = _mm512_permutex2var_epi32(upper, toLower, lower);
            }
        }
    }
    for (std::size_t i = 0; i < tileSide; ++i) {
        _mm512_storeu_si512(to + i * stepDepth, rows[i]);
    }
}

/// Two rows of 64 values -> their pairs, 16 in each tile of two blocks `blockStep` values apart.
inline void interleave(const Bfloat16* first, const Bfloat16* second, Bfloat16* to, std::size_t blockStep) {
    alignas(64) static constexpr std::uint16_t lowerHalf[32] = {0,  32, 1,  33, 2,  34, 3,  35, 4,  36, 5,
                                                                37, 6,  38, 7,  39, 8,  40, 9,  41, 10, 42,
                                                                11, 43, 12, 44, 13, 45, 14, 46, 15, 47};
    const __m512i lower = _mm512_load_si512(lowerHalf);
    const __m512i upper = _mm512_add_epi16(lower, _mm512_set1_epi16(16));
    for (std::size_t block = 0; block < 2; ++block, first += 32, second += 32, to += blockStep) {
        const __m512i a = _mm512_loadu_si512(first);
        const __m512i b = _mm512_loadu_si512(second);
        _mm512_storeu_si512(to, _mm512_permutex2var_epi16(a, lower, b));
        _mm512_storeu_si512(to + stepValues / 2, _mm512_permutex2var_epi16(a, upper, b));
    }
}

/// 32 keys or values of one head from `first` on, as rows; zeros past the last.
inline void stageKeys(const AttentionCall& call, std::size_t head, std::size_t first, const HeadMemory& memory) {
    const std::size_t width = static_cast<std::size_t>(call.heads) * headSize;
    const auto tokens = static_cast<std::size_t>(call.tokens);
    const auto prefix = static_cast<std::size_t>(call.prefix);
    const Bfloat16* const keys = static_cast<const Bfloat16*>(call.queryKeyValue) + width + head * headSize;
    for (std::size_t i = 0; i < blockSide; ++i) {
        const std::size_t place = first + i;
        Bfloat16* const to = memory.staged + i * headSize;
        if (place < tokens) {
            copyHead(keys + place * 3 * width, to);
        } else if (place < memory.keys) {
            float key[headSize];
            for (std::size_t d = 0; d < headSize; ++d) {
                key[d] = call.prefixKeys[(head * headSize + d) * prefix + place - tokens];
            }
            narrowHead(key, to);
        } else {
            clearHead(to);
        }
    }
}
inline void stageValues(const AttentionCall& call, std::size_t head, std::size_t first, const HeadMemory& memory) {
    const std::size_t width = static_cast<std::size_t>(call.heads) * headSize;
    const auto tokens = static_cast<std::size_t>(call.tokens);
    const auto prefix = static_cast<std::size_t>(call.prefix);
    const Bfloat16* const values = static_cast<const Bfloat16*>(call.queryKeyValue) + 2 * width + head * headSize;
    for (std::size_t i = 0; i < blockSide; ++i) {
        const std::size_t place = first + i;
        Bfloat16* const to = memory.staged + i * headSize;
        if (place < tokens) {
            copyHead(values + place * 3 * width, to);
        } else if (place < memory.keys) {
            narrowHead(call.prefixValues + (head * prefix + place - tokens) * headSize, to);
        } else {
            clearHead(to);
        }
    }
}

inline void packHead(const AttentionCall& call, std::size_t head, const HeadMemory& memory) {
    for (std::size_t block = 0; block < memory.blocks; ++block) {
        stageKeys(call, head, block * blockSide, memory);
        for (std::size_t step = 0; step < headSteps; ++step) {
            Bfloat16* const to = memory.keyTiles + (block * headSteps + step) * stepValues;
            const Bfloat16* const from = memory.staged + step * stepDepth;
            transposePairs(from, headSize, to);
            transposePairs(from + tileSide * headSize, headSize, to + stepValues / 2);
        }
        stageValues(call, head, block * blockSide, memory);
        for (std::size_t pair = 0; pair < tileSide; ++pair) {
            const Bfloat16* const from = memory.staged + 2 * pair * headSize;
            interleave(from, from + headSize, memory.valueTiles + block * stepValues + pair * stepDepth,
                       memory.blocks * stepValues);
        }
    }
}

/// Scores of one row -> e^(score - largest), narrow, and, with `keepWide`, in place of the scores. Returns their sum.
inline float softenRow(float* scores, std::size_t keys, std::size_t stride, Bfloat16* shares, bool keepWide) {
    const std::size_t whole = keys / wideLanes * wideLanes;
    const __mmask16 rest = firstLanes(keys - whole);
    Wide largest = all(-3.0e38F);
    for (std::size_t i = 0; i < whole; i += wideLanes) {
        largest = _mm512_max_ps(largest, loadWide(scores + i));
    }
    if (whole < keys) {
        largest = _mm512_mask_max_ps(largest, rest, largest, loadWide(scores + whole));
    }
    const Wide scale = all(logTwoOfE);
    const Wide offset = all(-logTwoOfE * _mm512_reduce_max_ps(largest));
    Wide sum = _mm512_setzero_ps();
    for (std::size_t i = 0; i < stride; i += wideLanes) {
        Wide value = powerOfTwo(_mm512_fmadd_ps(loadWide(scores + i), scale, offset));
        if (i >= whole) {
            value = _mm512_maskz_mov_ps(i == whole ? rest : static_cast<__mmask16>(0), value);
        }
        sum = _mm512_add_ps(sum, value);
        storeWide(shares + i, value);
        if (keepWide) {
            storeWide(scores + i, value);
        }
    }
    return _mm512_reduce_add_ps(sum);
}

inline void giveShares(const AttentionCall& call, std::size_t head, std::size_t token, const float* shares,
                       std::size_t keys, float inverse) {
    if (call.classShares != nullptr && token == 0) {
        for (std::size_t i = 0; i < keys; ++i) {
            call.classShares[i] += shares[i] * inverse / static_cast<float>(call.heads);
        }
    }
    if (call.weights != nullptr) {
        float* const place = call.weights + (head * static_cast<std::size_t>(call.tokens) + token) * keys;
        for (std::size_t i = 0; i < keys; ++i) {
            place[i] = shares[i] * inverse;
        }
    }
}

/// Up to 32 queries from `first` on.
inline void attendRows(const AttentionCall& call, std::size_t head, std::size_t first, const HeadMemory& memory) {
    const std::size_t width = static_cast<std::size_t>(call.heads) * headSize;
    const std::size_t left = static_cast<std::size_t>(call.tokens) - first;
    const std::size_t count = left < blockSide ? left : blockSide;
    const Bfloat16* const rows = static_cast<const Bfloat16*>(call.queryKeyValue) + first * 3 * width + head * headSize;
    TileRows queries = tileRows(rows, 3 * width);
    if (count < blockSide) {
        for (std::size_t i = 0; i < count; ++i) {
            copyHead(rows + i * 3 * width, memory.lastQueries + i * headSize);
        }
        queries = tileRows(memory.lastQueries, headSize); // what lies past them makes rows that nobody reads
    }
    const bool both = count > tileSide;
    const auto nothing = [] {};
    const std::size_t stride = memory.stride();
    memoryIsWritten();
    for (std::size_t block = 0; block < memory.blocks; ++block) {
        const Bfloat16* const keys = memory.keyTiles + block * headSteps * stepValues;
        float* const scores = memory.scores + block * blockSide;
        multiplyBlock<TileValues::Bf16>(both, queries, sixteenBelow(queries), keys, headSteps, scores, stride, nothing);
    }
    float inverse[blockSide];
    for (std::size_t row = 0; row < count; ++row) {
        const bool wanted = call.weights != nullptr || (call.classShares != nullptr && first + row == 0);
        float* const scores = memory.scores + row * stride;
        inverse[row] = 1.0F / softenRow(scores, memory.keys, stride, memory.shares + row * stride, wanted);
        if (wanted) {
            giveShares(call, head, first + row, scores, memory.keys, inverse[row]);
        }
    }
    memoryIsWritten();
    const TileRows shares = tileRows(memory.shares, stride);
    for (std::size_t half = 0; half < 2; ++half) {
        const Bfloat16* const values = memory.valueTiles + half * memory.blocks * stepValues;
        float* const mixed = memory.mixed + half * blockSide;
        multiplyBlock<TileValues::Bf16>(both, shares, sixteenBelow(shares), values, memory.blocks, mixed, headSize,
                                        nothing);
    }
    Bfloat16* const to = static_cast<Bfloat16*>(call.mixed) + first * width + head * headSize;
    for (std::size_t row = 0; row < count; ++row) {
        for (std::size_t i = 0; i < headSize; i += wideLanes) {
            storeWide(to + row * width + i,
                      _mm512_mul_ps(all(inverse[row]), loadWide(memory.mixed + row * headSize + i)));
        }
    }
}

} // namespace

std::size_t attentionScratchAmx(int tokens, int prefix) {
    const std::size_t blocks = blocksOf(static_cast<std::size_t>(tokens + prefix));
    const std::size_t floats = blockSide * (blocks * blockSide + headSize);
    const std::size_t narrowValues =
        blocks * (headSteps + 2) * stepValues + blockSide * blocks * blockSide + 2 * blockSide * headSize;
    return floats + narrowValues / 2;
}

void attendAmx(const AttentionCall& call, float* scratch) {
    const HeadMemory memory = memoryOf(call, scratch);
    const TilesInUse tiles;
    for (std::size_t i = 0; i < 2 * blockSide; ++i) {
        clearHead(memory.lastQueries + i * headSize);
    }
    for (std::size_t i = 0; i < blockSide * memory.stride(); i += wideLanes) {
        storeWide(memory.shares + i, _mm512_setzero_ps()); // rows that a tile reads and no query fills
    }
    for (std::size_t head = 0; head < static_cast<std::size_t>(call.heads); ++head) {
        packHead(call, head, memory);
        for (std::size_t row = 0; row < static_cast<std::size_t>(call.tokens); row += blockSide) {
            attendRows(call, head, row, memory);
        }
    }
}

} // namespace livegloss::kernels
