#pragma once

#include "base/clock.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace livegloss::media {

/// Numbers the pictures of a file in the order of their times, also after jumps: by counting from the start, by the
/// times of pictures that were counted before, or by the rate where it is constant. One thread at a time.
class FrameNumbers {
public:
    /// Decoding begins at the file's first picture.
    void restart() { next_ = 0; }
    /// Decoding goes on somewhere else.
    void jump() { next_.reset(); }
    /// The next picture's number in a source that never jumps, of which nothing has to be remembered.
    std::int64_t count() { return (*next_)++; }
    /// The next picture's number; unknownFrame where it cannot be told. `constantFps`: 0 where the rate may vary.
    std::int64_t numberOf(MediaTime time, double constantFps);

private:
    std::optional<std::int64_t> find(MediaTime time, double constantFps) const;

    std::optional<std::int64_t> next_ = 0; ///< nothing: to be found by the time
    std::vector<MediaTime> times_;         ///< of pictures 0 .. size - 1
};

} // namespace livegloss::media
