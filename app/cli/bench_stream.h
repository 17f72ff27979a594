#pragma once

#include "base/result.h"
#include "engine/loaded_model.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace livegloss::cli {

/// One minute of video, as the model counts its frames.
struct StreamMinute {
    double cpuMsPerFrame = 0.0;  ///< of all threads: encoder, head and decoder
    double wallMsPerFrame = 0.0; ///< median
    std::size_t residentBytes = 0;
    int glosses = 0; ///< committed
};
struct StreamResult {
    std::string model;
    std::string clip;
    std::string description; ///< what runs
    double fps = 0.0;
    std::size_t clipFrames = 0; ///< of one round
    std::vector<StreamMinute> minutes;
};
struct StreamRequest {
    engine::LoadedModelPtr model;
    std::string clip; ///< shown over and over
    int minutes = 60;
    std::function<void(int done)> progress = [](int) {};
};

/// Sends the clip in a loop through encoder, temporal head and stabiliser, frame by frame, as a live session does with
/// a camera, as fast as the machine allows. Preparing the pictures is not counted. Throws CommandFailure, also when
/// interrupted.
StreamResult runStream(const StreamRequest& request);

std::string streamText(const StreamResult& result);
std::string streamJson(const StreamResult& result);

} // namespace livegloss::cli
