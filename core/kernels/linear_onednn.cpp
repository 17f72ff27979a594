#include "avx2_int8.h"
#include "int8_weights.h"
#include "linear_backends.h"
#include "onednn_product.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace livegloss::kernels {
namespace {

using DataType = dnnl::memory::data_type;

DataType dataType(Element element) {
    return element == Element::F32 ? DataType::f32 : DataType::bf16;
}

OneDnnProductSpec productOf(const LinearSpec& spec) {
    OneDnnProductSpec product;
    product.inputs = spec.inputs;
    product.outputs = spec.outputs;
    product.source = product.weights = dataType(spec.source);
    product.destination = dataType(spec.destination);
    product.withBias = true;
    product.activation = spec.activation;
    product.accumulate = spec.accumulate;
    product.expectedRows = spec.expectedRows;
    return product;
}

OneDnnProductSpec int8ProductOf(const LinearSpec& spec) {
    OneDnnProductSpec product;
    product.inputs = spec.inputs;
    product.outputs = spec.outputs;
    product.source = DataType::u8;
    product.weights = DataType::s8;
    product.destination = DataType::s32;
    product.expectedRows = spec.expectedRows;
    return product;
}

LinearSpec smallLayer() {
    LinearSpec spec;
    spec.inputs = spec.outputs = spec.expectedRows = 16;
    return spec;
}

class OneDnnLinear final : public Linear {
public:
    OneDnnLinear(const LinearSpec& spec, Weights weights, Weights bias)
        : Linear(spec), bias_(bias.begin(), bias.end()), product_(productOf(spec), weights.data(), DataType::f32) {
        bias_.resize(static_cast<std::size_t>(spec.outputs), 0.0F);
    }
    std::size_t bytes() const override { return product_.bytes() + bias_.size() * sizeof(float); }

    void run(const void* source, int rows, int sourceStride, void* destination, Workspace& space) const override {
        if (rows > 0) {
            product_.run(source, rows, strideOf(sourceStride), destination, bias_.data(), space);
        }
    }

private:
    std::vector<float> bias_;
    OneDnnProduct product_;
};

/// oneDNN gives bare sums; the ways there and back are the same with each of its versions, and with every processor.
class OneDnnInt8Linear final : public Linear {
public:
    OneDnnInt8Linear(const LinearSpec& spec, Int8Weights weights)
        : Linear(spec),
          weights_(std::move(weights)),
          product_(int8ProductOf(spec), weights_.values.data(), DataType::s8) {
        weights_.values = {};
        constexpr std::size_t vector = 8;
        const std::size_t padded = (static_cast<std::size_t>(spec.outputs) + vector - 1) / vector * vector;
        weights_.offsets.resize(padded);
        weights_.scales.resize(padded);
        weights_.bias.resize(padded);
    }
    std::size_t bytes() const override { return product_.bytes() + 3 * weights_.bias.size() * sizeof(float); }

    void run(const void* source, int rows, int sourceStride, void* destination, Workspace& space) const override {
        if (rows <= 0) {
            return;
        }
        Quantise into;
        into.source = static_cast<const float*>(source);
        into.stride = strideOf(sourceStride);
        into.rows = static_cast<std::size_t>(rows);
        into.width = static_cast<std::size_t>(spec().inputs);
        into.inverseStep = weights_.inverseStep;
        into.zero = weights_.zero;
        into.levels = weights_.levels;
        into.result = space.rows.room<std::uint8_t>(into.rows * into.width);
        quantiseAvx2(into);
        Dequantise back;
        back.rows = into.rows;
        back.outputs = static_cast<std::size_t>(spec().outputs);
        auto* const sums = space.strip.room<std::int32_t>(back.rows * back.outputs);
        product_.run(into.result, rows, into.width, sums, nullptr, space);
        back.sums = sums;
        back.offsets = weights_.offsets.data();
        back.scales = weights_.scales.data();
        back.bias = weights_.bias.data();
        back.activation = spec().activation;
        back.accumulate = spec().accumulate;
        back.destination = static_cast<float*>(destination);
        dequantiseAvx2(back);
    }

private:
    Int8Weights weights_; ///< without its values, which are packed
    OneDnnProduct product_;
};

/// std::invalid_argument for what oneDNN refuses.
template <class Layer, class... Arguments>
std::unique_ptr<Linear> make(Arguments&&... arguments) {
    try {
        return std::make_unique<Layer>(std::forward<Arguments>(arguments)...);
    } catch (const dnnl::error& error) {
        throw std::invalid_argument(std::string("oneDNN cannot run a layer: ") + error.what());
    }
}

} // namespace

bool oneDnnMultiplies(Element element) {
    LinearSpec spec = smallLayer();
    spec.source = element;
    return OneDnnProduct::available(productOf(spec));
}

bool oneDnnMultipliesInt8() {
    return OneDnnProduct::available(int8ProductOf(smallLayer()));
}

std::unique_ptr<Linear> makeOneDnnLinear(const LinearSpec& spec, Weights weights, Weights bias) {
    return make<OneDnnLinear>(spec, weights, bias);
}

std::unique_ptr<Linear> makeOneDnnInt8Linear(const LinearSpec& spec, Int8Weights weights) {
    return make<OneDnnInt8Linear>(spec, std::move(weights));
}

} // namespace livegloss::kernels
