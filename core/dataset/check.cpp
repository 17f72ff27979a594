#include "dataset/check.h"

#include "base/clock.h"
#include "base/decimal.h"

#include <algorithm>
#include <array>
#include <set>

namespace livegloss::dataset {
namespace {

struct ProblemNames {
    const char* key;
    const char* name;
};
constexpr std::array<ProblemNames, 7> kProblems{{{"media_missing", "media missing"},
                                                 {"media_unreadable", "media unreadable"},
                                                 {"media_damaged", "media damaged"},
                                                 {"fewer_frames", "fewer frames than announced"},
                                                 {"no_glosses", "no glosses"},
                                                 {"out_of_vocabulary", "out of vocabulary"},
                                                 {"too_short", "too short for its glosses"}}};

class Check {
public:
    Check(const Dataset& dataset, const CheckOptions& options) : dataset_(dataset), options_(options) {
        known_.insert(options.vocabulary.begin(), options.vocabulary.end());
        if (options.vocabulary.empty()) {
            for (const Clip& clip : dataset.clips) {
                if (clip.split == "train") {
                    known_.insert(clip.glosses.begin(), clip.glosses.end());
                }
            }
        }
    }

    Result<CheckReport> run() {
        const int all = static_cast<int>(dataset_.clips.size());
        for (int i = 0; i < all; ++i) {
            if (options_.cancelled()) {
                return failure(ErrorCode::Cancelled, "the check was stopped");
            }
            options_.progress(i, all);
            look(dataset_.clips[static_cast<std::size_t>(i)]);
        }
        options_.progress(all, all);
        for (auto& [split, signers] : signers_) {
            report_.splits[split].signers = static_cast<int>(signers.size());
        }
        return std::move(report_);
    }

private:
    void look(const Clip& clip) {
        SplitFacts& facts = report_.splits[clip.split];
        ++facts.clips;
        facts.glosses += static_cast<std::int64_t>(clip.glosses.size());
        signers_[clip.split].insert(clip.signer);
        lookAtGlosses(clip);
        std::error_code ignored;
        if (!std::filesystem::exists(clip.media, ignored)) {
            found(Problem::MediaMissing, clip, clip.media.string() + " does not exist");
            return;
        }
        const auto media = options_.probe(clip);
        if (!media) {
            const bool missing = media.error().code == ErrorCode::NotFound;
            found(missing ? Problem::MediaMissing : Problem::MediaUnreadable, clip, media.error().message);
            return;
        }
        facts.frames += media->frames;
        if (!media->damage.empty()) {
            found(Problem::MediaDamaged, clip, media->damage);
        }
        if (clip.announcedFrames && media->frames < *clip.announcedFrames) {
            found(Problem::FewerFrames, clip,
                  clip.media.string() + " has " + std::to_string(media->frames) + " frames, " +
                      std::to_string(*clip.announcedFrames) + " are announced");
        }
        const MediaFacts seen = options_.fps > 0.0 ? atRate(*media, options_.fps) : *media;
        const int steps = options_.stepsOf(seen);
        if (const int needed = stepsNeeded(clip.glosses); steps < needed) {
            const std::string frames = std::to_string(seen.frames);
            found(Problem::TooShort, clip,
                  (options_.fps > 0.0 ? frames + " frames at " + decimalText(options_.fps) + " a second give "
                                      : frames + " frames give ") +
                      std::to_string(steps) + " steps, its " + std::to_string(clip.glosses.size()) + " glosses need " +
                      std::to_string(needed));
        }
    }

    void lookAtGlosses(const Clip& clip) {
        if (clip.glosses.empty()) {
            found(Problem::NoGlosses, clip, "no glosses are given");
        }
        std::set<std::string> unknown;
        for (const std::string& gloss : clip.glosses) {
            if (!known_.contains(gloss)) {
                unknown.insert(gloss);
            }
        }
        if (!unknown.empty()) {
            std::string list;
            for (const std::string& gloss : unknown) {
                list.append(list.empty() ? "" : ", ").append(gloss);
            }
            found(Problem::OutOfVocabulary, clip,
                  list + (options_.vocabulary.empty() ? ": not in the training part" : ": not in the vocabulary"));
        }
    }

    void found(Problem problem, const Clip& clip, std::string message) {
        report_.findings.push_back({problem, clip.id, clip.split, listedAt(clip), std::move(message)});
    }

    const Dataset& dataset_;
    const CheckOptions& options_;
    std::set<std::string> known_;
    std::map<std::string, std::set<std::string>> signers_;
    CheckReport report_;
};

} // namespace

std::string problemName(Problem problem) {
    return kProblems.at(static_cast<std::size_t>(problem)).name;
}

std::string problemKey(Problem problem) {
    return kProblems.at(static_cast<std::size_t>(problem)).key;
}

MediaFacts atRate(const MediaFacts& facts, double fps) {
    if (facts.fps <= 0.0 || facts.frames < 2) {
        return {facts.frames, fps};
    }
    // As RateResampler counts, on times in microseconds: a slot just before the end is not filled.
    const MediaTime last = fromSeconds((facts.frames - 1) / facts.fps);
    const MediaTime duration = last - fromSeconds((facts.frames - 2) / facts.fps);
    const double slot = 1.0 / fps;
    const double limit = toSeconds(last + duration) - std::min(slot, toSeconds(duration)) / 4.0;
    auto slots = std::max(0LL, static_cast<long long>(limit * fps) - 1);
    while (static_cast<double>(slots) * slot < limit) {
        ++slots;
    }
    return {static_cast<int>(slots), fps};
}

int stepsNeeded(const std::vector<std::string>& glosses) {
    int steps = static_cast<int>(glosses.size());
    for (std::size_t i = 1; i < glosses.size(); ++i) {
        steps += glosses[i] == glosses[i - 1] ? 1 : 0;
    }
    return steps;
}

Result<CheckReport> checkDataset(const Dataset& dataset, const CheckOptions& options) {
    return Check(dataset, options).run();
}

} // namespace livegloss::dataset
