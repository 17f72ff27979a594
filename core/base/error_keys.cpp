#include "base/error_keys.h"

#include <algorithm>
#include <array>

namespace livegloss {
namespace {

constexpr std::array<std::string_view, 12> keys{
    "invalid_argument", "not_found",    "permission_denied", "unreadable",    "unsupported",  "no_video",
    "timeout",          "disconnected", "cancelled",         "out_of_memory", "write_failed", "internal"};
static_assert(keys.size() == static_cast<std::size_t>(ErrorCode::Internal) + 1);

} // namespace

std::string_view errorKey(ErrorCode code) {
    return keys[static_cast<std::size_t>(code)];
}

ErrorCode errorCodeOf(std::string_view key) {
    const auto found = std::find(keys.begin(), keys.end(), key);
    return found == keys.end() ? ErrorCode::Internal : static_cast<ErrorCode>(found - keys.begin());
}

} // namespace livegloss
