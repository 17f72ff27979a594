#include "amx_kernels.h"

#include "amx_attention.h"
#include "avx2_rows.h"
#include "avx512_rows.h"
#include "linear_backends.h"

#include <algorithm>

namespace livegloss::kernels {
namespace {

// Compiled for any processor: AlignedBuffer's code must not come from a file that needs AVX-512.

class NarrowLinear final : public Linear {
public:
    NarrowLinear(const LinearSpec& spec, Weights weights, Weights bias) : Linear(spec) {
        const auto inputs = static_cast<std::size_t>(spec.inputs);
        const auto outputs = static_cast<std::size_t>(spec.outputs);
        const std::size_t panels = (outputs + narrowPanelWidth - 1) / narrowPanelWidth;
        Bfloat16* const packed = panels_.room<Bfloat16>(panels * inputs * narrowPanelWidth);
        std::fill_n(packed, panels * inputs * narrowPanelWidth, Bfloat16{0});
        for (std::size_t input = 0; input < inputs; ++input) {
            for (std::size_t output = 0; output < outputs; ++output) {
                const std::size_t panel = output / narrowPanelWidth;
                packed[(panel * inputs + input) * narrowPanelWidth + output % narrowPanelWidth] =
                    toBfloat16(weights[input * outputs + output]);
            }
        }
        float* const padded = bias_.room<float>(panels * narrowPanelWidth);
        std::fill_n(padded, panels * narrowPanelWidth, 0.0F);
        std::ranges::copy(bias, padded);
    }
    std::size_t bytes() const override { return panels_.bytes() + bias_.bytes(); }

    void run(const void* source, int rows, int sourceStride, void* destination, Workspace& /*space*/) const override {
        NarrowProduct product;
        product.source = static_cast<const float*>(source);
        product.sourceStride = strideOf(sourceStride);
        product.rows = static_cast<std::size_t>(std::max(rows, 0));
        product.inputs = static_cast<std::size_t>(spec().inputs);
        product.outputs = static_cast<std::size_t>(spec().outputs);
        product.panels = panels_.as<Bfloat16>();
        product.bias = bias_.as<float>();
        product.destination = static_cast<float*>(destination);
        product.activation = spec().activation;
        product.accumulate = spec().accumulate;
        multiplyNarrow(product);
    }

private:
    AlignedBuffer panels_;
    AlignedBuffer bias_;
};

} // namespace

std::unique_ptr<Linear> makeNarrowLinear(const LinearSpec& spec, Weights weights, Weights bias) {
    return std::make_unique<NarrowLinear>(spec, weights, bias);
}

void attentionAmx(const AttentionCall& call, Workspace& space) {
    if (call.element == Element::F32) {
        return attentionAvx2(call, space);
    }
    attendAmx(call, space.attention.room<float>(attentionScratchAmx(call.tokens, call.prefix)));
}

void gatherAvx512(const GatherCall& call, Workspace& space) {
    gatherRowsAvx512(call, space.attention.room<float>(gatherScratchAvx512(call.tokens, call.width, call.heads)));
}

} // namespace livegloss::kernels
