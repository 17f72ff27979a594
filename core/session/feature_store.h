#pragma once

#include "session/clip_features.h"

#include <vector>

namespace livegloss::session {

/// Features of what was recognised of one source, for the offline pass. A seek leaves several parts that may overlap in
/// time. One thread at a time.
class FeatureStore {
public:
    explicit FeatureStore(int maxRows) : maxRows_(maxRows) {}

    /// `complete`: the whole clip in one go. Parts shorter than a gloss are not kept.
    void add(ClipFeatures features, bool complete);
    void clear();
    /// Frames went by that there will be no features of.
    void noteMissing() { missing_ = true; }
    /// Every run's features are here from its beginning on, but for those too short to hold a gloss.
    bool keptAll() const;

    /// What the offline pass reads, in order of time and without overlaps: the whole clip if there is one, else the
    /// longest parts and what the shorter ones add to them.
    std::vector<ClipFeatures> parts() const;

private:
    struct Entry {
        ClipFeatures features;
        bool complete = false;
    };
    std::vector<Entry> entries_;
    bool missing_ = false; ///< a part was given up, or never came
    int maxRows_;
};

} // namespace livegloss::session
