#include "avx2_linear.h"
#include "linear_backends.h"
#include "panels.h"

#include <algorithm>

namespace livegloss::kernels {
namespace {

/// From here on, packing the rows once costs less than reading them where they lie for every panel.
constexpr std::size_t rowsWorthPacking = 24;
constexpr std::size_t outputsWorthPacking = 512;

class Avx2Linear final : public Linear {
public:
    Avx2Linear(const LinearSpec& spec, Weights weights, Weights bias) : Linear(spec) {
        const bool narrow = spec.source == Element::Bf16;
        const auto value = [narrow](float weight) { return narrow ? toFloat(toBfloat16(weight)) : weight; };
        packPanels(spec, weights, bias, avx2PanelWidth, value, panels_, bias_);
    }
    std::size_t bytes() const override { return panels_.bytes() + bias_.bytes(); }

    void run(const void* source, int rows, int sourceStride, void* destination, Workspace& space) const override {
        if (rows <= 0) {
            return;
        }
        Avx2Product product;
        product.rows = static_cast<std::size_t>(rows);
        product.depth = static_cast<std::size_t>(spec().inputs);
        product.outputs = static_cast<std::size_t>(spec().outputs);
        product.panels = panels_.as<float>();
        product.bias = bias_.as<float>();
        product.destination = destination;
        product.element = spec().destination;
        product.activation = spec().activation;
        product.accumulate = spec().accumulate;
        product.strip = space.strip.room<float>(product.rows * avx2PanelWidth);
        const bool packs = product.rows >= rowsWorthPacking && product.outputs >= outputsWorthPacking;
        const std::size_t packedSize =
            packs ? (product.rows + avx2TileRows - 1) / avx2TileRows * avx2TileRows * product.depth : 0;
        const bool widens = spec().source == Element::Bf16;
        float* const room = space.rows.room<float>(packedSize + (widens ? product.rows * product.depth : 0));
        product.packed = packs ? room : nullptr;
        if (widens) {
            float* const wide = room + packedSize;
            widenAvx2(static_cast<const Bfloat16*>(source), strideOf(sourceStride), product.rows, product.depth, wide);
            product.source = wide;
            product.sourceStride = product.depth;
        } else {
            product.source = static_cast<const float*>(source);
            product.sourceStride = strideOf(sourceStride);
        }
        multiplyAvx2(product);
    }

private:
    AlignedBuffer panels_;
    AlignedBuffer bias_;
};

} // namespace

std::unique_ptr<Linear> makeAvx2Linear(const LinearSpec& spec, Weights weights, Weights bias) {
    return std::make_unique<Avx2Linear>(spec, weights, bias);
}

} // namespace livegloss::kernels
