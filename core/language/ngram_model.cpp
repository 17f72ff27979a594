#include "language/ngram_model.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace livegloss::language {
namespace {

constexpr double kNaturalPerDecimal = 2.302585092994046;

std::uint64_t edge(int context, int word) {
    return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(context)) << 32U) | static_cast<std::uint32_t>(word);
}

/// Labels as words of a model; a state is a context of it.
class NgramScorer final : public decode::LabelScorer {
public:
    NgramScorer(std::shared_ptr<const NgramModel> model, std::vector<int> words)
        : model_(std::move(model)), words_(std::move(words)), end_(model_->word(kSentenceEnd)) {}

    int start(bool sentenceStart) const override { return sentenceStart ? model_->sentenceStart() : 0; }
    Step next(int state, int label) const override {
        const NgramModel::Score score = model_->score(state, words_.at(static_cast<std::size_t>(label)));
        return {std::min(0.0, score.log10Probability * kNaturalPerDecimal), score.context};
    }
    double end(int state) const override {
        return std::min(0.0, model_->score(state, end_).log10Probability * kNaturalPerDecimal);
    }

private:
    std::shared_ptr<const NgramModel> model_;
    std::vector<int> words_; ///< of each label
    int end_;
};

} // namespace

int NgramModel::word(std::string_view gloss) const {
    const auto found = numbers_.find(std::string(gloss));
    return found == numbers_.end() ? -1 : found->second;
}

std::vector<std::int64_t> NgramModel::counts() const {
    std::vector<std::int64_t> counts(static_cast<std::size_t>(order_), 0);
    for (std::size_t node = 1; node < nodes_.size(); ++node) {
        ++counts[static_cast<std::size_t>(nodes_[node].length) - 1];
    }
    return counts;
}

int NgramModel::find(int context, int word) const {
    const auto found = children_.find(edge(context, word));
    return found == children_.end() ? -1 : found->second;
}

int NgramModel::add(int context, std::string_view gloss, double log10Probability, double log10Backoff) {
    auto [number, isNew] = numbers_.try_emplace(std::string(gloss), words());
    if (isNew) {
        glosses_.emplace_back(gloss);
    }
    const int node = static_cast<int>(nodes_.size());
    if (!children_.try_emplace(edge(context, number->second), node).second) {
        return -1;
    }
    const int length = nodes_[static_cast<std::size_t>(context)].length + 1;
    nodes_.push_back({context, number->second, length, 0, log10Probability, log10Backoff});
    return node;
}

void NgramModel::link() {
    for (std::size_t index = 1; index < nodes_.size(); ++index) {
        Node& node = nodes_[index];
        if (node.length == 1) {
            continue;
        }
        // Parents come before their children, so the endings of the context are known.
        int context = nodes_[static_cast<std::size_t>(node.parent)].ending;
        int ending = find(context, node.word);
        while (ending < 0 && context != 0) {
            context = nodes_[static_cast<std::size_t>(context)].ending;
            ending = find(context, node.word);
        }
        node.ending = std::max(ending, 0);
    }
}

NgramModel::Score NgramModel::score(int context, int word) const {
    double backoff = 0.0;
    int node = find(context, word);
    while (node < 0 && context != 0) {
        backoff += nodes_[static_cast<std::size_t>(context)].backoff;
        context = nodes_[static_cast<std::size_t>(context)].ending;
        node = find(context, word);
    }
    if (node < 0) {
        return {-99.0, 0};
    }
    const Node& found = nodes_[static_cast<std::size_t>(node)];
    return {backoff + found.probability, found.length == order_ ? found.ending : node};
}

int NgramModel::sentenceStart() const {
    return order_ == 1 ? 0 : std::max(0, find(0, word(kSentenceStart)));
}

std::vector<int> NgramModel::ngrams(int length) const {
    std::vector<int> found;
    for (std::size_t node = 1; node < nodes_.size(); ++node) {
        if (nodes_[node].length == length) {
            found.push_back(static_cast<int>(node));
        }
    }
    return found;
}

std::vector<int> NgramModel::wordsOf(int node) const {
    std::vector<int> words;
    for (; node != 0; node = nodes_[static_cast<std::size_t>(node)].parent) {
        words.push_back(nodes_[static_cast<std::size_t>(node)].word);
    }
    std::reverse(words.begin(), words.end());
    return words;
}

Result<std::shared_ptr<const decode::LabelScorer>> makeLabelScorer(std::shared_ptr<const NgramModel> model,
                                                                   const std::vector<std::string>& vocabulary) {
    const int unknown = model->word(kUnknown);
    std::vector<int> words{unknown};
    std::string missing;
    int missed = 0;
    for (std::size_t label = 1; label < vocabulary.size(); ++label) {
        const int word = model->word(vocabulary[label]);
        if (word < 0 && unknown < 0 && ++missed <= 3) {
            missing.append(missing.empty() ? "" : ", ").append(vocabulary[label]);
        }
        words.push_back(word < 0 ? unknown : word);
    }
    if (missed > 0) {
        return failure(ErrorCode::InvalidArgument,
                       "the language model has no <unk> and lacks " + std::to_string(missed) +
                           " glosses of the model's vocabulary: " + missing + (missed > 3 ? ", ..." : ""),
                       "Train it on glosses of the same data set, with livegloss-cli lm.");
    }
    return std::make_shared<NgramScorer>(std::move(model), std::move(words));
}

} // namespace livegloss::language
