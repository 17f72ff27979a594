#pragma once

#include "kernels/int8_linear.h"

#include <cstdint>
#include <vector>

namespace livegloss::kernels {

/// A layer's weights in 8 bits, and what takes its source there and its sums back:
/// result = activation((sum - offset) * scale + bias), sum over round(source * inverseStep) + zero, cut to 0..levels.
struct Int8Weights {
    float inverseStep = 1.0F;
    int zero = 0;
    int levels = 127;
    std::vector<std::int8_t> values;   ///< [inputs, outputs]
    std::vector<std::int32_t> offsets; ///< [outputs]: `zero` times the sum of the output's weights
    std::vector<float> scales;         ///< [outputs]
    std::vector<float> bias;           ///< [outputs]
};
Int8Weights int8Weights(const LinearSpec& spec, std::span<const float> weights, std::span<const float> bias,
                        SourceRange range, int levels);

#ifdef LIVEGLOSS_WITH_ONEDNN
std::unique_ptr<Linear> makeOneDnnInt8Linear(const LinearSpec& spec, Int8Weights weights);
/// Whether oneDNN has such a product on this processor.
bool oneDnnMultipliesInt8();
#endif

} // namespace livegloss::kernels
