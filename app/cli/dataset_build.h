#pragma once

#include "dataset/dataset.h"

#include <functional>
#include <string>
#include <vector>

namespace livegloss::cli {

struct BuildArguments {
    std::string output;
    bool resize = false;
    int size = 256;
    int crf = 12;
    bool pictures = false; ///< folders of pictures without loss, resized as published work does, instead of videos
};

struct BuildOutcome {
    int glosses = 0;
    int written = 0;
    int replaced = 0; ///< of the written ones: had been made with other settings or from other media
    int kept = 0;
    std::vector<std::string> failures; ///< clips that could not be read: where they are listed, and why
};

/// Writes vocabulary and references, and the resized clips where asked for. A clip's file is complete or not there, so
/// that an interrupted build goes on where it stopped; clips that were made with other settings, or whose media has
/// changed since, are made anew. A folder that is the data set, or holds files of these names from elsewhere, is
/// refused before anything is written. Throws CommandFailure.
BuildOutcome buildDataset(const dataset::Dataset& data, const BuildArguments& arguments,
                          const std::function<void(int done, int all)>& progress);

} // namespace livegloss::cli
