#include "amx_rows.h"
#include "linear_backends.h"
#include "panels.h"

#include <algorithm>

namespace livegloss::kernels {
namespace {

// Compiled for any processor: AlignedBuffer's code must not come from a file that needs AVX-512.

class NarrowLinear final : public Linear {
public:
    NarrowLinear(const LinearSpec& spec, Weights weights, Weights bias) : Linear(spec) {
        packPanels(spec, weights, bias, narrowPanelWidth, toBfloat16, panels_, bias_);
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

} // namespace livegloss::kernels
