#pragma once

#include <limits>

namespace livegloss::kernels {
namespace {

/// What takes a row's values to whole numbers and back: number = value / step + zero.
struct RowSteps {
    float step = 0.0F;
    float inverse = 0.0F;
    int zero = 0;
};

constexpr float noNumber = std::numeric_limits<float>::quiet_NaN();

/// Of a row in which a value is no number: that shows in the result.
[[maybe_unused]] inline RowSteps stepsOfNoNumbers() {
    return {noNumber, 0.0F, 0};
}

/// 0..levels between `low` <= 0 and `high` >= 0. Rows that cannot be told apart from zero become zeros; infinite ones
/// have an infinite step, which lets it show in the result. Also for files compiled for
/// AVX2 and AVX-512: no function of others.
[[maybe_unused]] inline RowSteps stepsBetween(float low, float high, int levels) {
    constexpr float least = 1e-30F;
    constexpr float most = 1e30F;
    const float width = high - low;
    if (!(width > least) || !(width < most)) {
        return {width, 0.0F, 0};
    }
    RowSteps steps;
    steps.step = width / static_cast<float>(levels);
    steps.inverse = static_cast<float>(levels) / width;
    steps.zero = static_cast<int>(-low * steps.inverse + 0.5F);
    return steps;
}

} // namespace
} // namespace livegloss::kernels
