#include "vnni_linear.h"

#include "take_back.h"

#include <cstring>

namespace livegloss::kernels {
namespace {

constexpr std::size_t tileRows = 12; ///< with two vectors each they fill 24 of the 32 registers
constexpr std::size_t groupBytes = vnniPanelWidth * vnniGroup;

inline __m512i spread(const std::uint8_t* group) {
    int four;
    std::memcpy(&four, group, sizeof(four));
    return _mm512_set1_epi32(four);
}

/// sum[r] = rows[r] . panel, for `Count` rows and 32 outputs.
template <int Count>
inline void multiplyTile(const VnniProduct& product, const std::uint8_t* rows, const std::int8_t* panel,
                         __m512i (&sum)[Count][2]) {
    // Only constant places are used in this array, so that all of it stays in registers; callers loop over `sum`.
    __m512i inRegisters[Count][2];
#pragma GCC unroll 12
    for (int row = 0; row < Count; ++row) {
        inRegisters[row][0] = _mm512_setzero_si512();
        inRegisters[row][1] = _mm512_setzero_si512();
    }
    const std::size_t stride = product.sourceStride;
    for (std::size_t group = 0; group < product.groups; ++group, rows += vnniGroup, panel += groupBytes) {
        const __m512i first = _mm512_loadu_si512(panel);
        const __m512i second = _mm512_loadu_si512(panel + groupBytes / 2);
#pragma GCC unroll 12
        for (int row = 0; row < Count; ++row) {
            const __m512i values = spread(rows + static_cast<std::size_t>(row) * stride);
            inRegisters[row][0] = _mm512_dpbusd_epi32(inRegisters[row][0], values, first);
            inRegisters[row][1] = _mm512_dpbusd_epi32(inRegisters[row][1], values, second);
        }
    }
#pragma GCC unroll 12
    for (int row = 0; row < Count; ++row) {
        sum[row][0] = inRegisters[row][0];
        sum[row][1] = inRegisters[row][1];
    }
}

template <Activation activation>
inline void finish(const VnniProduct& product, std::size_t row, std::size_t output, __m512i sums) {
    if (output >= product.outputs) {
        return;
    }
    float* const place = product.destination + row * product.outputs + output;
    const __mmask16 lanes = firstLanes(product.outputs - output);
    Wide value = _mm512_add_ps(takenBack(product.back, sums, row, output), loadWide(product.bias + output));
    value = wideActivated(value, activation);
    if (product.accumulate) {
        value = _mm512_add_ps(value, loadWide(place, lanes));
    }
    storeWide(place, value, lanes);
}

template <Activation activation, int Count>
inline void runTile(const VnniProduct& product, std::size_t row, std::size_t output) {
    __m512i sum[Count][2];
    multiplyTile<Count>(product, product.source + row * product.sourceStride,
                        product.panels + output * product.groups * vnniGroup, sum);
    for (std::size_t r = 0; r < Count; ++r) {
        finish<activation>(product, row + r, output, sum[r][0]);
        finish<activation>(product, row + r, output + wideLanes, sum[r][1]);
    }
}

template <Activation activation>
inline void multiply(const VnniProduct& product) {
    for (std::size_t output = 0; output < product.outputs; output += vnniPanelWidth) {
        std::size_t row = 0;
        for (; row + tileRows <= product.rows; row += tileRows) {
            runTile<activation, tileRows>(product, row, output);
        }
        for (; row + 4 <= product.rows; row += 4) {
            runTile<activation, 4>(product, row, output);
        }
        for (; row < product.rows; ++row) {
            runTile<activation, 1>(product, row, output);
        }
    }
}

} // namespace

void multiplyVnni(const VnniProduct& product) {
    switch (product.activation) {
    case Activation::Silu:
        return multiply<Activation::Silu>(product);
    case Activation::Gelu:
        return multiply<Activation::Gelu>(product);
    case Activation::Relu:
        return multiply<Activation::Relu>(product);
    case Activation::None:
        return multiply<Activation::None>(product);
    }
}

} // namespace livegloss::kernels
