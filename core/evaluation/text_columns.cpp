#include "evaluation/text_columns.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace livegloss::evaluation {
namespace {

struct Range {
    std::uint32_t first;
    std::uint32_t last;
};
/// Blocks of double width (Unicode's East Asian Width W and F), put together where only unassigned points lie between.
constexpr std::array<Range, 9> kWide{{{0x1100, 0x115F},
                                      {0x2E80, 0xA4CF},
                                      {0xA960, 0xA97F},
                                      {0xAC00, 0xD7A3},
                                      {0xF900, 0xFAFF},
                                      {0xFE30, 0xFE6F},
                                      {0xFF00, 0xFF60},
                                      {0xFFE0, 0xFFE6},
                                      {0x20000, 0x3FFFD}}};

bool isWide(std::uint32_t point) {
    return std::any_of(kWide.begin(), kWide.end(),
                       [&](const Range& range) { return point >= range.first && point <= range.last; });
}

struct Character {
    std::size_t bytes;
    std::size_t columns;
};

/// The first one of UTF-8 text that is not empty.
Character firstOf(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::uint32_t point = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t k = 1; k < length && k < text.size(); ++k) {
        point = (point << 6U) | (static_cast<unsigned char>(text[k]) & 0x3FU);
    }
    return {std::min(length, text.size()), isWide(point) ? 2U : 1U};
}

} // namespace

std::size_t columnsOf(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        const Character first = firstOf(text);
        columns += first.columns;
        text.remove_prefix(first.bytes);
    }
    return columns;
}

std::string cutToColumns(std::string_view text, std::size_t columns) {
    std::string cut;
    while (!text.empty()) {
        const Character first = firstOf(text);
        if (first.columns > columns) {
            break;
        }
        columns -= first.columns;
        cut.append(text.substr(0, first.bytes));
        text.remove_prefix(first.bytes);
    }
    return cut;
}

std::string padded(std::string_view text, std::size_t columns) {
    const std::size_t used = columnsOf(text);
    return std::string(text).append(used < columns ? columns - used : 0, ' ');
}

} // namespace livegloss::evaluation
