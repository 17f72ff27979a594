#pragma once

#include "base/result.h"
#include "dataset/dataset.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace livegloss::dataset {

enum class Problem {
    MediaMissing,    ///< no such video or folder, or no picture in it
    MediaUnreadable, ///< it is there, but not to be decoded
    MediaDamaged,    ///< some of its pictures cannot be decoded, or it ends before the length that it states
    FewerFrames,     ///< than the data set announces
    NoGlosses,       ///< nothing to learn or to score
    OutOfVocabulary, ///< a gloss that the vocabulary lacks, or that only dev or test has
    TooShort,        ///< fewer steps than CTC needs for its glosses
};
std::string problemName(Problem problem); ///< for people: "media missing"
std::string problemKey(Problem problem);  ///< for JSON: "media_missing"

struct Finding {
    Problem problem = Problem::MediaMissing;
    std::string clip;
    std::string split;
    std::string place;   ///< file and line that list the clip
    std::string message; ///< what is wrong, with the media's path or the glosses
};

struct SplitFacts {
    int clips = 0;
    int signers = 0;
    std::int64_t glosses = 0;
    std::int64_t frames = 0; ///< of the clips that can be read
};

/// What is known of a clip's pictures.
struct MediaFacts {
    int frames = 0;
    double fps = 0.0;
    std::string damage{}; ///< for people: what of it is missing or cannot be decoded; empty: nothing that is known
};
/// The same clip at another rate: as many frames as media::RateResampler makes of it.
MediaFacts atRate(const MediaFacts& facts, double fps);

struct CheckOptions {
    /// Opens the media of a clip and counts its frames; an error says what is wrong with it. Called once a clip.
    std::function<Result<MediaFacts>(const Clip&)> probe;
    double fps = 0.0; ///< rate at which the network sees the clips; 0: each clip's own
    /// Steps that the network gives for so many frames, at that rate.
    std::function<int(const MediaFacts&)> stepsOf;
    std::vector<std::string> vocabulary; ///< glosses that may occur; empty: those of the training part
    std::function<void(int done, int all)> progress = [](int, int) {};
    std::function<bool()> cancelled = [] { return false; };
};

struct CheckReport {
    std::map<std::string, SplitFacts> splits;
    std::vector<Finding> findings; ///< in the order of the clips
};

/// Looks at every clip and reports all that is wrong instead of stopping at the first. Cancelled is the only error.
Result<CheckReport> checkDataset(const Dataset& dataset, const CheckOptions& options);

/// Steps that CTC needs at least: one a gloss, and a blank between equal neighbours.
int stepsNeeded(const std::vector<std::string>& glosses);

} // namespace livegloss::dataset
