#pragma once

#include <CLI/CLI.hpp>
#include <cmath>
#include <string>

namespace livegloss::cli {

/// CLI::Range for decimal numbers: that one lets "nan" pass, which is neither below nor above anything.
inline CLI::Validator decimalRange(double least, double most) {
    CLI::Validator range = CLI::Range(least, most);
    CLI::Validator finite(
        [](std::string& text) {
            double value = 0.0;
            return CLI::detail::lexical_cast(text, value) && std::isfinite(value) ? std::string()
                                                                                  : "Value " + text + " is no number";
        },
        std::string());
    const std::string description = range.get_description();
    return (finite & range).description(description);
}

} // namespace livegloss::cli
