#pragma once

#include "base/frame.h"

#include <limits>
#include <vector>

namespace livegloss::decode {

constexpr double kImpossible = -std::numeric_limits<double>::infinity();

/// log(exp(a) + exp(b)) without overflow; kImpossible is its zero.
double logSum(double a, double b);

/// Log probabilities in double precision, every row summing to 1. What is no probability (NaN, +inf) is impossible; a
/// row without any possible class says nothing and becomes a certain blank.
class LogTable {
public:
    explicit LogTable(const Matrix& logProbs);

    int steps() const { return steps_; }
    int classes() const { return classes_; }
    double at(int step, int label) const { return row(step)[label]; }
    const double* row(int step) const { return values_.data() + static_cast<std::ptrdiff_t>(step) * classes_; }

private:
    int steps_ = 0;
    int classes_ = 0;
    std::vector<double> values_;
};

} // namespace livegloss::decode
