#include "beam_search.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>

namespace livegloss::decode {
namespace {

constexpr int kRoot = 0;

/// Every prefix ever kept, as a tree; one node per prefix, so that equal prefixes are equal numbers.
class PrefixTree {
public:
    explicit PrefixTree(const LanguageFusion& language) : language_(language) {
        nodes_.push_back({-1, 0, 0.0, language.scorer ? language.scorer->start(language.wholeSentence) : 0});
    }
    int child(int parent, int label) {
        const auto key = (static_cast<std::uint64_t>(parent) << 32U) | static_cast<std::uint32_t>(label);
        const auto [found, isNew] = children_.try_emplace(key, static_cast<int>(nodes_.size()));
        if (isNew) {
            const auto [credit, state] = extended(parent, label);
            nodes_.push_back({parent, label, credit, state});
        }
        return found->second;
    }
    /// What the language model and the bonus add to the log probability of the prefix.
    double credit(int node) const { return nodes_[static_cast<std::size_t>(node)].credit; }
    double creditOfChild(int parent, int label) const { return extended(parent, label).first; }
    /// The most that a prefix may gain by one more label.
    double mostGain() const { return language_.scorer ? language_.insertionBonus : 0.0; }
    double creditAtEnd(int node) const {
        const Node& last = nodes_[static_cast<std::size_t>(node)];
        const bool ends = language_.scorer && language_.wholeSentence;
        return last.credit + (ends ? language_.weight * language_.scorer->end(last.state) : 0.0);
    }
    int parent(int node) const { return nodes_[static_cast<std::size_t>(node)].parent; }
    int label(int node) const { return nodes_[static_cast<std::size_t>(node)].label; }
    std::vector<int> labels(int node) const {
        std::vector<int> result;
        for (; node != kRoot; node = parent(node)) {
            result.push_back(label(node));
        }
        std::reverse(result.begin(), result.end());
        return result;
    }

private:
    struct Node {
        int parent;
        int label;
        double credit;
        int state; ///< of the language model
    };
    std::pair<double, int> extended(int parent, int label) const {
        const Node& before = nodes_[static_cast<std::size_t>(parent)];
        if (!language_.scorer) {
            return {0.0, 0};
        }
        const LabelScorer::Step step = language_.scorer->next(before.state, label);
        return {before.credit + language_.weight * step.logProbability + language_.insertionBonus, step.state};
    }

    const LanguageFusion& language_;
    std::vector<Node> nodes_;
    std::unordered_map<std::uint64_t, int> children_;
};

/// A prefix with the log probability of its paths that end in blank and of those that end in its last label.
struct Entry {
    int node = kRoot;
    double endsInBlank = kImpossible;
    double endsInLabel = kImpossible;
    double total() const { return logSum(endsInBlank, endsInLabel); }
};

/// What an entry may become in one step: itself (label 0) or itself and one more label.
struct Candidate {
    double total = kImpossible; ///< with what the language model adds
    int source = 0;             ///< index of the entry in the beam
    int label = 0;
    double endsInBlank = kImpossible;
    double endsInLabel = kImpossible;
};

bool likelier(const Candidate& a, const Candidate& b) {
    if (a.total != b.total) {
        return a.total > b.total;
    }
    const bool aGrows = a.label != 0;
    const bool bGrows = b.label != 0;
    if (aGrows != bGrows) {
        return bGrows;
    }
    return a.source != b.source ? a.source < b.source : a.label < b.label;
}

class BeamSearch {
public:
    BeamSearch(const LogTable& table, int width, const LanguageFusion& language)
        : table_(table), width_(static_cast<std::size_t>(std::max(width, 1))), tree_(language) {
        beam_.push_back({kRoot, 0.0, kImpossible});
    }

