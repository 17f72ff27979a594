#include "pairing.h"

#include <algorithm>
#include <cstddef>

namespace livegloss::decode {

std::vector<std::pair<int, int>> pairInOrder(int left, int right, const std::function<float(int, int)>& gain) {
    const std::size_t columns = static_cast<std::size_t>(right) + 1;
    std::vector<float> best((static_cast<std::size_t>(left) + 1) * columns, 0.0F);
    const auto at = [&](int i, int j) -> float& {
        return best[static_cast<std::size_t>(i) * columns + static_cast<std::size_t>(j)];
    };
    for (int i = 1; i <= left; ++i) {
        for (int j = 1; j <= right; ++j) {
            const float own = gain(i - 1, j - 1);
            const float paired = own > 0.0F ? at(i - 1, j - 1) + own : 0.0F;
            at(i, j) = std::max({at(i - 1, j), at(i, j - 1), paired});
        }
    }
    std::vector<std::pair<int, int>> pairs;
    for (int i = left, j = right; i > 0 && j > 0;) {
        if (at(i, j) == at(i - 1, j)) {
            --i;
        } else if (at(i, j) == at(i, j - 1)) {
            --j;
        } else {
            pairs.emplace_back(--i, --j);
        }
    }
    std::reverse(pairs.begin(), pairs.end());
    return pairs;
}

} // namespace livegloss::decode
