#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace livegloss {

/// The number that the whole text is ("12.5", "-1e3", "nan"), whatever the locale's decimal sign.
inline std::optional<double> decimalNumber(std::string_view text) {
    double value = 0.0;
    const char* end = text.data() + text.size();
    const auto [stopped, problem] = std::from_chars(text.data(), end, value);
    return problem == std::errc() && stopped == end ? std::optional(value) : std::nullopt;
}

/// The shortest text that decimalNumber() reads as the same number.
inline std::string decimalText(double value) {
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
    return {buffer, end};
}

/// As printf's "%.3f" writes it for 3 places, with a point whatever the locale's decimal sign.
inline std::string fixedText(double value, int places) {
    std::array<char, 400> text{}; // the largest number has 309 digits before the point
    const auto [end, problem] =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, places);
    return problem == std::errc() ? std::string(text.data(), end) : decimalText(value);
}

/// A whole number, and nothing else in `text`.
inline std::optional<std::int64_t> wholeNumber(std::string_view text) {
    std::int64_t value = 0;
    const char* last = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), last, value);
    return parsed.ec == std::errc() && parsed.ptr == last ? std::optional(value) : std::nullopt;
}

} // namespace livegloss
