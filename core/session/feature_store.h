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

    /// What the offline pass reads, in order of time and without overlaps: the whole clip if there is one, else the
    /// longest parts and what the shorter ones add to them.
    std::vector<ClipFeatures> parts() const;

private:
    struct Entry {
        ClipFeatures features;
        bool complete = false;
    };
    std::vector<Entry> entries_;
    int maxRows_;
};

} // namespace livegloss::session
