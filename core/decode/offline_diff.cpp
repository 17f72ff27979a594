#include "decode/offline_diff.h"

#include "pairing.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace livegloss::decode {
namespace {

/// Steps that the two passes may place the same gloss apart.
constexpr std::int64_t kSameGlossReach = 8;
/// Steps apart at which another gloss still stands "in its place".
constexpr std::int64_t kReplacementReach = 3;

float pairGain(const StreamGloss& live, const DecodedGloss& offline) {
    const std::int64_t distance = std::abs(live.peakStep - offline.peakStep);
    const bool overlap = live.firstStep <= offline.lastStep && offline.firstStep <= live.lastStep;
    if (live.label == offline.label) {
        return overlap || distance <= kSameGlossReach ? 100.0F / static_cast<float>(10 + distance) : 0.0F;
    }
    return overlap || distance <= kReplacementReach ? 1.0F / static_cast<float>(1 + distance) : 0.0F;
}

} // namespace

std::vector<OfflineDifference> compareWithOffline(const std::vector<StreamGloss>& live,
                                                  const std::vector<DecodedGloss>& offline) {
    const int liveCount = static_cast<int>(live.size());
    const int offlineCount = static_cast<int>(offline.size());
    const auto liveAt = [&](int index) -> const StreamGloss& { return live[static_cast<std::size_t>(index)]; };
    const auto offlineAt = [&](int index) -> const DecodedGloss& { return offline[static_cast<std::size_t>(index)]; };

    auto pairs = pairInOrder(liveCount, offlineCount, [&](int i, int j) { return pairGain(liveAt(i), offlineAt(j)); });
    pairs.emplace_back(liveCount, offlineCount);
    std::vector<OfflineDifference> differences;
    int i = 0;
    int j = 0;
    for (const auto& [pairedLive, pairedOffline] : pairs) {
        while (i < pairedLive || j < pairedOffline) {
            const bool liveFirst =
                j == pairedOffline || (i < pairedLive && liveAt(i).peakStep <= offlineAt(j).peakStep);
            differences.push_back(liveFirst ? OfflineDifference{OfflineChange::Removed, i++, -1}
                                            : OfflineDifference{OfflineChange::Added, -1, j++});
        }
        if (i < liveCount && j < offlineCount) {
            const bool same = liveAt(i).label == offlineAt(j).label;
            differences.push_back({same ? OfflineChange::Confirmed : OfflineChange::Replaced, i++, j++});
        }
    }
    return differences;
}

} // namespace livegloss::decode
