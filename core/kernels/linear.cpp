#include "kernels/linear.h"

#include "linear_backends.h"
#include "portable_activation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace livegloss::kernels {
namespace {

/// What the other backends have to equal: every sum in the order of its inputs.
class PortableLinear final : public Linear {
public:
    PortableLinear(const LinearSpec& spec, Weights weights, Weights bias)
        : Linear(spec), weights_(weights.begin(), weights.end()), bias_(bias.begin(), bias.end()) {
        bias_.resize(static_cast<std::size_t>(spec.outputs), 0.0F);
        if (spec.source == Element::Bf16) {
            for (float& weight : weights_) {
                weight = toFloat(toBfloat16(weight));
            }
        }
    }
    std::size_t bytes() const override { return (weights_.size() + bias_.size()) * sizeof(float); }

    void run(const void* source, int rows, int sourceStride, void* destination, Workspace& space) const override {
        for (int row = 0; row < rows; ++row) {
            const std::size_t from = static_cast<std::size_t>(row) * strideOf(sourceStride);
            const std::size_t to = static_cast<std::size_t>(row) * static_cast<std::size_t>(spec().outputs);
            if (spec().source == Element::F32) {
                runRow(static_cast<const float*>(source) + from, destination, to, space);
            } else {
                runRow(static_cast<const Bfloat16*>(source) + from, destination, to, space);
            }
        }
    }

private:
    template <class T>
    void runRow(const T* source, void* destination, std::size_t place, Workspace& space) const {
        const auto outputs = static_cast<std::size_t>(spec().outputs);
        float* const sums = space.strip.room<float>(outputs);
        std::ranges::copy(bias_, sums);
        for (std::size_t input = 0; input < static_cast<std::size_t>(spec().inputs); ++input) {
            const float value = toFloat(source[input]);
            const float* const weights = weights_.data() + input * outputs;
            for (std::size_t output = 0; output < outputs; ++output) {
                sums[output] += value * weights[output];
            }
        }
        for (std::size_t output = 0; output < outputs; ++output) {
            const float value = activated(sums[output], spec().activation);
            if (spec().destination == Element::Bf16) {
                static_cast<Bfloat16*>(destination)[place + output] = toBfloat16(value);
            } else {
                float& result = static_cast<float*>(destination)[place + output];
                result = spec().accumulate ? result + value : value;
            }
        }
    }

    std::vector<float> weights_; ///< [inputs, outputs]
    std::vector<float> bias_;
};

} // namespace

std::string_view backendName(Backend backend) {
    constexpr std::array<std::string_view, 5> names{"portable", "avx2", "avx512", "onednn", "amx"};
    return names[static_cast<std::size_t>(backend)];
}

bool backendAvailable(Backend backend, [[maybe_unused]] Element element, [[maybe_unused]] InstructionSet set) {
    switch (backend) {
    case Backend::Portable:
        return true;
    case Backend::Avx2:
#ifdef LIVEGLOSS_WITH_AVX2
        return set >= InstructionSet::Avx2;
#else
        return false;
#endif
    case Backend::Avx512:
        return false;
    case Backend::OneDnn:
#ifdef LIVEGLOSS_WITH_ONEDNN
        return set > InstructionSet::Portable && oneDnnMultiplies(element);
#else
        return false;
#endif
    case Backend::Amx:
#ifdef LIVEGLOSS_WITH_AMX
        return set >= InstructionSet::Amx;
#else
        return false;
#endif
    }
    return false;
}

Backend bestBackend(Element element, InstructionSet set) {
    if (element == Element::Bf16 && backendAvailable(Backend::Amx, element, set)) {
        return Backend::Amx;
    }
    if (set > InstructionSet::Avx2 && backendAvailable(Backend::OneDnn, element, set)) {
        return Backend::OneDnn;
    }
    return backendAvailable(Backend::Avx2, element, set) ? Backend::Avx2 : Backend::Portable;
}

std::unique_ptr<Linear> makePortableLinear(const LinearSpec& spec, Weights weights, Weights bias) {
    return std::make_unique<PortableLinear>(spec, weights, bias);
}

std::unique_ptr<Linear> makeLinear(const LinearSpec& spec, Weights weights, Weights bias, Backend backend) {
    const bool sizesFit =
        spec.inputs > 0 && spec.outputs > 0 &&
        weights.size() == static_cast<std::size_t>(spec.inputs) * static_cast<std::size_t>(spec.outputs) &&
        (bias.empty() || bias.size() == static_cast<std::size_t>(spec.outputs));
    if (!sizesFit || (spec.accumulate && (spec.destination != Element::F32 || spec.activation != Activation::None))) {
        throw std::invalid_argument("a linear layer whose sizes, or whose use of its destination, do not fit");
    }
    switch (backend) {
    case Backend::Avx2:
#ifdef LIVEGLOSS_WITH_AVX2
        return makeAvx2Linear(spec, weights, bias);
#else
        break;
#endif
    case Backend::Avx512:
        break;
    case Backend::OneDnn:
#ifdef LIVEGLOSS_WITH_ONEDNN
        return makeOneDnnLinear(spec, weights, bias);
#else
        break;
#endif
    case Backend::Amx:
#ifdef LIVEGLOSS_WITH_AMX
        if (spec.source == Element::Bf16) {
            return makeAmxLinear(spec, weights, bias);
        }
        if (spec.destination == Element::F32) {
            return makeNarrowLinear(spec, weights, bias);
        }
        throw std::invalid_argument("no layer of AMX reads F32 and writes Bf16");
#else
        break;
#endif
    case Backend::Portable:
        return makePortableLinear(spec, weights, bias);
    }
    throw std::invalid_argument("this build has no such backend");
}

} // namespace livegloss::kernels
