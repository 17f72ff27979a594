#pragma once

#include "base/result.h"
#include "dataset/dataset.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace livegloss::dataset {

/// What is signed in a clip of the synthetic signer, and when.
struct SynthTruth {
    std::filesystem::path video;
    std::vector<SignSpan> spans;
    int frames = 0;
};

/// SPLIT.json as `livegloss-cli synth` writes it, by the names of the clips. Refused with the field: media outside the
/// file's folder, rates and frames that no clip has, signs that end before they begin or after their clip.
Result<std::map<std::string, SynthTruth>> readSplitTruth(const std::filesystem::path& path);

/// The signs of a video file: `<name>.json` beside it, else its entry in `../<folder>.json`. Nothing where there is
/// neither, or what is there is another program's; an error where it has spans or clips that cannot be read.
Result<std::optional<std::vector<SignSpan>>> findSigns(const std::filesystem::path& video);

} // namespace livegloss::dataset
