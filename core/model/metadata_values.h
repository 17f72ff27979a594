#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace livegloss::model {

constexpr std::string_view modelFormatName = "livegloss-1";
constexpr std::string_view backboneKind = "backbone";
constexpr std::size_t mostGlosses = 1'000'000;

// Values of a file's metadata, which are texts that may say anything. None of these takes more memory than its text.

/// Three numbers as a JSON array.
std::optional<std::array<double, 3>> threeNumbers(std::string_view json);
/// A JSON array of at most `most` texts, and nothing else.
std::optional<std::vector<std::string>> listOfTexts(std::string_view json, std::size_t most);
/// Control characters but line ends and tabs become spaces: a name is printed on terminals.
std::string withoutControls(std::string_view text);

} // namespace livegloss::model
