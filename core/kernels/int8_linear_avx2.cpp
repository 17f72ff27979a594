#include "avx2_int8.h"
#include "int8_weights.h"
#include "linear_backends.h"

#include <algorithm>
#include <cmath>

namespace livegloss::kernels {
namespace {

constexpr std::size_t vectorWidth = 8;

std::size_t wholeVectors(std::size_t count) {
    return (count + vectorWidth - 1) / vectorWidth * vectorWidth;
}

/// The same numbers as 8 bits give, without 8-bit instructions.
class FloatInt8Linear final : public VectorInt8Linear {
public:
    FloatInt8Linear(const LinearSpec& spec, Int8Weights given) : VectorInt8Linear(spec, std::move(given)) {
        LinearSpec bare;
        bare.inputs = spec.inputs;
        bare.outputs = spec.outputs;
        bare.expectedRows = spec.expectedRows;
        const std::vector<float> values(weights().values.begin(), weights().values.end());
        product_ = makeAvx2Linear(bare, values, {});
        dropValues();
    }
    std::size_t bytes() const override { return product_->bytes() + bytesBesideValues(); }

protected:
    void multiply(const std::uint8_t* numbers, int rows, std::int32_t* sums, Workspace& /*space*/) const override {
        thread_local Workspace own; // the given one's holds the numbers and the sums
        const std::size_t inputs = static_cast<std::size_t>(rows) * static_cast<std::size_t>(spec().inputs);
        const std::size_t outputs = static_cast<std::size_t>(rows) * static_cast<std::size_t>(spec().outputs);
        float* const source = own.attention.room<float>(inputs + outputs);
        float* const results = source + inputs;
        std::copy_n(numbers, inputs, source);
        product_->run(source, rows, 0, results, own);
        for (std::size_t i = 0; i < outputs; ++i) {
            sums[i] = static_cast<std::int32_t>(std::lrint(results[i]));
        }
    }

private:
    std::unique_ptr<Linear> product_;
};

} // namespace

VectorInt8Linear::VectorInt8Linear(const LinearSpec& spec, Int8Weights weights)
    : Linear(spec), weights_(std::move(weights)) {
    const std::size_t outputs = wholeVectors(static_cast<std::size_t>(spec.outputs));
    weights_.columnSums.resize(outputs);
    weights_.units.resize(outputs);
    weights_.bias.resize(outputs);
    weights_.inverseScales.resize(wholeVectors(static_cast<std::size_t>(spec.inputs)));
}

std::size_t VectorInt8Linear::bytesBesideValues() const {
    return (3 * weights_.bias.size() + weights_.inverseScales.size()) * sizeof(float);
}

void VectorInt8Linear::run(const void* source, int rows, int sourceStride, void* destination, Workspace& space) const {
    if (rows <= 0) {
        return;
    }
    Quantise into;
    into.source = static_cast<const float*>(source);
    into.stride = strideOf(sourceStride);
    into.rows = static_cast<std::size_t>(rows);
    into.width = static_cast<std::size_t>(spec().inputs);
    into.inverseScales = weights_.inverseScales.data();
    into.levels = weights_.levels;
    // Steps, zeros and one scaled row lie before the numbers.
    const std::size_t scaledWidth = wholeVectors(into.width);
    float* const room = space.rows.room<float>(2 * into.rows + scaledWidth +
                                               (into.rows * into.width + sizeof(float) - 1) / sizeof(float));
    into.steps = room;
    into.zeros = reinterpret_cast<std::int32_t*>(room + into.rows);
    into.scaled = room + 2 * into.rows;
    into.result = reinterpret_cast<std::uint8_t*>(into.scaled + scaledWidth);
    quantiseAvx2(into);
    Dequantise back;
    back.rows = into.rows;
    back.outputs = static_cast<std::size_t>(spec().outputs);
    auto* const sums = space.strip.room<std::int32_t>(back.rows * back.outputs);
    multiply(into.result, rows, sums, space);
    back.sums = sums;
    back.steps = into.steps;
    back.zeros = into.zeros;
    back.columnSums = weights_.columnSums.data();
    back.units = weights_.units.data();
    back.bias = weights_.bias.data();
    back.activation = spec().activation;
    back.accumulate = spec().accumulate;
    back.destination = static_cast<float*>(destination);
    dequantiseAvx2(back);
}

std::unique_ptr<Linear> makeFloatInt8Linear(const LinearSpec& spec, Int8Weights weights) {
    return std::make_unique<FloatInt8Linear>(spec, std::move(weights));
}

} // namespace livegloss::kernels
