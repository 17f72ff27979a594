#pragma once

#include "base/result.h"
#include "engine/loaded_model.h"
#include "evaluation/delay_report.h"
#include "media/frame_source.h"

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

/// Truth of a video file: `<name>.json` beside it, else its entry in `../<folder>.json` as the synth command writes it.
/// Nothing where there is neither; an error where there is one that cannot be read.
Result<std::optional<ClipTruth>> findTruth(const std::filesystem::path& video);

/// Truth of every clip in a split's file as the synth command writes it, by id.
struct SplitClip {
    std::string id;
    std::filesystem::path video;
    ClipTruth truth;
};
Result<std::vector<SplitClip>> readSplit(const std::filesystem::path& folder, const std::string& split);

} // namespace livegloss::cli
