#pragma once

#include "kernels/linear.h"

#include <algorithm>
#include <span>

namespace livegloss::kernels {

/// Weights [inputs, outputs] as [panels][inputs][panelWidth] of what `convert` makes of them, and the bias as [panels *
/// panelWidth]; zeros past the last output.
template <class Convert>
void packPanels(const LinearSpec& spec, std::span<const float> weights, std::span<const float> bias,
                std::size_t panelWidth, Convert convert, AlignedBuffer& panels, AlignedBuffer& paddedBias) {
    using Value = decltype(convert(0.0F));
    const auto inputs = static_cast<std::size_t>(spec.inputs);
    const auto outputs = static_cast<std::size_t>(spec.outputs);
    const std::size_t padded = (outputs + panelWidth - 1) / panelWidth * panelWidth;
    Value* const packed = panels.room<Value>(padded * inputs);
    std::fill_n(packed, padded * inputs, Value{});
    for (std::size_t input = 0; input < inputs; ++input) {
        for (std::size_t output = 0; output < outputs; ++output) {
            const std::size_t panel = output / panelWidth;
            packed[(panel * inputs + input) * panelWidth + output % panelWidth] =
                convert(weights[input * outputs + output]);
        }
    }
    float* const values = paddedBias.room<float>(padded);
    std::fill_n(values, padded, 0.0F);
    std::ranges::copy(bias, values);
}

} // namespace livegloss::kernels
