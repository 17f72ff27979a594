#include "quantised_rows.h"
#include "vnni_linear.h"

#include <algorithm>
#include <utility>

namespace livegloss::kernels {
namespace {

// Compiled for any processor: AlignedBuffer's code must not come from a file that needs AVX-512.

constexpr std::size_t rowAlignment = 64; ///< in bytes, of rows of whole numbers

/// Weights as multiplyVnni() reads them.
AlignedBuffer packedPanels(const LinearSpec& spec, const Int8Weights& weights, std::size_t groups) {
    const auto inputs = static_cast<std::size_t>(spec.inputs);
    const auto outputs = static_cast<std::size_t>(spec.outputs);
    const std::size_t count = wholeTimes(outputs, vnniPanelWidth) * vnniPanelWidth * groups * vnniGroup;
    AlignedBuffer panels;
    std::int8_t* const packed = panels.room<std::int8_t>(count);
    std::fill_n(packed, count, std::int8_t{0});
    for (std::size_t input = 0; input < inputs; ++input) {
        for (std::size_t output = 0; output < outputs; ++output) {
            const std::size_t group = output / vnniPanelWidth * groups + input / vnniGroup;
            packed[(group * vnniPanelWidth + output % vnniPanelWidth) * vnniGroup + input % vnniGroup] =
                weights.values[input * outputs + output];
        }
    }
    return panels;
}

class VnniLinear final : public Linear {
public:
    VnniLinear(const LinearSpec& spec, Int8Weights given)
        : Linear(spec),
          groups_(wholeTimes(static_cast<std::size_t>(spec.inputs), vnniGroup)),
          panels_(packedPanels(spec, given, groups_)),
          weights_(std::move(given),
                   wholeTimes(static_cast<std::size_t>(spec.outputs), vnniPanelWidth) * vnniPanelWidth) {}
    std::size_t bytes() const override { return panels_.bytes() + weights_.bytes(); }

    void run(const void* source, int rows, int sourceStride, void* destination, Workspace& space) const override {
        if (rows <= 0) {
            return;
        }
        VnniProduct product;
        product.rows = static_cast<std::size_t>(rows);
        const std::size_t stride = wholeTimes(static_cast<std::size_t>(spec().inputs), rowAlignment) * rowAlignment;
        const QuantisedRows numbers =
            weights_.quantised(spec(), source, product.rows, strideOf(sourceStride), stride, product.rows, space);
        product.source = numbers.numbers;
        product.sourceStride = numbers.stride;
        product.groups = groups_;
        product.outputs = static_cast<std::size_t>(spec().outputs);
        product.panels = panels_.as<std::int8_t>();
        product.back = numbers.back;
        product.bias = weights_.bias();
        product.destination = static_cast<float*>(destination);
        product.activation = spec().activation;
        product.accumulate = spec().accumulate;
        multiplyVnni(product);
    }

private:
    std::size_t groups_;
    AlignedBuffer panels_;
    WeightsBeside weights_;
};

} // namespace

std::unique_ptr<Linear> makeVnniLinear(const LinearSpec& spec, Int8Weights weights) {
    return std::make_unique<VnniLinear>(spec, std::move(weights));
}

} // namespace livegloss::kernels
