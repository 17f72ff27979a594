#include "refusal.h"

namespace livegloss::tensorfile {
namespace {

constexpr std::size_t longestQuotedName = 80;

} // namespace

const char* const damagedFileHint = "The file is damaged or incomplete; copy or download it again.";

std::string quotedName(std::string_view name) {
    std::string text("'");
    for (const char letter : name.substr(0, longestQuotedName)) {
        const auto code = static_cast<unsigned char>(letter);
        text += code < 0x20 || code == 0x7F ? '?' : letter;
    }
    text += name.size() > longestQuotedName ? "...'" : "'";
    return text;
}

void refuse(std::string message) {
    throw Refusal{ErrorCode::Unreadable, std::move(message), damagedFileHint};
}

void refuseUnsupported(std::string message, std::string hint) {
    throw Refusal{ErrorCode::Unsupported, std::move(message), std::move(hint)};
}

} // namespace livegloss::tensorfile
