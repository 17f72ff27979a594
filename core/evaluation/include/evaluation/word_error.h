#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace livegloss::evaluation {

using Words = std::vector<std::string>;

enum class Edit { Correct, Substitution, Deletion, Insertion };

/// One column of an alignment. An index is -1 where that side has no word.
struct AlignedPair {
    Edit edit = Edit::Correct;
    int reference = -1;
    int hypothesis = -1;
};

struct ErrorCounts {
    std::int64_t correct = 0;
    std::int64_t substitutions = 0;
    std::int64_t deletions = 0;
    std::int64_t insertions = 0;
    std::int64_t referenceWords = 0;

    std::int64_t errors() const { return substitutions + deletions + insertions; }
    std::int64_t hypothesisWords() const { return correct + substitutions + insertions; }
    /// Word error rate in percent. Without reference words: 0 when nothing was recognised either, else 100.
    double werPercent() const;
    ErrorCounts& operator+=(const ErrorCounts& other);
};

/// Aligns as sclite does: least total weight with substitution 4, insertion 3, deletion 3, correct 0; of equal
/// alignments the one that, read from the end, pairs words before it inserts and inserts before it deletes. Words are
/// compared byte by byte. Pure; any thread.
std::vector<AlignedPair> alignWords(const Words& reference, const Words& hypothesis);
/// The same weights as alignWords(); of equal alignments the one that, read from the end, pairs words before it deletes
/// and deletes before it inserts, as the Python tool of the released recognisers does.
std::vector<AlignedPair> alignWordsDeletingFirst(const Words& reference, const Words& hypothesis);
ErrorCounts countErrors(const std::vector<AlignedPair>& alignment);

struct Utterance {
    std::string id;
    Words reference;
    Words hypothesis;
};
struct UtteranceScore {
    std::string id;
    ErrorCounts counts;
    std::vector<AlignedPair> alignment;
};
struct CorpusScore {
    std::vector<UtteranceScore> utterances; ///< in the order given
    ErrorCounts total;                      ///< sums; its rate weighs utterances by their words
};
CorpusScore scoreCorpus(const std::vector<Utterance>& utterances);

/// Three lines for people, columns under each other: reference, hypothesis and a letter for each error (S, D, I).
std::string alignmentText(const Words& reference, const Words& hypothesis, const std::vector<AlignedPair>& alignment);

} // namespace livegloss::evaluation
