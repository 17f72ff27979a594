#pragma once

#include "caption_events.h"
#include "session/clip_recogniser.h"
#include "session/live_session.h"
#include "session/offline_marks.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace livegloss::cli {

struct LiveRunOptions {
    media::SourceRequest source;
    session::SessionSettings settings;
    double maxSeconds = 0.0; ///< of the source; 0: until its end or an interrupt
};

/// What a person may see of a live run while it goes on.
struct LiveView {
    std::vector<session::CaptionGloss> newlyCommitted;
    std::vector<session::CaptionGloss> provisional;
    double nowSeconds = 0.0; ///< the clip's time
    bool notSure = false;
    bool cannotKeepUp = false;
    session::FramePattern pattern;
    double modelFps = 0.0;
    std::string notice; ///< a lost camera, and the like
};

struct LiveRunResult {
    CaptionEvents events;
    std::vector<session::CaptionGloss> offline; ///< with what it changes marked, where the session made it
    session::FrameCounts frames;
    session::Statistics statistics; ///< of the last moment before the end; rates only from a real-time run
    int coarsestPattern = 1;        ///< of all that were in force
    media::SourceInfo source;
    std::int64_t lostFrames = 0;        ///< damaged or missing in a file; among the dropped ones
    std::optional<MediaTime> endsEarly; ///< see session::Snapshot
    std::optional<Error> failure;       ///< why the source broke off; the rest tells what was recognised by then
    double wallSeconds = 0.0;
};

/// Through the session, as the window does it, at the source's own pace. Throws CommandFailure where there
/// was not one frame.
LiveRunResult runInRealTime(const LiveRunOptions& options, const engine::LoadedModelPtr& model,
                            const std::function<void(const LiveView&)>& show);
/// Files only: as fast as the machine allows. A gloss shows up at the time of the newest frame that its decode has
/// seen.
LiveRunResult runFast(const LiveRunOptions& options, const engine::LoadedModelPtr& model,
                      const std::function<void(const LiveView&)>& show);

} // namespace livegloss::cli
