#pragma once

#include "base/result.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace livegloss::importing {

constexpr std::size_t largestVocabulary = 1'000'000;

using Glosses = std::vector<std::string>;
using GlossesByNumber = std::map<std::int64_t, std::string>;

/// Glosses in JSON: a list of them, or an object {gloss: number}, {gloss: [number, ...]} or {number: gloss}, where the
/// blank's entry 0 is left out. Unreadable without the file's name; nothing else than such a text is built in memory.
Result<std::variant<Glosses, GlossesByNumber>> parseGlossJson(std::string_view json);

/// Whether a list of classes means CTC's blank by it.
bool isBlank(std::string_view gloss);

/// For messages: a gloss in quotation marks, cut when it is long.
std::string quotedGloss(std::string_view gloss);

} // namespace livegloss::importing