    std::vector<int> run() {
        for (int step = 0; step < table_.steps(); ++step) {
            advance(table_.row(step));
        }
        const auto best = std::max_element(beam_.begin(), beam_.end(), [&](const Entry& a, const Entry& b) {
            return a.total() + tree_.creditAtEnd(a.node) < b.total() + tree_.creditAtEnd(b.node);
        });
        return tree_.labels(best->node);
    }

private:
    void advance(const double* row) {
        candidates_.clear();
        const int kept = static_cast<int>(beam_.size());
        for (int i = 0; i < kept; ++i) {
            const Entry& entry = beam_[static_cast<std::size_t>(i)];
            Candidate stay{kImpossible, i, 0, entry.total() + row[0], kImpossible};
            if (entry.node != kRoot) {
                stay.endsInLabel = entry.endsInLabel + row[tree_.label(entry.node)];
            }
            candidates_.push_back(stay);
        }
        // Staying entries only gain; an extension below all of a full beam cannot be kept.
        double least = kImpossible;
        if (beam_.size() == width_) {
            least = -kImpossible;
            for (const Candidate& stay : candidates_) {
                least = std::min(least, rankOf(stay));
            }
        }
        for (int i = 0; i < kept; ++i) {
            grow(i, row, least);
        }
        for (int i = 0; i < kept; ++i) {
            Candidate& stay = candidates_[static_cast<std::size_t>(i)];
            stay.total = rankOf(stay);
        }
        keepBest();
    }

    /// Of a candidate that stays what it is.
    double rankOf(const Candidate& stay) const {
        return logSum(stay.endsInBlank, stay.endsInLabel) +
               tree_.credit(beam_[static_cast<std::size_t>(stay.source)].node);
    }

    /// Adds the entry's extensions that are likelier than `least`; those in the beam already gain the probability
    /// instead.
    void grow(int source, const double* row, double least) {
        const Entry& entry = beam_[static_cast<std::size_t>(source)];
        const int last = entry.node == kRoot ? 0 : tree_.label(entry.node);
        inBeam_.assign(static_cast<std::size_t>(table_.classes()), -1);
        for (std::size_t other = 0; other < beam_.size(); ++other) {
            const int node = beam_[other].node;
            if (node != kRoot && tree_.parent(node) == entry.node) {
                inBeam_[static_cast<std::size_t>(tree_.label(node))] = static_cast<int>(other);
            }
        }
        const double total = entry.total();
        const double most = tree_.credit(entry.node) + tree_.mostGain();
        for (int label = 1; label < table_.classes(); ++label) {
            const double score = (label == last ? entry.endsInBlank : total) + row[label];
            const int present = inBeam_[static_cast<std::size_t>(label)];
            if (score == kImpossible) {
                continue;
            }
            if (present >= 0) {
                Candidate& known = candidates_[static_cast<std::size_t>(present)];
                known.endsInLabel = logSum(known.endsInLabel, score);
            } else if (score + most > least) {
                const double rank = score + tree_.creditOfChild(entry.node, label);
                if (rank > least) {
                    candidates_.push_back({rank, source, label, kImpossible, score});
                }
            }
        }
    }

    void keepBest() {
        std::erase_if(candidates_, [](const Candidate& candidate) { return candidate.total == kImpossible; });
        const auto kept = static_cast<std::ptrdiff_t>(std::min(width_, candidates_.size()));
        std::partial_sort(candidates_.begin(), candidates_.begin() + kept, candidates_.end(), likelier);
        std::vector<Entry> next;
        for (auto best = candidates_.begin(); best != candidates_.begin() + kept; ++best) {
            const int source = beam_[static_cast<std::size_t>(best->source)].node;
            const int node = best->label == 0 ? source : tree_.child(source, best->label);
            next.push_back({node, best->endsInBlank, best->endsInLabel});
        }
        beam_ = std::move(next);
    }

    const LogTable& table_;
    const std::size_t width_;
    PrefixTree tree_;
    std::vector<Entry> beam_;
    std::vector<Candidate> candidates_;
    std::vector<int> inBeam_; ///< per label: where the present entry's extension by it sits in the beam, or -1
};

} // namespace

std::vector<int> greedyLabels(const LogTable& table) {
    std::vector<int> labels;
    int previous = 0;
    for (int step = 0; step < table.steps(); ++step) {
        const double* row = table.row(step);
        const int label = static_cast<int>(std::max_element(row, row + table.classes()) - row);
        if (label != 0 && label != previous) {
            labels.push_back(label);
        }
        previous = label;
    }
    return labels;
}

std::vector<int> prefixBeamLabels(const LogTable& table, int width, const LanguageFusion& language) {
    return BeamSearch(table, width, language).run();
}

} // namespace livegloss::decode
