#include "quantised_rows.h"

#include <algorithm>
#include <utility>

namespace livegloss::kernels {

WeightsBeside::WeightsBeside(Int8Weights weights, std::size_t paddedOutputs) : weights_(std::move(weights)) {
    weights_.values = std::vector<std::int8_t>();
    weights_.columnSums.resize(paddedOutputs);
    weights_.units.resize(paddedOutputs);
    weights_.bias.resize(paddedOutputs);
}

std::size_t WeightsBeside::bytes() const {
    return (3 * weights_.bias.size() + weights_.inverseScales.size()) * sizeof(float);
}

QuantisedRows WeightsBeside::quantised(const LinearSpec& spec, const void* source, std::size_t rows,
                                       std::size_t sourceStride, std::size_t stride, std::size_t paddedRows,
                                       Workspace& space) const {
    RowQuantise into;
    into.source = source;
    into.element = spec.source;
    into.stride = sourceStride;
    into.rows = rows;
    into.width = static_cast<std::size_t>(spec.inputs);
    into.inverseScales = weights_.inverseScales.data();
    into.levels = weights_.levels;
    into.resultStride = stride;
    // The numbers first, whose rows begin on borders of 64 bytes.
    const std::size_t numbers = paddedRows * stride;
    into.result = space.rows.room<std::uint8_t>(numbers + 2 * rows * sizeof(float));
    into.steps = reinterpret_cast<float*>(into.result + numbers);
    into.zeros = reinterpret_cast<std::int32_t*>(into.steps + rows);
    quantiseRows(into);
    std::fill(into.result + rows * stride, into.result + numbers, std::uint8_t{0});
    return {into.result, stride, {into.steps, into.zeros, weights_.columnSums.data(), weights_.units.data()}};
}

} // namespace livegloss::kernels
