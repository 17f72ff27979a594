#include "label_path.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace livegloss::decode {
namespace {

/// Steps to either side of a run that its alternatives may use.
constexpr int kMaxRunReach = 3;

/// Label of CTC state `state` (blank, l0, blank, l1, ..., blank).
int stateLabel(const std::vector<int>& labels, int state) {
    return state % 2 == 0 ? 0 : labels[static_cast<std::size_t>(state / 2)];
}

/// Whether a path may jump over the blank before `state`.
bool maySkipBlank(const std::vector<int>& labels, int state) {
    return state % 2 == 1 && state >= 3 && stateLabel(labels, state) != stateLabel(labels, state - 2);
}

/// Viterbi search for the best path through the CTC states of a label sequence. At every step only the stretch of
/// states is followed that holds all scores within `margin` of the best, so that an hour of signing costs an hour's
/// worth of steps and not their square.
class StateSearch {
public:
    StateSearch(const LogTable& table, const std::vector<int>& labels, double margin)
        : table_(table),
          labels_(labels),
          margin_(margin),
          states_(2 * static_cast<int>(labels.size()) + 1),
          score_(static_cast<std::size_t>(states_), kImpossible),
          next_(score_) {}

    /// State at every step; empty when no path within the margin reaches the end.
    std::vector<int> run() {
        score_[0] = table_.at(0, 0);
        score_[1] = table_.at(0, labels_[0]);
        rows_.push_back({0, 0});
        moves_.assign(2, 0);
        for (int step = 1; step < table_.steps(); ++step) {
            advance(step);
        }
        const bool endsInLabel = score_[index(states_ - 2)] > score_[index(states_ - 1)];
        const int last = endsInLabel ? states_ - 2 : states_ - 1;
        return score_[index(last)] == kImpossible ? std::vector<int>() : pathTo(last);
    }

private:
    struct Row {
        int firstState = 0;
        std::size_t start = 0; ///< where the row's moves begin
    };
    static std::size_t index(int state) { return static_cast<std::size_t>(state); }

    void advance(int step) {
        const int reach = std::min(last_ + 2, states_ - 1);
        rows_.push_back({first_, moves_.size()});
        double best = kImpossible;
        for (int state = first_; state <= reach; ++state) {
            const int farthest = std::min(state, maySkipBlank(labels_, state) ? 2 : 1);
            int move = 0;
            for (int back = 1; back <= farthest; ++back) {
                move = score_[index(state - back)] > score_[index(state - move)] ? back : move;
            }
            moves_.push_back(static_cast<std::uint8_t>(move));
            next_[index(state)] = score_[index(state - move)] + table_.at(step, stateLabel(labels_, state));
            best = std::max(best, next_[index(state)]);
        }
        std::fill(score_.begin() + first_, score_.begin() + last_ + 1, kImpossible);
        std::swap(score_, next_);
        last_ = reach;
        while (first_ < last_ && score_[index(first_)] < best - margin_) {
            score_[index(first_++)] = kImpossible;
        }
        while (first_ < last_ && score_[index(last_)] < best - margin_) {
            score_[index(last_--)] = kImpossible;
        }
    }

    std::vector<int> pathTo(int state) const {
        std::vector<int> path(rows_.size());
        for (std::size_t step = rows_.size(); step-- > 0;) {
            path[step] = state;
            state -= moves_[rows_[step].start + index(state - rows_[step].firstState)];
        }
        return path;
    }

    const LogTable& table_;
    const std::vector<int>& labels_;
    const double margin_;
    const int states_;
    int first_ = 0; ///< states first_ .. last_ may be reached
    int last_ = 1;
    std::vector<double> score_;
    std::vector<double> next_;
    std::vector<Row> rows_;
    std::vector<std::uint8_t> moves_; ///< states back to where each reached state was best come from
};

/// State of the best path at every step; empty when there is none.
std::vector<int> bestStates(const LogTable& table, const std::vector<int>& labels) {
    // Were a prefix of the path this much worse than another, the other with the same ending would be the likelier
    // sequence, and the search would have found that one. A narrow beam may miss it: then nothing is left out.
    constexpr double kMargin = 500.0;
    std::vector<int> path = StateSearch(table, labels, kMargin).run();
    return path.empty() ? StateSearch(table, labels, -kImpossible).run() : path;
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
    int first = std::max(0, runs[own].first - kMaxRunReach);
    int last = std::min(table.steps() - 1, runs[own].last + kMaxRunReach);
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
