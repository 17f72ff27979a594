#pragma once

#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>

namespace livegloss::tensorfile {

/// Thrown inside this folder by the readers of untrusted files; guarded() turns it into an Error. The message does not
/// name the file.
struct Refusal {
    ErrorCode code = ErrorCode::Unreadable;
    std::string message;
    std::string hint;
};

/// Texts and integers one after the other.
template <class... Parts>
std::string joined(const Parts&... parts) {
    std::string text;
    const auto append = [&text](const auto& part) {
        if constexpr (std::is_integral_v<std::decay_t<decltype(part)>>) {
            text += std::to_string(part);
        } else {
            text += part;
        }
    };
    (append(parts), ...);
    return text;
}

/// A name from a file, quoted for a message: cut when long, control characters replaced.
std::string quotedName(std::string_view name);

/// For files that contradict themselves or end early.
[[noreturn]] void refuse(std::string message);
/// For files that are of a known kind which this program does not read.
[[noreturn]] void refuseUnsupported(std::string message, std::string hint);

/// What to do about damaged files.
extern const char* const damagedFileHint;

template <class Function>
auto guarded(const std::filesystem::path& path, Function function) -> Result<decltype(function())> {
    try {
        return function();
    } catch (const Refusal& refusal) {
        return failure(refusal.code, joined("'", path.string(), "': ", refusal.message), refusal.hint);
    } catch (const std::bad_alloc&) {
        return failure(ErrorCode::OutOfMemory, joined("not enough memory to read '", path.string(), "'"),
                       "Close other programs and try again.");
    }
}

} // namespace livegloss::tensorfile
