#pragma once

#include "base/frame.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace livegloss::decode::testing {

struct SimulatedSign {
    int label = 0;
    std::int64_t firstStep = 0;
    std::int64_t lastStep = 0;
    std::int64_t peakStep = 0;
};

struct SimulationOptions {
    int classes = 12;
    int signs = 8;
    double noise = 0.0;      ///< 0: one clear answer wherever a sign is fully seen; 1: hardly any relation to the truth
    bool edges = true;       ///< half-seen signs at a window's ends give weak or wrong answers
    double repetition = 0.3; ///< chance that a sign repeats the one before it, or the one before that
};

/// A made-up clip and what a network might say about any window of it. Everything follows from the seed.
class SimulatedSigning {
public:
    SimulatedSigning(std::uint32_t seed, SimulationOptions options) : options_(options), random_(seed) {
        std::int64_t step = 1 + pick(3);
        for (int i = 0; i < options_.signs; ++i) {
            SimulatedSign sign;
            sign.label = 1 + static_cast<int>(pick(options_.classes - 1));
            if (i >= 2 && chance(options_.repetition)) {
                sign.label = signs_[static_cast<std::size_t>(i - 1 - pick(2))].label;
            }
            sign.firstStep = step;
            sign.lastStep = step + 3 + pick(3);
            sign.peakStep = sign.lastStep - pick(2);
            signs_.push_back(sign);
            step = sign.lastStep + 1 + (chance(0.2) ? pick(12) : pick(2));
        }
        steps_ = step + 2;
    }

    const std::vector<SimulatedSign>& signs() const { return signs_; }
    std::int64_t steps() const { return steps_; }

    /// Log probabilities of steps [first, end). Each call draws new noise, as each window is a new pass of the network.
    Matrix window(std::int64_t first, std::int64_t end) {
        Matrix probabilities(static_cast<int>(end - first), options_.classes);
        for (int row = 0; row < probabilities.rows; ++row) {
            for (int label = 1; label < options_.classes; ++label) {
                probabilities.at(row, label) = static_cast<float>(0.002 + 0.3 * options_.noise * real() * real());
            }
            probabilities.at(row, 0) = 1.0F;
        }
        for (const SimulatedSign& sign : signs_) {
            if (sign.lastStep >= first && sign.firstStep < end) {
                place(probabilities, sign, first, end);
            }
        }
        for (int row = 0; row < probabilities.rows; ++row) {
            float* values = probabilities.row(row);
            float sum = 0.0F;
            std::for_each(values, values + options_.classes, [&](float value) { sum += value; });
            std::transform(values, values + options_.classes, values,
                           [&](float value) { return std::log(value / sum); });
        }
        return probabilities;
    }

private:
    std::int64_t pick(std::int64_t count) {
        return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(count));
    }
    double real() { return std::uniform_real_distribution<double>()(random_); }
    bool chance(double share) { return real() < share; }

    void mark(Matrix& probabilities, std::int64_t row, int label, double share) {
        if (row >= 0 && row < probabilities.rows) {
            const auto index = static_cast<int>(row);
            probabilities.at(index, label) += static_cast<float>(share / (1.0001 - share));
        }
    }

    void place(Matrix& probabilities, const SimulatedSign& sign, std::int64_t first, std::int64_t end) {
        int label = sign.label;
        double share = 0.97 - 0.6 * options_.noise * real();
        std::int64_t peak = sign.peakStep;
        if (chance(options_.noise)) {
            peak += pick(3) - 1;
        }
        if (chance(0.7 * options_.noise)) {
            label = 1 + static_cast<int>(pick(options_.classes - 1));
        }
        const bool cutLeft = sign.firstStep < first;
        const bool cutRight = sign.lastStep + 1 >= end;
        if (options_.edges && (cutLeft || cutRight)) {
            share *= real();
            if (chance(0.5)) {
                label = 1 + static_cast<int>(pick(options_.classes - 1));
            }
            peak = cutLeft && peak < first ? first + pick(2) : peak;
        }
        mark(probabilities, peak - first, label, share);
        if (chance(0.3)) {
            mark(probabilities, peak - first + 1, label, 0.6 * share);
        }
    }

    SimulationOptions options_;
    std::mt19937 random_;
    std::vector<SimulatedSign> signs_;
    std::int64_t steps_ = 0;
};

} // namespace livegloss::decode::testing
