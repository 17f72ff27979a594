#pragma once

#include "base/frame.h"
#include "dataset/dataset.h"
#include "training/sample_source.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace livegloss::cli {

/// Training material from a data set: its part train, with dev for measurements, or test where there is no dev. Clips
/// come by number, or by the query's seed, and are resampled to its rate, or keep their own where that is 0; lengths of
/// sentences are not chosen. Stills with captions are not to be had from a data set. Throws CommandFailure where a part
/// is empty.
std::unique_ptr<training::SampleSource> makeDatasetSamples(dataset::Dataset data);

/// The frame as a square of `side` pixels, aspect not kept: [side, side, 3].
std::vector<std::uint8_t> squarePicture(const Frame& frame, int side);

} // namespace livegloss::cli
