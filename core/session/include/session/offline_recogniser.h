#pragma once

#include "media/frame_source.h"
#include "session/clip_recogniser.h"

#include <functional>
#include <optional>

namespace livegloss::session {

struct Progress {
    std::int64_t frames = 0;        ///< read so far
    std::optional<double> fraction; ///< 0..1, where the length is known
};

struct OfflineOptions {
    ClipOptions clip;
    std::function<void(const Progress&)> progress; ///< after each frame; may be empty
    std::function<bool()> cancelled;               ///< asked before each frame and chunk; may be empty
    double maxSeconds = 0.0;                       ///< of the video to read; 0: all
    /// A source that breaks, or is cancelled, after its first frames gives what was recognised by then.
    bool keepPart = false;
};

struct OfflineResult {
    media::SourceInfo source;
    ClipResult clip;
    MediaTime duration{0};              ///< from the first frame to the end of the last
    std::optional<MediaTime> endsEarly; ///< see media::SourceLosses; its frames are among the dropped ones
    std::optional<Error> failure;       ///< why only a part could be read; see OfflineOptions::keepPart
};

/// Recognises a whole video: every frame through the network, then one decode over all of it. Errors are those of the
/// source and the network, or Cancelled. A source that cannot be read to its end is an error, unless a part is wanted.
Result<OfflineResult> recogniseOffline(const media::SourceRequest& request, const engine::LoadedModelPtr& model,
                                       const OfflineOptions& options);

} // namespace livegloss::session
