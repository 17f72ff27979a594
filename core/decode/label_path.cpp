#include "label_path.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace livegloss::decode {
namespace {

/// Steps to either side of a run that its alternatives may use.
constexpr int kReach = 3;

/// Label of CTC state `state` (blank, l0, blank, l1, ..., blank).
int stateLabel(const std::vector<int>& labels, int state) {
    return state % 2 == 0 ? 0 : labels[static_cast<std::size_t>(state / 2)];
}

/// Whether a path may jump over the blank before `state`.
bool maySkipBlank(const std::vector<int>& labels, int state) {
    return state % 2 == 1 && state >= 3 && stateLabel(labels, state) != stateLabel(labels, state - 2);
}

/// State of the best path at every step; empty when there is none.
std::vector<int> bestStates(const LogTable& table, const std::vector<int>& labels) {
    const int states = 2 * static_cast<int>(labels.size()) + 1;
    const int steps = table.steps();
    std::vector<double> score(static_cast<std::size_t>(states), kImpossible);
    std::vector<double> next(score);
    std::vector<std::uint8_t> moves(static_cast<std::size_t>(states) * static_cast<std::size_t>(steps));
    score[0] = table.at(0, 0);
    score[1] = table.at(0, labels[0]);
    for (int step = 1; step < steps; ++step) {
        std::uint8_t* move = moves.data() + static_cast<std::ptrdiff_t>(step) * states;
        for (int state = 0; state < states; ++state) {
            double best = score[static_cast<std::size_t>(state)];
            for (int back = 1; back <= std::min(state, maySkipBlank(labels, state) ? 2 : 1); ++back) {
                if (score[static_cast<std::size_t>(state - back)] > best) {
                    best = score[static_cast<std::size_t>(state - back)];
                    move[state] = static_cast<std::uint8_t>(back);
                }
            }
            next[static_cast<std::size_t>(state)] = best + table.at(step, stateLabel(labels, state));
        }
        std::swap(score, next);
    }
    int state = score[static_cast<std::size_t>(states - 2)] > score[static_cast<std::size_t>(states - 1)] ? states - 2
                                                                                                          : states - 1;
    if (score[static_cast<std::size_t>(state)] == kImpossible) {
        return {};
    }
    std::vector<int> path(static_cast<std::size_t>(steps));
    for (int step = steps - 1; step >= 0; --step) {
        path[static_cast<std::size_t>(step)] = state;
        state -=
            moves[static_cast<std::size_t>(step) * static_cast<std::size_t>(states) + static_cast<std::size_t>(state)];
    }
    return path;
}

/// Probabilities of a stretch of steps, each relative to the best path's own, so that products stay near 1.
struct Stretch {
    int steps = 0;
    int classes = 0;
    std::vector<double> relative;
    int before = 0; ///< label that the first step belongs to, or 0: free
    int after = 0;  ///< label that the last step belongs to, or 0: free

    double at(int step, int label) const {
        return relative[static_cast<std::size_t>(step) * static_cast<std::size_t>(classes) +
                        static_cast<std::size_t>(label)];
    }
};

/// Sum over all paths through the stretch that spell before, `middle` (0: nothing), after.
double pathSum(const Stretch& stretch, int middle) {
    std::array<int, 7> label{};
    int states = 1;
    for (const int spelled : {stretch.before, middle, stretch.after}) {
        if (spelled != 0) {
            label[static_cast<std::size_t>(states)] = spelled;
            states += 2;
        }
    }
    std::array<double, 7> sum{};
    if (stretch.before != 0) {
        sum[1] = stretch.at(0, stretch.before);
    } else {
        sum[0] = stretch.at(0, 0);
        sum[1] = states > 1 ? stretch.at(0, label[1]) : 0.0;
    }
    for (int step = 1; step < stretch.steps; ++step) {
        for (int state = states - 1; state >= 0; --state) {
            const auto s = static_cast<std::size_t>(state);
            double arriving = sum[s] + (state >= 1 ? sum[s - 1] : 0.0);
            if (state >= 3 && label[s] != 0 && label[s] != label[s - 2]) {
                arriving += sum[s - 2];
            }
            sum[s] = arriving * stretch.at(step, label[s]);
        }
    }
    const auto end = static_cast<std::size_t>(states - 1);
    if (stretch.after != 0) {
        return sum[end - 1];
    }
    return sum[end] + (states > 1 ? sum[end - 1] : 0.0);
}

Stretch stretchAround(const LogTable& table, const std::vector<int>& labels, const std::vector<Run>& runs, int index) {
    const auto own = static_cast<std::size_t>(index);
    Stretch stretch;
    int first = std::max(0, runs[own].first - kReach);
    int last = std::min(table.steps() - 1, runs[own].last + kReach);
    if (index > 0 && first <= runs[own - 1].last) {
        stretch.before = labels[own - 1];
        first = std::max(first, runs[own - 1].peak);
    }
    if (own + 1 < runs.size() && last >= runs[own + 1].first) {
        stretch.after = labels[own + 1];
        last = std::min(last, runs[own + 1].peak);
    }
    stretch.steps = last - first + 1;
    stretch.classes = table.classes();
    for (int step = first; step <= last; ++step) {
        int pathLabel = 0;
        if (step >= runs[own].first && step <= runs[own].last) {
            pathLabel = labels[own];
        } else if (stretch.before != 0 && step <= runs[own - 1].last) {
            pathLabel = stretch.before;
        } else if (stretch.after != 0 && step >= runs[own + 1].first) {
            pathLabel = stretch.after;
        }
        const double scale = table.at(step, pathLabel);
        for (int label = 0; label < table.classes(); ++label) {
            stretch.relative.push_back(std::exp(table.at(step, label) - scale));
        }
    }
    return stretch;
}

} // namespace

std::vector<Run> alignLabels(const LogTable& table, const std::vector<int>& labels) {
    if (labels.empty() || table.steps() == 0) {
        return {};
    }
    const std::vector<int> path = bestStates(table, labels);
    std::vector<Run> runs;
    int previous = -1;
    for (int step = 0; step < static_cast<int>(path.size()); ++step) {
        const int state = path[static_cast<std::size_t>(step)];
        if (state % 2 == 1) {
            if (state != previous) {
                runs.push_back({step, step, step});
            }
            Run& run = runs.back();
            run.last = step;
            const int label = stateLabel(labels, state);
            run.peak = table.at(step, label) > table.at(run.peak, label) ? step : run.peak;
        }
        previous = state;
    }
    return runs;
}

double localPosterior(const LogTable& table, const std::vector<int>& labels, const std::vector<Run>& runs, int index) {
    const Stretch stretch = stretchAround(table, labels, runs, index);
    const double own = pathSum(stretch, labels[static_cast<std::size_t>(index)]);
    double all = pathSum(stretch, 0);
    for (int label = 1; label < table.classes(); ++label) {
        all += pathSum(stretch, label);
    }
    const double posterior = own / all;
    return std::isfinite(posterior) ? std::clamp(posterior, 0.0, 1.0) : 0.0;
}

} // namespace livegloss::decode
