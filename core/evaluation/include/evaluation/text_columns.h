#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace livegloss::evaluation {

/// Columns that UTF-8 text takes on a terminal: two for a character of a Chinese, Japanese or Korean script.
std::size_t columnsOf(std::string_view text);
/// As much of the beginning as fits into `columns`, in whole characters.
std::string cutToColumns(std::string_view text, std::size_t columns);
/// `text` filled up with spaces to `columns`; a longer one stays.
std::string padded(std::string_view text, std::size_t columns);

} // namespace livegloss::evaluation
