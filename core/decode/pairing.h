#pragma once

#include <functional>
#include <utility>
#include <vector>

namespace livegloss::decode {

/// Pairs entries 0..left-1 with 0..right-1, both kept in order, each used at most once, for the greatest total gain.
/// Pairs whose gain is not positive are never made. In order.
std::vector<std::pair<int, int>> pairInOrder(int left, int right, const std::function<float(int, int)>& gain);

} // namespace livegloss::decode
