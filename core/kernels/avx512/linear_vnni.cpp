#include "int8_weights.h"
#include "vnni_linear.h"

#include <algorithm>
#include <utility>

namespace livegloss::kernels {
namespace {

// Compiled for any processor: AlignedBuffer's code must not come from a file that needs AVX-512.

constexpr std::size_t rowAlignment = 64; ///< in bytes, of rows of whole numbers

std::size_t wholeTimes(std::size_t count, std::size_t step) {
    return (count + step - 1) / step;
}

class VnniLinear final : public Linear {
public:
    VnniLinear(const LinearSpec& spec, Int8Weights given)
        : Linear(spec),
          weights_(std::move(given)),
          groups_(wholeTimes(static_cast<std::size_t>(spec.inputs), vnniGroup)),
          paddedOutputs_(wholeTimes(static_cast<std::size_t>(spec.outputs), vnniPanelWidth) * vnniPanelWidth) {
        const auto inputs = static_cast<std::size_t>(spec.inputs);
        const auto outputs = static_cast<std::size_t>(spec.outputs);
        std::int8_t* const packed = panels_.room<std::int8_t>(paddedOutputs_ * groups_ * vnniGroup);
        std::fill_n(packed, paddedOutputs_ * groups_ * vnniGroup, std::int8_t{0});
        for (std::size_t input = 0; input < inputs; ++input) {
            for (std::size_t output = 0; output < outputs; ++output) {
                const std::size_t group = output / vnniPanelWidth * groups_ + input / vnniGroup;
                packed[(group * vnniPanelWidth + output % vnniPanelWidth) * vnniGroup + input % vnniGroup] =
                    weights_.values[input * outputs + output];
            }
        }
        weights_.values = std::vector<std::int8_t>();
        weights_.columnSums.resize(paddedOutputs_);
        weights_.units.resize(paddedOutputs_);
        weights_.bias.resize(paddedOutputs_);
    }
    std::size_t bytes() const override {
        return panels_.bytes() + (3 * weights_.bias.size() + weights_.inverseScales.size()) * sizeof(float);
    }

    void run(const void* source, int rows, int sourceStride, void* destination, Workspace& space) const override {
        if (rows <= 0) {
            return;
        }
        RowQuantise into;
        into.source = source;
        into.stride = strideOf(sourceStride);
        into.rows = static_cast<std::size_t>(rows);
        into.width = static_cast<std::size_t>(spec().inputs);
        into.inverseScales = weights_.inverseScales.data();
        into.levels = weights_.levels;
        into.resultStride = wholeTimes(into.width, rowAlignment) * rowAlignment;
        const std::size_t numbers = into.rows * into.resultStride;
        into.result = space.rows.room<std::uint8_t>(numbers + 2 * into.rows * sizeof(float));
        into.steps = reinterpret_cast<float*>(into.result + numbers);
        into.zeros = reinterpret_cast<std::int32_t*>(into.steps + into.rows);
        quantiseRows(into);
        VnniProduct product;
        product.source = into.result;
        product.sourceStride = into.resultStride;
        product.rows = into.rows;
        product.groups = groups_;
        product.outputs = static_cast<std::size_t>(spec().outputs);
        product.panels = panels_.as<std::int8_t>();
        product.back = {into.steps, into.zeros, weights_.columnSums.data(), weights_.units.data()};
        product.bias = weights_.bias.data();
        product.destination = static_cast<float*>(destination);
        product.activation = spec().activation;
        product.accumulate = spec().accumulate;
        multiplyVnni(product);
    }

private:
    Int8Weights weights_; ///< its lists padded to whole panels
    std::size_t groups_;
    std::size_t paddedOutputs_;
    AlignedBuffer panels_;
};

} // namespace

std::unique_ptr<Linear> makeVnniLinear(const LinearSpec& spec, Int8Weights weights) {
    return std::make_unique<VnniLinear>(spec, std::move(weights));
}

} // namespace livegloss::kernels
