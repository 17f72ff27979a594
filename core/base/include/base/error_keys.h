#pragma once

#include "base/result.h"

#include <string_view>

namespace livegloss {

/// "not_found": an error's code as a word, for programs that read another one's output.
std::string_view errorKey(ErrorCode code);
/// The code of such a word; Internal for words that are none.
ErrorCode errorCodeOf(std::string_view key);

} // namespace livegloss
