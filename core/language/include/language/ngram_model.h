#pragma once

#include "base/result.h"
#include "decode/label_scorer.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace livegloss::language {

/// Names that a language model gives the edges of a sentence and glosses that it does not know.
inline constexpr std::string_view kSentenceStart = "<s>";
inline constexpr std::string_view kSentenceEnd = "</s>";
inline constexpr std::string_view kUnknown = "<unk>";

/// A back-off n-gram model of glosses. Contexts form a tree: node 0 is the empty one, the child of a context by a gloss
/// is the longer n-gram. Built once; const members are thread-safe.
class NgramModel {
public:
    /// Number of a gloss, -1 where the model does not know it.
    int word(std::string_view gloss) const;
    const std::string& gloss(int word) const { return glosses_[static_cast<std::size_t>(word)]; }
    int words() const { return static_cast<int>(glosses_.size()); }
    int order() const { return order_; }
    /// N-grams of each length, from 1.
    std::vector<std::int64_t> counts() const;

    struct Score {
        double log10Probability = 0.0;
        int context = 0; ///< for what follows
    };
    /// Probability of `word` after `context` (0: nothing is known), by back-off.
    Score score(int context, int word) const;
    /// The context of a sentence's first sign.
    int sentenceStart() const;

    // Building, for the reader and the trainer.
    explicit NgramModel(int order) : order_(order), nodes_(1) {}
    /// Adds the n-gram that ends in `gloss` after the n-gram `context`; -1 where it is there already.
    int add(int context, std::string_view gloss, double log10Probability, double log10Backoff);
    /// The longer n-gram, -1 where there is none.
    int find(int context, int word) const;
    /// After the last add(): links each n-gram with its longest known ending.
    void link();
    /// Every n-gram of `length` glosses as a node, in the order in which they were added.
    std::vector<int> ngrams(int length) const;
    std::vector<int> wordsOf(int node) const;
    double log10Probability(int node) const { return nodes_[static_cast<std::size_t>(node)].probability; }
    double log10Backoff(int node) const { return nodes_[static_cast<std::size_t>(node)].backoff; }

private:
    struct Node {
        int parent = -1;
        int word = -1;
        int length = 0;
        int ending = 0; ///< the longest known n-gram among this one's endings
        double probability = 0.0;
        double backoff = 0.0;
    };
    int order_;
    std::vector<Node> nodes_;
    std::vector<std::string> glosses_;
    std::unordered_map<std::string, int> numbers_;
    std::unordered_map<std::uint64_t, int> children_;
};

/// Reads a model in ARPA format. The file is not trusted: sections, counts, numbers, duplicates, unknown glosses and
/// missing contexts are checked, and errors name `source` and the line. Needs <s>, </s> and at most six glosses an
/// n-gram.
Result<NgramModel> parseArpa(std::string_view text, const std::string& source);
Result<NgramModel> readArpa(const std::filesystem::path& path);
std::string formatArpa(const NgramModel& model);

/// The model as a beam search over labels wants it. `vocabulary`: gloss of each label, [0] is the blank. A gloss that
/// the model does not know counts as <unk>; an error names such glosses where the model has no <unk>.
Result<std::shared_ptr<const decode::LabelScorer>> makeLabelScorer(std::shared_ptr<const NgramModel> model,
                                                                   const std::vector<std::string>& vocabulary);

} // namespace livegloss::language
