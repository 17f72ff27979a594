#include "fast_head.h"

#include <algorithm>
#include <cmath>

namespace livegloss::engine {
namespace {

constexpr std::size_t gatesPerCell = 4;

/// Each value the larger of those of `size` rows.
void pool(const float* rows, std::size_t width, int size, std::int64_t count, float* result) {
    for (std::int64_t row = 0; row < count; ++row) {
        std::copy_n(rows, width, result);
        rows += width;
        for (int other = 1; other < size; ++other, rows += width) {
            for (std::size_t i = 0; i < width; ++i) {
                result[i] = std::max(result[i], rows[i]);
            }
        }
        result += width;
    }
}

} // namespace

std::size_t FastHeadNetwork::bytes() const {
    std::size_t total = classifier->bytes();
    for (const FastTemporalLayer& layer : layers) {
        total += layer.product ? layer.product->bytes() : 0;
    }
    for (const auto& layer : recurrences) {
        for (const FastRecurrence& direction : layer) {
            total += direction.input->bytes() + direction.recurrent->bytes();
        }
    }
    return total;
}

void RowCache::startAt(std::int64_t row) {
    if (row < begin_ || row > end()) {
        values_.clear();
    } else {
        values_.erase(values_.begin(),
                      values_.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(row - begin_) * width_));
    }
    begin_ = row;
}

float* RowCache::extendTo(std::int64_t last) {
    const std::size_t kept = values_.size();
    values_.resize(static_cast<std::size_t>(std::max(last - begin_, std::int64_t{0})) * width_);
    return values_.data() + kept;
}

FastHead::Direction::Direction(int gateCount, int cellCount)
    : gates(static_cast<std::size_t>(gateCount)), cell(static_cast<std::size_t>(cellCount)), inputs(gateCount) {}

FastHead::FastHead(const FastHeadNetwork& network, int workers)
    : network_(network),
      kernels_(kernels::rowKernels(network.instructions)),
      workers_(std::clamp(workers, 1, 2)),
      logits_(network.classes),
      directions_{Direction(2 * network.hidden, network.hidden / 2),
                  Direction(2 * network.hidden, network.hidden / 2)} {
    for (const FastTemporalLayer& layer : network.layers) {
        outputs_.emplace_back(layer.product ? network.hidden : layer.inputs);
    }
}

void FastHead::forget() {
    std::ranges::for_each(outputs_, &RowCache::clear);
    logits_.clear();
    for (Direction& direction : directions_) {
        direction.inputs.clear();
    }
}

/// `rows` [endRow - firstRow] are the layer's inputs in the window. Returns where its outputs end.
std::int64_t FastHead::runTemporalLayer(std::size_t index, const float* rows, std::int64_t firstRow,
                                        std::int64_t endRow) {
    const FastTemporalLayer& layer = network_.layers[index];
    const int size = layer.layer.size;
    RowCache& output = outputs_[index];
    const int step = layer.layer.pool ? size : 1;
    const std::int64_t first = firstRow / step;
    const std::int64_t last = layer.layer.pool ? endRow / size : endRow - (size - 1);
    const auto width = static_cast<std::size_t>(layer.inputs);
    output.startAt(first);
    const std::int64_t known = output.end();
    if (last <= known) {
        return last;
    }
    float* const result = output.extendTo(last);
    const float* const from = rows + static_cast<std::size_t>(known * step - firstRow) * width;
    if (layer.product) {
        // A row of the product is `size` rows of the input, which overlap with the next one's.
        layer.product->run(from, static_cast<int>(last - known), static_cast<int>(width), result, space_);
    } else {
        pool(from, width, size, last - known, result);
    }
    return last;
}

