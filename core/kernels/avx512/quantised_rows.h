#pragma once

#include "int8_weights.h"
#include "row_quantise.h"

#include <cstddef>

namespace livegloss::kernels {

// For the files of 8-bit layers that are compiled for any processor.

inline std::size_t wholeTimes(std::size_t count, std::size_t step) {
    return (count + step - 1) / step;
}

/// Rows as whole numbers, and what leads back; in a workspace.
struct QuantisedRows {
    const std::uint8_t* numbers = nullptr; ///< [rows, padded][stride], zeros past the last row and input
    std::size_t stride = 0;
    WholeNumbers back;
};

/// An 8-bit layer's weights but for the packed numbers: they lie beside as the product wants them.
class WeightsBeside {
public:
    /// Its lists are made as long as whole panels.
    WeightsBeside(Int8Weights weights, std::size_t paddedOutputs);
    std::size_t bytes() const;
    const float* bias() const { return weights_.bias.data(); }

    /// `source` [rows] of `spec`'s element, `sourceStride` values apart. `stride` is a multiple of 64.
    QuantisedRows quantised(const LinearSpec& spec, const void* source, std::size_t rows, std::size_t sourceStride,
                            std::size_t stride, std::size_t paddedRows, Workspace& space) const;

private:
    Int8Weights weights_;
};

} // namespace livegloss::kernels
