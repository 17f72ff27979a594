#pragma once

#include "base/frame.h"
#include "base/result.h"
#include "picture_converter.h"

#include <filesystem>
#include <memory>

namespace livegloss::media {

/// Decodes one PNG, JPEG, BMP or WebP file of at most 64 MiB, told apart by its first bytes. Nothing but the file
/// itself is read. Time and index of the frame are left to the caller. Errors name the path; damaged pictures are
/// errors.
Result<std::shared_ptr<Frame>> readPicture(const std::filesystem::path& path, PictureConverter& converter);

} // namespace livegloss::media
