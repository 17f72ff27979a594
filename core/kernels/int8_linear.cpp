#include "kernels/int8_linear.h"

#include "int8_weights.h"
#include "portable_activation.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace livegloss::kernels {
namespace {

constexpr float weightSteps = 127.0F;

/// What the other backend has to equal.
class PortableInt8Linear final : public Linear {
public:
    PortableInt8Linear(const LinearSpec& spec, Int8Weights weights) : Linear(spec), weights_(std::move(weights)) {}
    std::size_t bytes() const override { return weights_.values.size() + weights_.bias.size() * 3 * sizeof(float); }

    void run(const void* source, int rows, int sourceStride, void* destination, Workspace& space) const override {
        for (int row = 0; row < rows; ++row) {
            const auto from = static_cast<std::size_t>(row) * strideOf(sourceStride);
            const auto to = static_cast<std::size_t>(row) * weights_.bias.size();
            runRow(static_cast<const float*>(source) + from, static_cast<float*>(destination) + to, space);
        }
    }

private:
    void runRow(const float* source, float* destination, Workspace& space) const {
        const std::size_t outputs = weights_.bias.size();
        std::int32_t* const sums = space.strip.room<std::int32_t>(outputs);
        std::fill_n(sums, outputs, 0);
        for (std::size_t input = 0; input < static_cast<std::size_t>(spec().inputs); ++input) {
            const float step = std::nearbyint(source[input] * weights_.inverseStep) + static_cast<float>(weights_.zero);
            const int value = static_cast<int>(std::clamp(step, 0.0F, static_cast<float>(weights_.levels)));
            const std::int8_t* const weights = weights_.values.data() + input * outputs;
            for (std::size_t output = 0; output < outputs; ++output) {
                sums[output] += value * weights[output];
            }
        }
        for (std::size_t output = 0; output < outputs; ++output) {
            const auto sum = static_cast<float>(sums[output] - weights_.offsets[output]);
            const float value = activated(sum * weights_.scales[output] + weights_.bias[output], spec().activation);
            destination[output] = spec().accumulate ? destination[output] + value : value;
        }
    }

    Int8Weights weights_;
};

} // namespace

int int8Levels(InstructionSet set) {
    return set >= InstructionSet::Vnni ? 255 : 127;
}

bool int8Available(Backend backend, [[maybe_unused]] InstructionSet set) {
#ifdef LIVEGLOSS_WITH_ONEDNN
    if (backend == Backend::OneDnn) {
        return set > InstructionSet::Portable && oneDnnMultipliesInt8();
    }
#endif
    return backend == Backend::Portable;
}

Backend bestInt8Backend(InstructionSet set) {
    return int8Available(Backend::OneDnn, set) ? Backend::OneDnn : Backend::Portable;
}

Int8Weights int8Weights(const LinearSpec& spec, std::span<const float> weights, std::span<const float> bias,
                        SourceRange range, int levels) {
    const auto inputs = static_cast<std::size_t>(spec.inputs);
    const auto outputs = static_cast<std::size_t>(spec.outputs);
    Int8Weights result;
    result.levels = levels;
    const float low = std::min(range.low, 0.0F);
    const float width = std::max(range.high, 0.0F) - low;
    const float step = width > 0.0F ? width / static_cast<float>(levels) : 1.0F;
    result.inverseStep = 1.0F / step;
    result.zero = static_cast<int>(std::nearbyint(-low * result.inverseStep));
    result.values.resize(inputs * outputs);
    result.offsets.resize(outputs);
    result.scales.resize(outputs);
    result.bias.assign(bias.begin(), bias.end());
    result.bias.resize(outputs, 0.0F);
    for (std::size_t output = 0; output < outputs; ++output) {
        float largest = 0.0F;
        for (std::size_t input = 0; input < inputs; ++input) {
            largest = std::max(largest, std::abs(weights[input * outputs + output]));
        }
        const float unit = largest > 0.0F ? largest / weightSteps : 1.0F;
        std::int32_t sum = 0;
        for (std::size_t input = 0; input < inputs; ++input) {
            const float value = std::nearbyint(weights[input * outputs + output] / unit);
            result.values[input * outputs + output] =
                static_cast<std::int8_t>(std::clamp(value, -weightSteps, weightSteps));
            sum += result.values[input * outputs + output];
        }
        result.offsets[output] = result.zero * sum;
        result.scales[output] = step * unit;
    }
    return result;
}

std::unique_ptr<Linear> makeInt8Linear(const LinearSpec& spec, std::span<const float> weights,
                                       std::span<const float> bias, SourceRange range, int levels, Backend backend) {
    const bool sizesFit =
        spec.inputs > 0 && spec.outputs > 0 &&
        weights.size() == static_cast<std::size_t>(spec.inputs) * static_cast<std::size_t>(spec.outputs) &&
        (bias.empty() || bias.size() == static_cast<std::size_t>(spec.outputs));
    const bool plain = spec.source == Element::F32 && spec.destination == Element::F32 &&
                       (!spec.accumulate || spec.activation == Activation::None);
    const bool rangeFits = std::isfinite(range.low) && std::isfinite(range.high) && range.low <= range.high;
    if (!sizesFit || !plain || !rangeFits || levels < 1 || levels > 255) {
        throw std::invalid_argument("an 8-bit layer whose sizes, range or use of its destination do not fit");
    }
    Int8Weights quantised = int8Weights(spec, weights, bias, range, levels);
    if (backend == Backend::Portable) {
        return std::make_unique<PortableInt8Linear>(spec, std::move(quantised));
    }
#ifdef LIVEGLOSS_WITH_ONEDNN
    if (backend == Backend::OneDnn) {
        return makeOneDnnInt8Linear(spec, std::move(quantised));
    }
#endif
    throw std::invalid_argument("this build has no such 8-bit layer");
}

} // namespace livegloss::kernels
