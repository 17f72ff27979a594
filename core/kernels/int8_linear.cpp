#include "kernels/int8_linear.h"

#include "int8_steps.h"
#include "int8_weights.h"
#include "portable_activation.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace livegloss::kernels {
namespace {

constexpr float weightSteps = 127.0F;

/// What the other backends have to equal.
class PortableInt8Linear final : public Linear {
public:
    PortableInt8Linear(const LinearSpec& spec, Int8Weights weights) : Linear(spec), weights_(std::move(weights)) {}
    std::size_t bytes() const override {
        return weights_.values.size() + (weights_.bias.size() * 3 + weights_.inverseScales.size()) * sizeof(float);
    }

    void run(const void* source, int rows, int sourceStride, void* destination, Workspace& space) const override {
        for (int row = 0; row < rows; ++row) {
            const auto from = static_cast<std::size_t>(row) * strideOf(sourceStride);
            const auto to = static_cast<std::size_t>(row) * weights_.bias.size();
            runRow(static_cast<const float*>(source) + from, static_cast<float*>(destination) + to, space);
        }
    }

private:
    void runRow(const float* source, float* destination, Workspace& space) const {
        const auto inputs = static_cast<std::size_t>(spec().inputs);
        const std::size_t outputs = weights_.bias.size();
        float* const scaled = space.rows.room<float>(inputs);
        float low = 0.0F;
        float high = 0.0F;
        bool numbers = true;
        for (std::size_t input = 0; input < inputs; ++input) {
            scaled[input] = source[input] * weights_.inverseScales[input];
            low = std::min(low, scaled[input]);
            high = std::max(high, scaled[input]);
            numbers = numbers && !std::isnan(scaled[input]);
        }
        const RowSteps steps = numbers ? stepsBetween(low, high, weights_.levels) : stepsOfNoNumbers();
        std::int32_t* const sums = space.strip.room<std::int32_t>(outputs);
        std::fill_n(sums, outputs, 0);
        for (std::size_t input = 0; input < inputs; ++input) {
            const float place = std::nearbyint(scaled[input] * steps.inverse) + static_cast<float>(steps.zero);
            // No number becomes 0 as well.
            const int number =
                place > 0.0F ? static_cast<int>(std::min(place, static_cast<float>(weights_.levels))) : 0;
            const std::int8_t* const weights = weights_.values.data() + input * outputs;
            for (std::size_t output = 0; output < outputs; ++output) {
                sums[output] += number * weights[output];
            }
        }
        for (std::size_t output = 0; output < outputs; ++output) {
            const auto sum = static_cast<float>(sums[output] - steps.zero * weights_.columnSums[output]);
            const float value =
                activated(sum * weights_.units[output] * steps.step + weights_.bias[output], spec().activation);
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
#ifdef LIVEGLOSS_WITH_AVX2
    if (backend == Backend::Avx2) {
        return set > InstructionSet::Portable;
    }
#endif
#ifdef LIVEGLOSS_WITH_ONEDNN
    if (backend == Backend::OneDnn) {
        return set > InstructionSet::Portable && oneDnnMultipliesInt8();
    }
#endif
#ifdef LIVEGLOSS_WITH_AVX512
    if (backend == Backend::Avx512) {
        return set >= InstructionSet::Vnni;
    }
#endif
#ifdef LIVEGLOSS_WITH_AMX
    if (backend == Backend::Amx) {
        return set >= InstructionSet::Amx;
    }
#endif
    return backend == Backend::Portable;
}

Backend bestInt8Backend(InstructionSet set) {
    for (const Backend own : {Backend::Amx, Backend::Avx512}) {
        if (int8Available(own, set)) {
            return own;
        }
    }
    return int8Available(Backend::OneDnn, set) ? Backend::OneDnn : exactInt8Backend(set);
}

Backend exactInt8Backend(InstructionSet set) {
    return int8Available(Backend::Avx2, set) ? Backend::Avx2 : Backend::Portable;
}

Int8Weights int8Weights(const LinearSpec& spec, std::span<const float> weights, std::span<const float> bias,
                        std::span<const float> channelScales, int levels) {
    const auto inputs = static_cast<std::size_t>(spec.inputs);
    const auto outputs = static_cast<std::size_t>(spec.outputs);
    std::vector<float> scales(channelScales.begin(), channelScales.end());
    scales.resize(inputs, 1.0F);
    Int8Weights result;
    result.levels = levels;
    result.values.resize(inputs * outputs);
    result.columnSums.resize(outputs);
    result.units.resize(outputs);
    result.bias.assign(bias.begin(), bias.end());
    result.bias.resize(outputs, 0.0F);
    for (const float scale : scales) {
        result.inverseScales.push_back(1.0F / scale);
    }
    for (std::size_t output = 0; output < outputs; ++output) {
        float largest = 0.0F;
        for (std::size_t input = 0; input < inputs; ++input) {
            largest = std::max(largest, std::abs(weights[input * outputs + output] * scales[input]));
        }
        const float unit = largest > 0.0F ? largest / weightSteps : 1.0F;
        for (std::size_t input = 0; input < inputs; ++input) {
            const float value = std::nearbyint(weights[input * outputs + output] * scales[input] / unit);
            result.values[input * outputs + output] =
                static_cast<std::int8_t>(std::clamp(value, -weightSteps, weightSteps));
            result.columnSums[output] += result.values[input * outputs + output];
        }
        result.units[output] = unit;
    }
    return result;
}

std::unique_ptr<Linear> makeInt8Linear(const LinearSpec& spec, std::span<const float> weights,
                                       std::span<const float> bias, std::span<const float> channelScales, int levels,
                                       Backend backend) {
    const bool sizesFit =
        spec.inputs > 0 && spec.outputs > 0 &&
        weights.size() == static_cast<std::size_t>(spec.inputs) * static_cast<std::size_t>(spec.outputs) &&
        (bias.empty() || bias.size() == static_cast<std::size_t>(spec.outputs)) &&
        (channelScales.empty() || channelScales.size() == static_cast<std::size_t>(spec.inputs));
    const bool floats = spec.source == Element::F32 && spec.destination == Element::F32;
    const bool plain = (floats || backend == Backend::Amx) &&
                       (!spec.accumulate || (spec.activation == Activation::None && spec.destination == Element::F32));
    const bool scalesFit =
        std::ranges::all_of(channelScales, [](float scale) { return std::isnormal(scale) && scale > 0.0F; });
    if (!sizesFit || !plain || !scalesFit || levels < 1 || levels > 255) {
        throw std::invalid_argument("an 8-bit layer whose sizes, scales or use of its destination do not fit");
    }
    Int8Weights quantised = int8Weights(spec, weights, bias, channelScales, levels);
    if (backend == Backend::Portable) {
        return std::make_unique<PortableInt8Linear>(spec, std::move(quantised));
    }
#ifdef LIVEGLOSS_WITH_AVX2
    if (backend == Backend::Avx2) {
        return makeFloatInt8Linear(spec, std::move(quantised));
    }
#endif
#ifdef LIVEGLOSS_WITH_AVX512
    if (backend == Backend::Avx512) {
        return makeVnniLinear(spec, std::move(quantised));
    }
#endif
#ifdef LIVEGLOSS_WITH_AMX
    if (backend == Backend::Amx) {
        return makeAmxInt8Linear(spec, std::move(quantised));
    }
#endif
#ifdef LIVEGLOSS_WITH_ONEDNN
    if (backend == Backend::OneDnn) {
        return makeOneDnnInt8Linear(spec, std::move(quantised));
    }
#endif
    throw std::invalid_argument("this build has no such 8-bit layer");
}

} // namespace livegloss::kernels
