#include "kernels/row_kernels.h"

#include "amx/amx_kernels.h"
#include "amx/amx_rows.h"
#include "avx2_rows.h"
#include "avx512/avx512_rows.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace livegloss::kernels {
namespace {

constexpr double normEpsilon = 1e-5;

void layerNorm(const float* rows, int count, int width, float* result) {
    for (int row = 0; row < count; ++row) {
        const float* const from = rows + static_cast<std::ptrdiff_t>(row) * width;
        double mean = 0.0;
        for (int i = 0; i < width; ++i) {
            mean += static_cast<double>(from[i]);
        }
        mean /= width;
        double variance = 0.0;
        for (int i = 0; i < width; ++i) {
            variance += (static_cast<double>(from[i]) - mean) * (static_cast<double>(from[i]) - mean);
        }
        const double scale = 1.0 / std::sqrt(variance / width + normEpsilon);
        for (int i = 0; i < width; ++i) {
            result[static_cast<std::ptrdiff_t>(row) * width + i] =
                static_cast<float>((static_cast<double>(from[i]) - mean) * scale);
        }
    }
}

void narrow(const float* values, std::size_t count, Bfloat16* result) {
    std::transform(values, values + count, result, toBfloat16);
}

template <auto norm, auto toNarrow>
void inTurn(const float* rows, int count, int width, float* result, Bfloat16* narrowResult, Bfloat16* narrowRows) {
    const std::size_t values = static_cast<std::size_t>(count) * static_cast<std::size_t>(width);
    toNarrow(rows, values, narrowRows);
    norm(rows, count, width, result);
    toNarrow(result, values, narrowResult);
}

void softmax(std::vector<float>& scores) {
    const float largest = *std::ranges::max_element(scores);
    float sum = 0.0F;
    for (float& score : scores) {
        score = std::exp(score - largest);
        sum += score;
    }
    for (float& score : scores) {
        score /= sum;
    }
}

template <class T>
void attend(const AttentionCall& call) {
    const int width = call.heads * headWidth;
    const int keys = call.tokens + call.prefix;
    const auto* const rows = static_cast<const T*>(call.queryKeyValue);
    const auto at = [&](int token, int part, int head, int i) {
        return toFloat(rows[static_cast<std::ptrdiff_t>(token) * 3 * width + part * width + head * headWidth + i]);
    };
    std::vector<float> shares(static_cast<std::size_t>(keys));
    for (int head = 0; head < call.heads; ++head) {
        const auto key = [&](int place, int i) {
            return place < call.tokens ? at(place, 1, head, i)
                                       : call.prefixKeys[(head * headWidth + i) * call.prefix + place - call.tokens];
        };
        const auto value = [&](int place, int i) {
            return place < call.tokens ? at(place, 2, head, i)
                                       : call.prefixValues[(head * call.prefix + place - call.tokens) * headWidth + i];
        };
        for (int token = 0; token < call.tokens; ++token) {
            for (int place = 0; place < keys; ++place) {
                float score = 0.0F;
                for (int i = 0; i < headWidth; ++i) {
                    score += at(token, 0, head, i) * key(place, i);
                }
                shares[static_cast<std::size_t>(place)] = score;
            }
            softmax(shares);
            for (int i = 0; i < headWidth; ++i) {
                float sum = 0.0F;
                for (int place = 0; place < keys; ++place) {
                    sum += shares[static_cast<std::size_t>(place)] * value(place, i);
                }
                T& result =
                    static_cast<T*>(call.mixed)[static_cast<std::ptrdiff_t>(token) * width + head * headWidth + i];
                if constexpr (std::is_same_v<T, float>) {
                    result = sum;
                } else {
                    result = toBfloat16(sum);
                }
            }
            for (int place = 0; place < keys; ++place) {
                const float share = shares[static_cast<std::size_t>(place)];
                if (call.classShares != nullptr && token == 0) {
                    call.classShares[place] += share / static_cast<float>(call.heads);
                }
                if (call.weights != nullptr) {
                    call.weights[(static_cast<std::ptrdiff_t>(head) * call.tokens + token) * keys + place] = share;
                }
            }
        }
    }
}

void attention(const AttentionCall& call, Workspace& /*space*/) {
    call.element == Element::F32 ? attend<float>(call) : attend<Bfloat16>(call);
}

void gather(const GatherCall& call, Workspace& /*space*/) {
    std::vector<float> shares(static_cast<std::size_t>(call.tokens));
    const auto width = static_cast<std::size_t>(call.width);
    for (std::size_t head = 0; head < static_cast<std::size_t>(call.heads); ++head) {
        const float* const direction = call.direction + head * call.headStride;
        for (std::size_t token = 0; token < shares.size(); ++token) {
            shares[token] = 0.0F;
            for (std::size_t i = 0; i < width; ++i) {
                shares[token] += direction[i] * call.rows[token * width + i];
            }
        }
        softmax(shares);
        if (call.shares != nullptr) {
            std::ranges::copy(shares, call.shares + head * shares.size());
        }
        float* const average = call.average + head * call.headStride;
        std::fill_n(average, width, 0.0F);
        for (std::size_t token = 0; token < shares.size(); ++token) {
            for (std::size_t i = 0; i < width; ++i) {
                average[i] += shares[token] * call.rows[token * width + i];
            }
        }
    }
}

float sigmoid(float x) {
    return 1.0F / (1.0F + std::exp(-x));
}

void lstmStep(const float* gates, int hidden, float* cell, float* result) {
    for (int i = 0; i < hidden; ++i) {
        cell[i] = sigmoid(gates[hidden + i]) * cell[i] + sigmoid(gates[i]) * std::tanh(gates[2 * hidden + i]);
        result[i] = sigmoid(gates[3 * hidden + i]) * std::tanh(cell[i]);
    }
}

} // namespace

const RowKernels& rowKernels([[maybe_unused]] InstructionSet set) {
    static constexpr RowKernels portable{layerNorm, inTurn<layerNorm, narrow>, narrow, attention, gather, lstmStep};
#ifdef LIVEGLOSS_WITH_AVX2
    static constexpr RowKernels avx2{
        layerNormAvx2, inTurn<layerNormAvx2, narrowAvx2>, narrowAvx2, attentionAvx2, gatherAvx2, lstmStepAvx2};
#ifdef LIVEGLOSS_WITH_AVX512
    static constexpr RowKernels avx512{
        layerNormAvx512, inTurn<layerNormAvx512, narrowAvx2>, narrowAvx2, attentionAvx512, gatherAvx512, lstmStepAvx2};
#ifdef LIVEGLOSS_WITH_AMX
    static constexpr RowKernels amx{layerNormAvx512, layerNormNarrowAmx, narrowAmx,
                                    attentionAmx,    gatherAvx512,       lstmStepAvx2};
    if (set >= InstructionSet::Amx) {
        return amx;
    }
#endif
    if (set >= InstructionSet::Avx512) {
        return avx512;
    }
#endif
    if (set >= InstructionSet::Avx2) {
        return avx2;
    }
#endif
    return portable;
}

} // namespace livegloss::kernels
