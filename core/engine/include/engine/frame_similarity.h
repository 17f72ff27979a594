#pragma once

#include <span>

namespace livegloss::engine {

/// How much a picture differs from another, in grey levels of 0 .. 255: the mean absolute difference over the patch in
/// which it is largest, so that a small movement counts as much as a large one. Both are [3, side, side] in -1 .. 1;
/// `side` is a multiple of `patch`.
float largestPatchChange(std::span<const float> from, std::span<const float> to, int side, int patch);

} // namespace livegloss::engine
