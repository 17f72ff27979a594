#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace livegloss {

/// What kind of thing went wrong. The interface chooses words and next steps by this code; `Error::message` holds the
/// facts in English.
enum class ErrorCode {
    InvalidArgument,  ///< the caller or user asked for something that makes no sense
    NotFound,         ///< a file, device or address that does not exist
    PermissionDenied, ///< it exists, but may not be opened
    Unreadable,       ///< it opens, but its contents are damaged or of another kind
    Unsupported,      ///< well-formed, but of a kind that this program does not handle
    NoVideo,          ///< a media file without a video stream
    Timeout,          ///< a device or network peer stopped answering
    Disconnected,     ///< a device or network peer went away
    Cancelled,        ///< stopped on request
    OutOfMemory,
    WriteFailed, ///< disk full, read-only folder, ...
    Internal,    ///< a defect in this program
};

/// A failure that a person can act on: what happened and where, and what to do about it.
struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string message; ///< what went wrong and where: file, byte offset, key, device
    std::string hint;    ///< what to do; may be empty
};

/// The value, or the error that prevented it. Used wherever a call crosses a folder's border; exceptions stay inside.
template <class T>
using Result = tl::expected<T, Error>;

/// Builds the failing side of any Result.
inline tl::unexpected<Error> failure(ErrorCode code, std::string message, std::string hint = {}) {
    return tl::unexpected<Error>(Error{code, std::move(message), std::move(hint)});
}

} // namespace livegloss
