#pragma once

#include "base/result.h"
#include "engine/loaded_model.h"
#include "evaluation/delay_report.h"
#include "media/frame_source.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace livegloss::cli {

/// The model at `path`, the bundled demo model where it is empty. Throws CommandFailure.
engine::LoadedModelPtr openModel(std::string& path);

/// The first bundled sample clip. Throws CommandFailure where there is none.
std::string defaultSample();

/// What is known about the signs of a clip.
struct ClipTruth {
    std::vector<evaluation::TruthSpan> spans;
};

/// Truth of a video file, as dataset::findSigns() finds it.
Result<std::optional<ClipTruth>> findTruth(const std::filesystem::path& video);

/// Tells on standard error what is missing of a damaged file; says nothing of a whole one and of live sources.
void tellDamage(const media::SourceInfo& source, std::int64_t lostFrames, const std::optional<MediaTime>& endsEarly);

} // namespace livegloss::cli