int FastHead::setWindow(const float* features, int frames, std::int64_t firstFrame) {
    const float* rows = features;
    std::int64_t first = firstFrame;
    std::int64_t end = firstFrame + frames;
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
        end = runTemporalLayer(i, rows, first, end);
        first /= network_.layers[i].layer.pool ? network_.layers[i].layer.size : 1;
        rows = outputs_[i].at(first);
    }
    firstStep_ = first;
    logits_.startAt(first);
    if (const std::int64_t known = logits_.end(); known < end) {
        float* const logits = logits_.extendTo(end);
        network_.classifier->run(outputs_.back().at(known), static_cast<int>(end - known), 0, logits, space_);
    }
    steps_ = static_cast<int>(end - first);
    return steps_;
}

void FastHead::convolutionalLogits(float* logits) const {
    std::copy(logits_.at(firstStep_), logits_.at(firstStep_ + steps_), logits);
}

void FastHead::project(const FastRecurrence& recurrence, Direction& direction) {
    const RowCache& steps = outputs_.back();
    direction.inputs.startAt(firstStep_);
    if (const std::int64_t known = direction.inputs.end(); known < steps.end()) {
        float* const inputs = direction.inputs.extendTo(steps.end());
        recurrence.input->run(steps.at(known), static_cast<int>(steps.end() - known), 0, inputs, direction.space);
    }
}

/// `result` [steps, H]: each direction fills its half of every row.
void FastHead::recur(const FastRecurrence& recurrence, Direction& own, const float* projected, int steps, bool backward,
                     float* result) const {
    const std::size_t cells = own.cell.size();
    const std::size_t width = 2 * cells;
    const float* previous = nullptr;
    std::ranges::fill(own.cell, 0.0F);
    for (int i = 0; i < steps; ++i) {
        const auto step = static_cast<std::size_t>(backward ? steps - 1 - i : i);
        std::copy_n(projected + step * gatesPerCell * cells, gatesPerCell * cells, own.gates.begin());
        if (previous != nullptr) {
            recurrence.recurrent->run(previous, 1, 0, own.gates.data(), own.space);
        }
        float* const hidden = result + step * width + (backward ? cells : 0);
        kernels_.lstmStep(own.gates.data(), static_cast<int>(cells), own.cell.data(), hidden);
        previous = hidden;
    }
}

void FastHead::sequenceLogits(int steps, float* logits) {
    const auto rows = static_cast<std::size_t>(steps);
    const auto width = static_cast<std::size_t>(network_.hidden);
    for (auto& hidden : hidden_) {
        hidden.resize(rows * width);
    }
    const auto bothDirections = [&](const auto& run) {
        if (workers_.count() > 1) {
            workers_.run(2, run);
        } else {
            run(0);
            run(1);
        }
    };
    bothDirections([&](int which) {
        const auto side = static_cast<std::size_t>(which);
        Direction& own = directions_[side];
        const FastRecurrence& recurrence = network_.recurrences[0][side];
        project(recurrence, own);
        recur(recurrence, own, own.inputs.at(firstStep_), steps, which == 1, hidden_[0].data());
    });
    bothDirections([&](int which) {
        const auto side = static_cast<std::size_t>(which);
        Direction& own = directions_[side];
        const FastRecurrence& recurrence = network_.recurrences[1][side];
        own.projected.resize(rows * 2 * width);
        recurrence.input->run(hidden_[0].data(), steps, 0, own.projected.data(), own.space);
        recur(recurrence, own, own.projected.data(), steps, which == 1, hidden_[1].data());
    });
    network_.classifier->run(hidden_[1].data(), steps, 0, logits, space_);
}

void logSoftmax(float* logits, int rows, int columns) {
    for (float* row = logits; row != logits + static_cast<std::ptrdiff_t>(rows) * columns; row += columns) {
        const float largest = *std::max_element(row, row + columns);
        double sum = 0.0;
        for (int i = 0; i < columns; ++i) {
            sum += static_cast<double>(std::exp(row[i] - largest));
        }
        const float offset = largest + static_cast<float>(std::log(sum));
        for (int i = 0; i < columns; ++i) {
            row[i] -= offset;
        }
    }
}

} // namespace livegloss::engine
