#include "decode/stabiliser.h"

#include "pairing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <utility>

namespace livegloss::decode {
namespace {

/// Steps that the same gloss may wander from window to window. Closer repetitions stay apart as long as both are
/// decoded, because pairing prefers the nearest.
constexpr std::int64_t kReach = 3;
/// Steps at a cut left edge whose glosses may be only half seen: the length of a slow sign, and no more than this share
/// of the window.
constexpr std::int64_t kEdge = 5;
constexpr double kEdgeShare = 0.4;
/// Windows beyond `agreement` that a settled gloss waits for an earlier one that keeps changing.
constexpr int kPatience = 2;
/// Steps before the unstable tail that count as the present when asking whether signing goes unrecognised.
constexpr std::int64_t kPresent = 6;
/// Probability of "not blank" from which a step is signing.
constexpr double kSigning = 0.5;

bool holdsNumbers(const Matrix& matrix) {
    return matrix.rows > 0 && matrix.columns > 0 &&
           matrix.values.size() >= static_cast<std::size_t>(matrix.rows) * static_cast<std::size_t>(matrix.columns);
}

bool overlap(const StreamGloss& a, const StreamGloss& b) {
    return a.firstStep <= b.lastStep && b.firstStep <= a.lastStep;
}

/// How well a newly decoded gloss continues a known one; 0: not at all.
float continuation(const StreamGloss& known, const StreamGloss& fresh) {
    const std::int64_t distance = std::abs(known.peakStep - fresh.peakStep);
    if (known.label == fresh.label) {
        return overlap(known, fresh) || distance <= kReach
                   ? 100.0F - static_cast<float>(std::min<std::int64_t>(distance, 50))
                   : 0.0F;
    }
    return overlap(known, fresh) || distance <= 1 ? 1.0F / static_cast<float>(1 + distance) : 0.0F;
}

StreamGloss onStream(const DecodedGloss& gloss, std::int64_t firstStep) {
    return {0,
            gloss.label,
            firstStep + gloss.firstStep,
            firstStep + gloss.lastStep,
            firstStep + gloss.peakStep,
            gloss.confidence,
            gloss.alternatives};
}

} // namespace

StabiliserOptions stabiliserPreset(int level) {
    struct Preset {
        int agreement;
        int tail;
    };
    static constexpr std::array<Preset, 5> kPresets{{{1, 1}, {2, 1}, {2, 2}, {3, 3}, {4, 4}}};
    const Preset& preset = kPresets.at(static_cast<std::size_t>(std::clamp(level, 0, 4)));
    StabiliserOptions options;
    options.agreement = preset.agreement;
    options.unstableTailSteps = preset.tail;
    return options;
}

Stabiliser::Stabiliser(StabiliserOptions options) : options_(std::move(options)) {}

StabiliserUpdate Stabiliser::update(std::int64_t firstStep, const Matrix& logProbs, const Matrix& support) {
    return advance(firstStep, logProbs, support, false);
}

StabiliserUpdate Stabiliser::finish(std::int64_t firstStep, const Matrix& logProbs, const Matrix& support) {
    return advance(firstStep, logProbs, support, true);
}

void Stabiliser::reset() {
    candidates_.clear();
    recent_.clear();
    shown_.clear();
    committedThrough_ = -1;
    streamStart_ = -1;
    seenThrough_ = -1;
    sureInView_ = false;
}

StabiliserUpdate Stabiliser::advance(std::int64_t firstStep, const Matrix& logProbs, const Matrix& support, bool last) {
    StabiliserUpdate update;
    const bool seen = holdsNumbers(logProbs);
    Window window{firstStep, firstStep + (seen ? logProbs.rows : 0), firstStep, last};
    if (seen) {
        streamStart_ = streamStart_ < 0 ? firstStep : streamStart_;
        if (firstStep > streamStart_) {
            window.edge = firstStep + std::min(kEdge, static_cast<std::int64_t>(kEdgeShare * logProbs.rows));
        }
        track(window, decode(logProbs, support, options_.decode));
        seenThrough_ = std::max(seenThrough_, window.end - 1);
    }
    sureInView_ = holdsSureGloss(window);
    if (seen || last) {
        update.committed = commitReady(window);
    }
    std::vector<std::int64_t> shownNow;
    for (const Candidate& candidate : candidates_) {
        if (confident(candidate)) {
            update.provisional.push_back(candidate.gloss);
            shownNow.push_back(candidate.gloss.id);
        }
    }
    for (const std::int64_t id : shown_) {
        const auto isId = [id](const StreamGloss& gloss) { return gloss.id == id; };
        const bool stillThere = std::any_of(update.provisional.begin(), update.provisional.end(), isId) ||
                                std::any_of(update.committed.begin(), update.committed.end(), isId);
        update.revisions += stillThere ? 0 : 1;
    }
    shown_ = std::move(shownNow);
    update.notSure =
        !last && update.provisional.empty() && update.committed.empty() && unexplainedSigning(window, logProbs);
    return update;
}

/// Matches what this window decoded with what is known, and makes it the present list of candidates.
void Stabiliser::track(const Window& window, const std::vector<DecodedGloss>& decoded) {
    std::erase_if(recent_, [&](const StreamGloss& gloss) { return gloss.lastStep + kReach < window.first; });
    std::vector<StreamGloss> known(recent_);
    for (const Candidate& candidate : candidates_) {
        known.push_back(candidate.gloss);
    }
    std::vector<StreamGloss> fresh;
    for (const DecodedGloss& gloss : decoded) {
        fresh.push_back(onStream(gloss, window.first));
    }
    const auto pairs = pairInOrder(static_cast<int>(known.size()), static_cast<int>(fresh.size()), [&](int i, int j) {
        return continuation(known[static_cast<std::size_t>(i)], fresh[static_cast<std::size_t>(j)]);
    });
    std::vector<int> knownOf(fresh.size(), -1);
    for (const auto& [i, j] : pairs) {
        knownOf[static_cast<std::size_t>(j)] = i;
    }

    std::vector<Candidate> next;
    for (Candidate& candidate : candidates_) {
        if (candidate.gloss.firstStep < window.edge) {
            candidate.leaving = true;
            next.push_back(candidate);
        }
    }
    const int settled = static_cast<int>(recent_.size());
    for (std::size_t j = 0; j < fresh.size(); ++j) {
        StreamGloss& gloss = fresh[j];
        gloss.firstStep = std::max(gloss.firstStep, committedThrough_ + 1);
        if (gloss.peakStep <= committedThrough_ || (knownOf[j] >= 0 && knownOf[j] < settled)) {
            continue;
        }
        const Candidate* before =
            knownOf[j] >= 0 ? &candidates_[static_cast<std::size_t>(knownOf[j] - settled)] : nullptr;
        const bool same = before != nullptr && before->gloss.label == gloss.label;
        if (before != nullptr && before->leaving && (same || confident(*before))) {
            continue;
        }
        if (same) {
            gloss.id = before->gloss.id;
            next.push_back({std::move(gloss), before->agreements + 1, false});
        } else if (isNews(window, gloss)) {
            gloss.id = nextId_++;
            next.push_back({std::move(gloss), 1, false});
        }
    }
    std::stable_sort(next.begin(), next.end(),
                     [](const Candidate& a, const Candidate& b) { return a.gloss.firstStep < b.gloss.firstStep; });
    candidates_ = std::move(next);
}

/// Whether an unmatched gloss is to be taken at its word. At a cut left edge it is not, when a window that saw more of
/// it has said otherwise.
bool Stabiliser::isNews(const Window& window, const StreamGloss& gloss) const {
    return gloss.firstStep >= window.edge || gloss.lastStep > seenThrough_;
}

bool Stabiliser::confident(const Candidate& candidate) const {
    const float confidence = candidate.gloss.confidence;
    return confidence >= options_.minConfidence ||
           (sureInView_ && confidence >= hesitantConfidence(options_.minConfidence));
}

/// Whether what is in view holds a gloss that leaves no doubt that the model knows this signing: a committed one, or
/// one that could be committed now, so that what a single window thought commits nothing.
bool Stabiliser::holdsSureGloss(const Window& window) const {
    const auto sure = [this](const StreamGloss& gloss) {
        return gloss.confidence >= sureConfidence(options_.minConfidence);
    };
    return std::ranges::any_of(recent_, sure) || std::ranges::any_of(candidates_, [&](const Candidate& candidate) {
               return sure(candidate.gloss) && (window.last || ready(window, candidate, options_.agreement));
           });
}

bool Stabiliser::ready(const Window& window, const Candidate& candidate, int agreements) const {
    return confident(candidate) && candidate.agreements >= agreements &&
           candidate.gloss.lastStep < window.end - options_.unstableTailSteps;
}

std::vector<StreamGloss> Stabiliser::commitReady(const Window& window) {
    std::vector<StreamGloss> committed;
    std::vector<Candidate> open;
    bool blocked = false;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
        Candidate& candidate = candidates_[i];
        const bool decideNow = candidate.leaving || window.last;
        if (!confident(candidate)) {
            if (!decideNow) {
                open.push_back(std::move(candidate));
            }
            continue;
        }
        const auto outwaited = [&](const Candidate& later) {
            return ready(window, later, options_.agreement + kPatience) || (later.leaving && confident(later));
        };
        const bool due =
            decideNow || ready(window, candidate, options_.agreement) ||
            std::any_of(candidates_.begin() + static_cast<std::ptrdiff_t>(i) + 1, candidates_.end(), outwaited);
        blocked = blocked || !due;
        if (blocked) {
            open.push_back(std::move(candidate));
        } else {
            commit(candidate, committed);
        }
    }
    candidates_.clear();
    for (Candidate& candidate : open) {
        if (candidate.gloss.peakStep > committedThrough_) {
            candidate.gloss.firstStep = std::max(candidate.gloss.firstStep, committedThrough_ + 1);
            candidates_.push_back(std::move(candidate));
        }
    }
    return committed;
}

