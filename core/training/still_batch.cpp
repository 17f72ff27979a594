#include "still_batch.h"

#include "augment.h"

#include <algorithm>
#include <numeric>

namespace livegloss::training {
namespace {

/// Ascending grid positions of the patches to take. `shares` [regions][patches].
std::vector<int> choosePatches(const std::vector<float>& shares, int regions, int patches, std::int64_t keep,
                               std::mt19937_64* random) {
    std::vector<int> chosen(static_cast<std::size_t>(patches));
    std::iota(chosen.begin(), chosen.end(), 0);
    if (keep >= patches || random == nullptr) {
        return chosen;
    }
    std::shuffle(chosen.begin(), chosen.end(), *random);
    std::stable_partition(chosen.begin(), chosen.end(), [&](int patch) {
        for (int region = 0; region < regions; ++region) {
            if (shares[static_cast<std::size_t>(region * patches + patch)] > 0.0F) {
                return true;
            }
        }
        return false;
    });
    chosen.resize(static_cast<std::size_t>(keep));
    std::sort(chosen.begin(), chosen.end());
    return chosen;
}

/// Copies one patch of planes [3, side, side] as a row.
float* copyPatch(const std::vector<float>& planes, int side, int patch, int position, float* out) {
    const int grid = side / patch;
    const int top = position / grid * patch;
    const int left = position % grid * patch;
    for (int row = 0; row < 3 * patch; ++row) {
        const int channel = row / patch;
        const int y = top + row % patch;
        const float* from = planes.data() + (static_cast<std::ptrdiff_t>(channel) * side + y) * side + left;
        out = std::copy(from, from + patch, out);
    }
    return out;
}

} // namespace

StillBatch StillBatch::slice(std::int64_t first, std::int64_t last) const {
    return {patches.slice(0, first, last), positions.slice(0, first, last), words.slice(0, first, last),
            shares.slice(0, first, last)};
}

StillBatch StillBatch::to(const torch::Device& device) const {
    return {patches.to(device), positions.to(device), words.to(device), shares.to(device)};
}

StillBatch assembleStills(const std::vector<StillGroup>& groups, const model::ModelConfig& config, int regions,
                          std::int64_t keep, std::mt19937_64* random) {
    const int side = config.resolution;
    const int patches = config.patches();
    const std::int64_t kept = random == nullptr ? patches : std::min<std::int64_t>(keep, patches);
    std::int64_t count = 0;
    for (const StillGroup& group : groups) {
        count += static_cast<std::int64_t>(group->size());
    }
    StillBatch batch;
    batch.patches = torch::empty({count, kept, 3L * config.patch * config.patch});
    batch.positions = torch::empty({count, kept}, torch::kInt64);
    batch.shares = torch::empty({count, regions, kept});
    float* rows = batch.patches.data_ptr<float>();
    auto* positions = batch.positions.data_ptr<std::int64_t>();
    float* shares = batch.shares.data_ptr<float>();
    std::vector<std::int64_t> words;
    std::vector<float> planes(3UL * static_cast<std::size_t>(side) * static_cast<std::size_t>(side));
    std::vector<float> allShares(static_cast<std::size_t>(regions) * static_cast<std::size_t>(patches));
    for (const StillGroup& group : groups) {
        for (const TrainingStill& still : *group) {
            const PictureChange change =
                random != nullptr ? randomChange(*random, still.size, side, 0.0, 1.0) : plainChange(still.size, side);
            applyChange(change, still.rgb.data(), still.size, side, planes.data());
            patchShares(change, still.regions, still.size, side, config.patch, regions, allShares.data());
            const std::vector<int> chosen = choosePatches(allShares, regions, patches, kept, random);
            for (const int position : chosen) {
                rows = copyPatch(planes, side, config.patch, position, rows);
                *positions++ = position;
            }
            for (int region = 0; region < regions; ++region) {
                for (const int position : chosen) {
                    *shares++ = allShares[static_cast<std::size_t>(region * patches + position)];
                }
            }
            words.insert(words.end(), still.words.begin(), still.words.end());
        }
    }
    batch.words = torch::tensor(words, torch::kInt64).view({count, -1});
    return batch;
}

} // namespace livegloss::training
