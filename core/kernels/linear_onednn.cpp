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

/// oneDNN gives bare sums; the ways there and back are the same with each of its versions, and on every processor that
/// gets here.
class OneDnnInt8Linear final : public VectorInt8Linear {
public:
    OneDnnInt8Linear(const LinearSpec& spec, Int8Weights given)
        : VectorInt8Linear(spec, std::move(given)),
          product_(int8ProductOf(spec), weights().values.data(), DataType::s8) {
        dropValues();
    }
    std::size_t bytes() const override { return product_.bytes() + bytesBesideValues(); }

protected:
    void multiply(const std::uint8_t* numbers, int rows, std::int32_t* sums, Workspace& space) const override {
        product_.run(numbers, rows, static_cast<std::size_t>(spec().inputs), sums, nullptr, space);
    }

private:
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
