#include "feature_store.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

namespace livegloss::session {

namespace {

/// One receptive field of the temporal head, the least that can hold a gloss.
constexpr int kMinRows = 16;

/// The stretches of `features` whose times lie in none of the parts already chosen.
std::vector<ClipFeatures> uncovered(const ClipFeatures& features, const std::vector<ClipFeatures>& chosen) {
    const auto isCovered = [&](MediaTime time) {
        return std::any_of(chosen.begin(), chosen.end(), [&](const ClipFeatures& part) {
            return time >= part.times.front() && time <= part.times.back();
        });
    };
    std::vector<ClipFeatures> stretches;
    int begin = 0;
    for (int row = 0; row <= features.rows(); ++row) {
        if (row < features.rows() && !isCovered(features.times[static_cast<std::size_t>(row)])) {
            continue;
        }
        if (row - begin >= kMinRows) {
            stretches.push_back(features.part(begin, row - begin));
        }
        begin = row + 1;
    }
    return stretches;
}

} // namespace

void FeatureStore::add(ClipFeatures features, bool complete) {
    if (features.rows() < kMinRows) {
        return;
    }
    if (complete) {
        clear();
    } else if (std::any_of(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.complete; })) {
        return; // nothing to add to the whole clip
    }
    entries_.push_back({std::move(features), complete});
    int total = std::accumulate(entries_.begin(), entries_.end(), 0,
                                [](int rows, const Entry& entry) { return rows + entry.features.rows(); });
    while (entries_.size() > 1 && total > maxRows_) {
        const auto shortest = std::min_element(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
            return a.features.rows() < b.features.rows();
        });
        total -= shortest->features.rows();
        entries_.erase(shortest);
        missing_ = true;
    }
}

void FeatureStore::clear() {
    entries_.clear();
    missing_ = false;
}

bool FeatureStore::keptAll() const {
    return !missing_ &&
           std::all_of(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.features.paddedFront; });
}

std::vector<ClipFeatures> FeatureStore::parts() const {
    std::vector<const ClipFeatures*> byLength;
    for (const Entry& entry : entries_) {
        byLength.push_back(&entry.features);
    }
    std::stable_sort(byLength.begin(), byLength.end(),
                     [](const ClipFeatures* a, const ClipFeatures* b) { return a->rows() > b->rows(); });
    std::vector<ClipFeatures> chosen;
    for (const ClipFeatures* features : byLength) {
        std::vector<ClipFeatures> added = uncovered(*features, chosen);
        std::move(added.begin(), added.end(), std::back_inserter(chosen));
    }
    std::sort(chosen.begin(), chosen.end(),
              [](const ClipFeatures& a, const ClipFeatures& b) { return a.times.front() < b.times.front(); });
    return chosen;
}

} // namespace livegloss::session
