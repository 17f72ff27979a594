#include "engine/frame_similarity.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace livegloss::engine {

float largestPatchChange(std::span<const float> from, std::span<const float> to, int side, int patch) {
    constexpr float greyLevels = 127.5F; // a difference of 2 is one of 255
    const int perRow = side / patch;
    float largest = 0.0F;
    std::vector<float> sums(static_cast<std::size_t>(perRow));
    for (int band = 0; band < perRow; ++band) {
        std::ranges::fill(sums, 0.0F);
        for (int plane = 0; plane < 3; ++plane) {
            for (int row = band * patch; row < (band + 1) * patch; ++row) {
                const std::size_t start =
                    (static_cast<std::size_t>(plane) * static_cast<std::size_t>(side) + static_cast<std::size_t>(row)) *
                    static_cast<std::size_t>(side);
                const float* a = from.data() + start;
                const float* b = to.data() + start;
                for (float& sum : sums) {
                    for (int column = 0; column < patch; ++column) {
                        sum += std::abs(*a++ - *b++);
                    }
                }
            }
        }
        largest = std::max(largest, std::ranges::max(sums));
    }
    return largest * greyLevels / static_cast<float>(3 * patch * patch);
}

} // namespace livegloss::engine
