#include "amx_linear.h"
#include "avx512/quantised_rows.h"
#include "linear_backends.h"

#include <algorithm>
#include <utility>

namespace livegloss::kernels {
namespace {

// Compiled for any processor: AlignedBuffer's code must not come from a file that needs AVX-512.

/// Weights as the tiles read them.
class TilePanels {
public:
    /// `valueOf(input, output)` gives T: two bytes, or one.
    template <class T, class ValueOf>
    static TilePanels packed(const LinearSpec& spec, ValueOf valueOf) {
        constexpr std::size_t group = 4 / sizeof(T); // inputs beside one another
        constexpr std::size_t depth = amxStepBytes / sizeof(T);
        const auto inputs = static_cast<std::size_t>(spec.inputs);
        const auto outputs = static_cast<std::size_t>(spec.outputs);
        TilePanels result;
        result.steps_ = wholeTimes(inputs, depth);
        result.panels_ = wholeTimes(outputs, amxPanelWidth);
        constexpr std::size_t stepValues = amxPanelStepBytes / sizeof(T);
        const std::size_t count = result.panels_ * result.steps_ * stepValues;
        T* const values = result.values_.room<T>(count);
        std::fill_n(values, count, T{0});
        for (std::size_t input = 0; input < inputs; ++input) {
            T* const row = values + input / depth * stepValues + input % depth / group * depth + input % group;
            for (std::size_t output = 0; output < outputs; ++output) {
                const std::size_t tile = output % amxPanelWidth / amxTileRows;
                row[output / amxPanelWidth * result.steps_ * stepValues + tile * (stepValues / 2) +
                    output % amxTileRows * group] = valueOf(input, output);
            }
        }
        return result;
    }
    const std::byte* values() const { return values_.as<std::byte>(); }
    std::size_t steps() const { return steps_; }
    std::size_t paddedOutputs() const { return panels_ * amxPanelWidth; }
    std::size_t bytes() const { return values_.bytes(); }

private:
    AlignedBuffer values_;
    std::size_t steps_ = 0;
    std::size_t panels_ = 0;
};

AmxProduct productOf(const LinearSpec& spec, const TilePanels& panels, int rows, void* destination) {
    AmxProduct product;
    product.rows = static_cast<std::size_t>(rows);
    product.steps = panels.steps();
    product.outputs = static_cast<std::size_t>(spec.outputs);
    product.panels = panels.values();
    product.destination = destination;
    product.element = spec.destination;
    product.activation = spec.activation;
    product.accumulate = spec.accumulate;
    return product;
}

class AmxLinear final : public Linear {
public:
    AmxLinear(const LinearSpec& spec, Weights weights, Weights bias)
        : Linear(spec),
          panels_(TilePanels::packed<Bfloat16>(
              spec,
              [&](std::size_t input, std::size_t output) {
                  return toBfloat16(weights[input * static_cast<std::size_t>(spec.outputs) + output]);
              })),
          bias_(bias.begin(), bias.end()) {
        bias_.resize(panels_.paddedOutputs(), 0.0F);
    }
    std::size_t bytes() const override { return panels_.bytes() + bias_.size() * sizeof(float); }

    void run(const void* source, int rows, int sourceStride, void* destination, Workspace& space) const override {
        if (rows <= 0) {
            return;
        }
        AmxProduct product = productOf(spec(), panels_, rows, destination);
        product.bias = bias_.data();
        placeRows(product, static_cast<const Bfloat16*>(source), strideOf(sourceStride), space);
        multiplyAmx(product);
    }

private:
    /// Rows that do not fill a tile, and all rows where their ends do not, are copied beside zeros.
    void placeRows(AmxProduct& product, const Bfloat16* source, std::size_t stride, Workspace& space) const {
        const auto inputs = static_cast<std::size_t>(spec().inputs);
        const std::size_t depth = panels_.steps() * amxStepBytes / sizeof(Bfloat16);
        const std::size_t whole = product.rows / amxTileRows * amxTileRows;
        const std::size_t first = inputs == depth ? whole : 0;
        product.source = reinterpret_cast<const std::byte*>(source);
        product.sourceStride = stride * sizeof(Bfloat16);
        const std::size_t copied = wholeTimes(product.rows - first, amxTileRows) * amxTileRows;
        if (copied == 0) {
            return;
        }
        Bfloat16* const room = space.rows.room<Bfloat16>(copied * depth);
        std::fill_n(room, copied * depth, Bfloat16{0});
        for (std::size_t row = first; row < product.rows; ++row) {
            std::copy_n(source + row * stride, inputs, room + (row - first) * depth);
        }
        if (inputs != depth) {
            product.source = reinterpret_cast<const std::byte*>(room);
            product.sourceStride = depth * sizeof(Bfloat16);
        }
        product.lastRows = reinterpret_cast<const std::byte*>(room + (whole - first) * depth);
    }

    TilePanels panels_;
    std::vector<float> bias_;
};

class AmxInt8Linear final : public Linear {
public:
    AmxInt8Linear(const LinearSpec& spec, Int8Weights given)
        : Linear(spec),
          panels_(TilePanels::packed<std::int8_t>(
              spec,
              [&](std::size_t input, std::size_t output) {
                  return given.values[input * static_cast<std::size_t>(spec.outputs) + output];
              })),
          weights_(std::move(given), panels_.paddedOutputs()) {}
    std::size_t bytes() const override { return panels_.bytes() + weights_.bytes(); }

    void run(const void* source, int rows, int sourceStride, void* destination, Workspace& space) const override {
        if (rows <= 0) {
            return;
        }
        AmxProduct product = productOf(spec(), panels_, rows, destination);
        const std::size_t paddedRows = wholeTimes(product.rows, amxTileRows) * amxTileRows;
        const QuantisedRows numbers = weights_.quantised(spec(), source, product.rows, strideOf(sourceStride),
                                                         panels_.steps() * amxStepBytes, paddedRows, space);
        product.source = reinterpret_cast<const std::byte*>(numbers.numbers);
        product.sourceStride = numbers.stride;
        product.lastRows = product.source + product.rows / amxTileRows * amxTileRows * numbers.stride;
        product.bias = weights_.bias();
        product.wholeNumbers = &numbers.back;
        multiplyAmx(product);
    }

private:
    TilePanels panels_;
    WeightsBeside weights_;
};

} // namespace

std::unique_ptr<Linear> makeAmxLinear(const LinearSpec& spec, Weights weights, Weights bias) {
    return std::make_unique<AmxLinear>(spec, weights, bias);
}

std::unique_ptr<Linear> makeAmxInt8Linear(const LinearSpec& spec, Int8Weights weights) {
    return std::make_unique<AmxInt8Linear>(spec, std::move(weights));
}

} // namespace livegloss::kernels
