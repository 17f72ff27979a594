#pragma once

#include "base/result.h"
#include "media/frame_source.h"

#include <filesystem>
#include <memory>
#include <vector>

namespace livegloss::media {

/// The pictures (.png, .jpg, .jpeg, .bmp, .webp) in a folder, in the order of their names, numbers by value. NotFound
/// where there are none.
Result<std::vector<std::filesystem::path>> picturesIn(const std::filesystem::path& folder);

/// A folder of pictures as a clip of `fps` frames a second. A picture that cannot be decoded, or that has another size
/// than the first, is an error that names it. `clock` stamps frames and must outlive the source.
Result<std::unique_ptr<FrameSource>> openPictureFolder(const std::filesystem::path& folder, double fps,
                                                       const Clock& clock);

} // namespace livegloss::media
