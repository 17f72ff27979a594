#include "log_table.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace livegloss::decode {

double logSum(double a, double b) {
    if (a < b) {
        std::swap(a, b);
    }
    return b == kImpossible ? a : a + std::log1p(std::exp(b - a));
}

LogTable::LogTable(const Matrix& logProbs) {
    const auto wanted =
        static_cast<std::size_t>(std::max(logProbs.rows, 0)) * static_cast<std::size_t>(std::max(logProbs.columns, 0));
    if (wanted == 0 || logProbs.values.size() < wanted) {
        return;
    }
    steps_ = logProbs.rows;
    classes_ = logProbs.columns;
    values_.assign(logProbs.values.begin(), logProbs.values.begin() + static_cast<std::ptrdiff_t>(wanted));
    for (int step = 0; step < steps_; ++step) {
        const auto first = values_.begin() + static_cast<std::ptrdiff_t>(step) * classes_;
        const auto last = first + classes_;
        double highest = kImpossible;
        for (auto value = first; value != last; ++value) {
            if (std::isnan(*value) || *value == -kImpossible) {
                *value = kImpossible;
            }
            highest = std::max(highest, *value);
        }
        if (highest == kImpossible) {
            *first = 0.0;
            continue;
        }
        double sum = 0.0;
        std::for_each(first, last, [&](double value) { sum += std::exp(value - highest); });
        const double total = highest + std::log(sum);
        std::for_each(first, last, [&](double& value) { value -= total; });
    }
}

} // namespace livegloss::decode
