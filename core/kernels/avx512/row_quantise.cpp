#include "row_quantise.h"

#include "avx512_math.h"
#include "int8_steps.h"

namespace livegloss::kernels {
namespace {

template <class T>
inline Wide scaledAt(const T* from, const float* inverseScales, std::size_t place, __mmask16 lanes) {
    return _mm512_mul_ps(loadWide(from + place, lanes), loadWide(inverseScales + place, lanes));
}

template <class T>
inline RowSteps stepsOf(const RowQuantise& call, const T* from) {
    Wide low = _mm512_setzero_ps();
    Wide high = _mm512_setzero_ps();
    __mmask16 noNumbers = 0;
    for (std::size_t i = 0; i < call.width; i += wideLanes) {
        const Wide values = scaledAt(from, call.inverseScales, i, firstLanes(call.width - i));
        low = _mm512_min_ps(low, values);
        high = _mm512_max_ps(high, values);
        noNumbers = static_cast<__mmask16>(noNumbers | _mm512_cmp_ps_mask(values, values, _CMP_UNORD_Q));
    }
    return noNumbers == 0 ? stepsBetween(_mm512_reduce_min_ps(low), _mm512_reduce_max_ps(high), call.levels)
                          : stepsOfNoNumbers();
}

template <class T>
inline void quantiseRow(const RowQuantise& call, std::size_t row) {
    const T* const from = static_cast<const T*>(call.source) + row * call.stride;
    std::uint8_t* const to = call.result + row * call.resultStride;
    const RowSteps steps = stepsOf(call, from);
    call.steps[row] = steps.step;
    call.zeros[row] = steps.zero;
    const Wide inverse = all(steps.inverse);
    const __m512i zero = _mm512_set1_epi32(steps.zero);
    const __m512i most = _mm512_set1_epi32(call.levels);
    for (std::size_t i = 0; i < call.resultStride; i += wideLanes) {
        const __mmask16 lanes = i < call.width ? firstLanes(call.width - i) : static_cast<__mmask16>(0);
        const Wide values = scaledAt(from, call.inverseScales, i, lanes);
        const __m512i moved = _mm512_add_epi32(_mm512_cvtps_epi32(_mm512_mul_ps(values, inverse)), zero);
        const __m512i numbers = _mm512_min_epi32(_mm512_max_epi32(moved, _mm512_setzero_si512()), most);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), _mm512_maskz_cvtepi32_epi8(lanes, numbers));
    }
}

} // namespace

void quantiseRows(const RowQuantise& call) {
    for (std::size_t row = 0; row < call.rows; ++row) {
        if (call.element == Element::F32) {
            quantiseRow<float>(call, row);
        } else {
            quantiseRow<Bfloat16>(call, row);
        }
    }
}

} // namespace livegloss::kernels
