#include "avx2_linear.h"

#include "avx2_activation.h"
#include "avx2_tile.h"

namespace livegloss::kernels {
namespace {

static_assert(panelWidth == avx2PanelWidth && tileRows == avx2TileRows);

inline std::size_t smaller(std::size_t a, std::size_t b) {
    return a < b ? a : b;
}

/// One tile's place in the product.
struct Place {
    std::size_t row;
    std::size_t output;
    bool first; ///< of the blocks along the depth
    bool last;
};

template <class T>
inline void finishRow(const Avx2Product& product, std::size_t row, std::size_t output, Vector (&value)[2]) {
    T* const place = static_cast<T*>(product.destination) + row * product.outputs + output;
    value[0] = activated(_mm256_add_ps(value[0], load(product.bias + output)), product.activation);
    value[1] = activated(_mm256_add_ps(value[1], load(product.bias + output + lanes)), product.activation);
    if (output + panelWidth <= product.outputs) {
        if (product.accumulate) {
            value[0] = _mm256_add_ps(value[0], load(place));
            value[1] = _mm256_add_ps(value[1], load(place + lanes));
        }
        store(place, value[0]);
        store(place + lanes, value[1]);
        return;
    }
    T tail[panelWidth] = {};
    const std::size_t left = product.outputs - output;
    if (product.accumulate) {
        for (std::size_t i = 0; i < left; ++i) {
            tail[i] = place[i];
        }
        value[0] = _mm256_add_ps(value[0], load(tail));
        value[1] = _mm256_add_ps(value[1], load(tail + lanes));
    }
    store(tail, value[0]);
    store(tail + lanes, value[1]);
    for (std::size_t i = 0; i < left; ++i) {
        place[i] = tail[i];
    }
}

template <int Count, class Left>
inline void runTile(const Avx2Product& product, const Left& left, const float* panel, std::size_t depth,
                    const Place& place) {
    Vector sum[Count][2];
    multiplyTile<Count>(left, panel, panelWidth, depth, sum);
    for (int r = 0; r < Count; ++r) {
        const std::size_t row = place.row + static_cast<std::size_t>(r);
        float* const partial = product.strip + row * panelWidth;
        if (!place.first) {
            sum[r][0] = _mm256_add_ps(sum[r][0], load(partial));
            sum[r][1] = _mm256_add_ps(sum[r][1], load(partial + lanes));
        }
        if (!place.last) {
            store(partial, sum[r][0]);
            store(partial + lanes, sum[r][1]);
        } else if (product.element == Element::F32) {
            finishRow<float>(product, row, place.output, sum[r]);
        } else {
            finishRow<Bfloat16>(product, row, place.output, sum[r]);
        }
    }
}

template <class Left>
inline void runRows(const Avx2Product& product, const Left& left, std::size_t count, const float* panel,
                    std::size_t depth, const Place& place) {
    switch (count) {
    case 6:
        return runTile<6>(product, left, panel, depth, place);
    case 5:
        return runTile<5>(product, left, panel, depth, place);
    case 4:
        return runTile<4>(product, left, panel, depth, place);
    case 3:
        return runTile<3>(product, left, panel, depth, place);
    case 2:
        return runTile<2>(product, left, panel, depth, place);
    default:
        return runTile<1>(product, left, panel, depth, place);
    }
}

/// Groups of six rows, each as [depth][6], block of depth after block of depth.
void repackRows(const Avx2Product& product) {
    const std::size_t groups = (product.rows + tileRows - 1) / tileRows;
    for (std::size_t begin = 0; begin < product.depth; begin += avx2BlockDepth) {
        const std::size_t depth = smaller(avx2BlockDepth, product.depth - begin);
        for (std::size_t group = 0; group < groups; ++group) {
            float* const place = product.packed + (begin * groups + group * depth) * tileRows;
            const std::size_t count = smaller(tileRows, product.rows - group * tileRows);
            for (std::size_t r = 0; r < count; ++r) {
                const float* const row = product.source + (group * tileRows + r) * product.sourceStride + begin;
                for (std::size_t d = 0; d < depth; ++d) {
                    place[d * tileRows + r] = row[d];
                }
            }
        }
    }
}

/// Asks for the weights of the next block while this one is at work: `part` of `parts` of its cache lines.
inline void prefetchNext(const float* panel, std::size_t depth, std::size_t part, std::size_t parts) {
    constexpr std::size_t line = 64 / sizeof(float);
    const std::size_t lines = depth * panelWidth / line;
    const float* const next = panel + depth * panelWidth;
    for (std::size_t i = lines * part / parts; i < lines * (part + 1) / parts; ++i) {
        _mm_prefetch(reinterpret_cast<const char*>(next + i * line), _MM_HINT_T1);
    }
}

} // namespace

void multiplyAvx2(const Avx2Product& product) {
    if (product.packed != nullptr) {
        repackRows(product);
    }
    const std::size_t groups = (product.rows + tileRows - 1) / tileRows;
    for (std::size_t output = 0; output < product.outputs; output += panelWidth) {
        const float* const panels = product.panels + output * product.depth;
        for (std::size_t begin = 0; begin < product.depth; begin += avx2BlockDepth) {
            const std::size_t depth = smaller(avx2BlockDepth, product.depth - begin);
            const float* const panel = panels + begin * panelWidth;
            for (std::size_t group = 0; group < groups; ++group) {
                prefetchNext(panel, depth, group, groups);
                const std::size_t row = group * tileRows;
                const std::size_t count = smaller(tileRows, product.rows - row);
                const Place place{row, output, begin == 0, begin + depth == product.depth};
                if (product.packed != nullptr) {
                    const PackedRows left{product.packed + (begin * groups + group * depth) * tileRows};
                    runRows(product, left, count, panel, depth, place);
                } else {
                    const Rows left{product.source + row * product.sourceStride + begin, product.sourceStride};
                    runRows(product, left, count, panel, depth, place);
                }
            }
        }
    }
}

void widenAvx2(const Bfloat16* source, std::size_t sourceStride, std::size_t rows, std::size_t width, float* result) {
    for (std::size_t row = 0; row < rows; ++row) {
        const Bfloat16* const from = source + row * sourceStride;
        float* const to = result + row * width;
        std::size_t i = 0;
        for (; i + lanes <= width; i += lanes) {
            store(to + i, load(from + i));
        }
        Bfloat16 tail[lanes] = {};
        float wide[lanes];
        for (std::size_t j = i; j < width; ++j) {
            tail[j - i] = from[j];
        }
        store(wide, load(tail));
        for (std::size_t j = i; j < width; ++j) {
            to[j] = wide[j - i];
        }
    }
}

} // namespace livegloss::kernels