void Stabiliser::commit(Candidate& candidate, std::vector<StreamGloss>& committed) {
    StreamGloss& gloss = candidate.gloss;
    if (gloss.peakStep <= committedThrough_) {
        return;
    }
    gloss.firstStep = std::max(gloss.firstStep, committedThrough_ + 1);
    committedThrough_ = gloss.lastStep;
    recent_.push_back(gloss);
    committed.push_back(std::move(gloss));
}

/// Whether the steps just before the unstable tail hold signing that no confident gloss accounts for.
bool Stabiliser::unexplainedSigning(const Window& window, const Matrix& logProbs) const {
    const std::int64_t end = window.end - options_.unstableTailSteps;
    const std::int64_t from = std::max(window.first, end - kPresent);
    const auto accounted = [&](std::int64_t step) {
        return std::any_of(recent_.begin(), recent_.end(), [&](const StreamGloss& gloss) {
            return step >= gloss.firstStep - kReach && step <= gloss.lastStep + kReach;
        });
    };
    for (std::int64_t step = from; step < end; ++step) {
        const float blank = logProbs.at(static_cast<int>(step - window.first), 0);
        if (!std::isnan(blank) && std::exp(static_cast<double>(blank)) <= 1.0 - kSigning && !accounted(step)) {
            return true;
        }
    }
    return std::any_of(candidates_.begin(), candidates_.end(), [&](const Candidate& candidate) {
        const std::int64_t peak = candidate.gloss.peakStep;
        return peak >= from && peak < end && !accounted(peak);
    });
}

} // namespace livegloss::decode
