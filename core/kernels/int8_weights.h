#pragma once

#include "kernels/int8_linear.h"

#include <cstdint>
#include <vector>

namespace livegloss::kernels {

/// A layer's weights in 8 bits, and what takes its source there and its sums back:
/// result = activation((sum - zero * columnSum) * unit * step + bias), with a row's own step and zero (int8_steps.h).
struct Int8Weights {
    int levels = 127;
    std::vector<float> inverseScales;     ///< [inputs]: of the source's channels
    std::vector<std::int8_t> values;      ///< [inputs, outputs]
    std::vector<std::int32_t> columnSums; ///< [outputs]
    std::vector<float> units;             ///< [outputs]: what one step of a weight stands for
    std::vector<float> bias;              ///< [outputs]
};
Int8Weights int8Weights(const LinearSpec& spec, std::span<const float> weights, std::span<const float> bias,
                        std::span<const float> channelScales, int levels);

#ifdef LIVEGLOSS_WITH_AVX2
/// The ways there and back by vectors; who multiplies is left open.
class VectorInt8Linear : public Linear {
public:
    VectorInt8Linear(const LinearSpec& spec, Int8Weights weights);
    void run(const void* source, int rows, int sourceStride, void* destination, Workspace& space) const final;

protected:
    /// sums [rows, outputs] of whole numbers [rows, inputs].
    virtual void multiply(const std::uint8_t* numbers, int rows, std::int32_t* sums, Workspace& space) const = 0;
    const Int8Weights& weights() const { return weights_; }
    void dropValues() { weights_.values = std::vector<std::int8_t>(); }
    std::size_t bytesBesideValues() const;

private:
    Int8Weights weights_; ///< its lists padded to whole vectors
};
/// Multiplies the whole numbers as floats.
std::unique_ptr<Linear> makeFloatInt8Linear(const LinearSpec& spec, Int8Weights weights);
#endif

#ifdef LIVEGLOSS_WITH_AVX512
std::unique_ptr<Linear> makeVnniLinear(const LinearSpec& spec, Int8Weights weights);
#endif

#ifdef LIVEGLOSS_WITH_AMX
/// Reads and writes F32 or Bf16.
std::unique_ptr<Linear> makeAmxInt8Linear(const LinearSpec& spec, Int8Weights weights);
#endif

#ifdef LIVEGLOSS_WITH_ONEDNN
std::unique_ptr<Linear> makeOneDnnInt8Linear(const LinearSpec& spec, Int8Weights weights);
/// Whether oneDNN has such a product on this processor.
bool oneDnnMultipliesInt8();
#endif

} // namespace livegloss::kernels
