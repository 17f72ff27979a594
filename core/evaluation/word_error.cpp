#include "evaluation/word_error.h"

#include "evaluation/text_columns.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace livegloss::evaluation {
namespace {

constexpr int kSubstitutionWeight = 4;
constexpr int kInsertionWeight = 3;
constexpr int kDeletionWeight = 3;

/// Least weight of aligning the first i reference words with the first j hypothesis words.
class WeightTable {
public:
    WeightTable(const Words& reference, const Words& hypothesis)
        : reference_(reference),
          hypothesis_(hypothesis),
          columns_(hypothesis.size() + 1),
          weights_((reference.size() + 1) * columns_) {
        for (std::size_t i = 0; i <= reference.size(); ++i) {
            for (std::size_t j = 0; j <= hypothesis.size(); ++j) {
                weights_[i * columns_ + j] = least(i, j);
            }
        }
    }

    int at(std::size_t i, std::size_t j) const { return weights_[i * columns_ + j]; }
    int pairWeight(std::size_t i, std::size_t j) const {
        return reference_[i - 1] == hypothesis_[j - 1] ? 0 : kSubstitutionWeight;
    }

private:
    int least(std::size_t i, std::size_t j) const {
        if (i == 0) {
            return static_cast<int>(j) * kInsertionWeight;
        }
        if (j == 0) {
            return static_cast<int>(i) * kDeletionWeight;
        }
        return std::min(
            {at(i - 1, j - 1) + pairWeight(i, j), at(i, j - 1) + kInsertionWeight, at(i - 1, j) + kDeletionWeight});
    }

    const Words& reference_;
    const Words& hypothesis_;
    std::size_t columns_;
    std::vector<int> weights_;
};

/// Walks back from the end; `order`: which of the two one-sided edits is tried first.
std::vector<AlignedPair> bestAlignment(const Words& reference, const Words& hypothesis,
                                       const std::array<Edit, 2>& order) {
    const WeightTable table(reference, hypothesis);
    std::vector<AlignedPair> alignment;
    std::size_t i = reference.size();
    std::size_t j = hypothesis.size();
    const auto fits = [&](Edit edit) {
        return edit == Edit::Insertion ? j > 0 && table.at(i, j) == table.at(i, j - 1) + kInsertionWeight
                                       : i > 0 && table.at(i, j) == table.at(i - 1, j) + kDeletionWeight;
    };
    while (i > 0 || j > 0) {
        if (i > 0 && j > 0 && table.at(i, j) == table.at(i - 1, j - 1) + table.pairWeight(i, j)) {
            const Edit edit = table.pairWeight(i, j) == 0 ? Edit::Correct : Edit::Substitution;
            alignment.push_back({edit, static_cast<int>(--i), static_cast<int>(--j)});
        } else if (fits(order[0]) ? order[0] == Edit::Insertion : order[1] == Edit::Insertion) {
            alignment.push_back({Edit::Insertion, -1, static_cast<int>(--j)});
        } else {
            alignment.push_back({Edit::Deletion, static_cast<int>(--i), -1});
        }
    }
    std::reverse(alignment.begin(), alignment.end());
    return alignment;
}

} // namespace

double ErrorCounts::werPercent() const {
    if (referenceWords == 0) {
        return errors() == 0 ? 0.0 : 100.0;
    }
    return static_cast<double>(errors()) / static_cast<double>(referenceWords) * 100.0;
}

ErrorCounts& ErrorCounts::operator+=(const ErrorCounts& other) {
    correct += other.correct;
    substitutions += other.substitutions;
    deletions += other.deletions;
    insertions += other.insertions;
    referenceWords += other.referenceWords;
    return *this;
}

std::vector<AlignedPair> alignWords(const Words& reference, const Words& hypothesis) {
    return bestAlignment(reference, hypothesis, {Edit::Insertion, Edit::Deletion});
}

std::vector<AlignedPair> alignWordsDeletingFirst(const Words& reference, const Words& hypothesis) {
    return bestAlignment(reference, hypothesis, {Edit::Deletion, Edit::Insertion});
}

ErrorCounts countErrors(const std::vector<AlignedPair>& alignment) {
    ErrorCounts counts;
    for (const AlignedPair& pair : alignment) {
        counts.correct += pair.edit == Edit::Correct ? 1 : 0;
        counts.substitutions += pair.edit == Edit::Substitution ? 1 : 0;
        counts.deletions += pair.edit == Edit::Deletion ? 1 : 0;
        counts.insertions += pair.edit == Edit::Insertion ? 1 : 0;
        counts.referenceWords += pair.edit == Edit::Insertion ? 0 : 1;
    }
    return counts;
}

CorpusScore scoreCorpus(const std::vector<Utterance>& utterances) {
    CorpusScore score;
    for (const Utterance& utterance : utterances) {
        std::vector<AlignedPair> alignment = alignWords(utterance.reference, utterance.hypothesis);
        const ErrorCounts counts = countErrors(alignment);
        score.total += counts;
        score.utterances.push_back({utterance.id, counts, std::move(alignment)});
    }
    return score;
}

std::string alignmentText(const Words& reference, const Words& hypothesis, const std::vector<AlignedPair>& alignment) {
    std::array<std::string, 3> lines{"reference ", "recognised", "          "};
    for (const AlignedPair& pair : alignment) {
        static constexpr std::array<const char*, 4> kLetters{"", "S", "D", "I"};
        const std::array<std::string, 3> cells{
            pair.reference < 0 ? "*" : reference.at(static_cast<std::size_t>(pair.reference)),
            pair.hypothesis < 0 ? "*" : hypothesis.at(static_cast<std::size_t>(pair.hypothesis)),
            kLetters.at(static_cast<std::size_t>(pair.edit))};
        std::size_t width = 1;
        for (const std::string& cell : cells) {
            width = std::max(width, columnsOf(cell));
        }
        for (std::size_t line = 0; line < lines.size(); ++line) {
            lines.at(line).append(" ").append(cells.at(line));
            lines.at(line).append(width - columnsOf(cells.at(line)), ' ');
        }
    }
    std::string text;
    for (std::string& line : lines) {
        line.erase(line.find_last_not_of(' ') + 1);
        text.append(line).append("\n");
    }
    return text;
}

} // namespace livegloss::evaluation
