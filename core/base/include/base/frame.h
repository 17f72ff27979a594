#pragma once

#include "base/clock.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace livegloss {

/// One decoded picture: upright, RGB, 8 bits a channel, rows packed without padding (3 * width bytes each).
/// Immutable once shared: threads hand around FramePtr and nobody writes through it.
struct Frame {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> rgb; ///< height * width * 3 bytes
    MediaTime time{0};             ///< position in the clip or stream
    Instant capturedAt{};          ///< set once, where the frame entered the program
    std::int64_t index = 0;        ///< 0, 1, 2, ... in the source's order, or unknownFrame
};
/// The index of frames after a jump in a file whose rate varies: how many came before cannot be told.
inline constexpr std::int64_t unknownFrame = -1;
using FramePtr = std::shared_ptr<const Frame>;

/// A row-major matrix of floats, for feature sequences and log probabilities ([steps, classes]).
struct Matrix {
    int rows = 0;
    int columns = 0;
    std::vector<float> values;

    Matrix() = default;
    Matrix(int rowCount, int columnCount)
        : rows(rowCount),
          columns(columnCount),
          values(static_cast<std::size_t>(rowCount) * static_cast<std::size_t>(columnCount)) {}

    float* row(int index) { return values.data() + static_cast<std::ptrdiff_t>(index) * columns; }
    const float* row(int index) const { return values.data() + static_cast<std::ptrdiff_t>(index) * columns; }
    float& at(int rowIndex, int columnIndex) { return row(rowIndex)[columnIndex]; }
    float at(int rowIndex, int columnIndex) const { return row(rowIndex)[columnIndex]; }
};

} // namespace livegloss
