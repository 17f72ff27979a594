#include "language/ngram_training.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <map>
#include <set>

namespace livegloss::language {
namespace {

using Words = std::vector<std::string>;
/// N-grams of one length with their counts; sorted, so that a model comes out the same every time.
using Counts = std::map<Words, std::int64_t>;

/// How much is taken from an n-gram seen once, twice, more often.
struct Discounts {
    std::array<double, 3> taken{0.5, 1.0, 1.5};

    explicit Discounts(const Counts& counts) {
        std::array<double, 5> seen{}; // n-grams that were seen so many times
        for (const auto& [ngram, count] : counts) {
            if (count <= 4) {
                ++seen[static_cast<std::size_t>(count)];
            }
        }
        if (seen[1] == 0 || seen[2] == 0 || seen[3] == 0 || seen[4] == 0) {
            return;
        }
        const double y = seen[1] / (seen[1] + 2.0 * seen[2]);
        for (std::size_t i = 0; i < 3; ++i) {
            const auto times = static_cast<double>(i + 1);
            const double discount = times - (times + 1.0) * y * seen[i + 2] / seen[i + 1];
            if (discount > 0.0 && discount < times) {
                taken[i] = discount;
            }
        }
    }
    double of(std::int64_t count) const {
        return taken[static_cast<std::size_t>(std::min<std::int64_t>(count, 3) - 1)];
    }
};

/// What follows one context: all counts, and what the discounts take away.
struct Context {
    double total = 0.0;
    double freed = 0.0;
    double freedShare() const { return freed / total; }
};

class Trainer {
public:
    Trainer(const std::vector<Words>& sentences, int order, const Words& glosses)
        : order_(order), model_(order), counts_(static_cast<std::size_t>(order)) {
        for (const Words& sentence : sentences) {
            count(sentence);
        }
        for (const auto& [gloss, times] : counts_[0]) {
            vocabulary_.insert(gloss.front());
        }
        vocabulary_.insert(glosses.begin(), glosses.end());
        vocabulary_.insert({std::string(kUnknown), std::string(kSentenceEnd)});
        vocabulary_.erase(std::string(kSentenceStart));
        countContinuations();
    }

    NgramModel train() {
        addUnigrams();
        for (int length = 2; length <= order_; ++length) {
            addNgrams(length);
        }
        model_.link();
        return std::move(model_);
    }

private:
    void count(const Words& sentence) {
        Words padded{std::string(kSentenceStart)};
        padded.insert(padded.end(), sentence.begin(), sentence.end());
        padded.emplace_back(kSentenceEnd);
        for (std::size_t end = 1; end <= padded.size(); ++end) {
            for (std::size_t length = 1; length <= std::min(end, counts_.size()); ++length) {
                const auto last = padded.begin() + static_cast<std::ptrdiff_t>(end);
                ++counts_[length - 1][Words(last - static_cast<std::ptrdiff_t>(length), last)];
            }
        }
    }

    /// Below the longest n-grams, what counts is after how many different glosses an n-gram was seen; only one that
    /// begins a sentence has nothing before it and keeps its count.
    void countContinuations() {
        for (std::size_t length = 1; length < counts_.size(); ++length) {
            Counts continued;
            for (const auto& [ngram, times] : counts_[length]) {
                ++continued[Words(ngram.begin() + 1, ngram.end())];
            }
            for (const auto& [ngram, times] : counts_[length - 1]) {
                if (ngram.front() == kSentenceStart) {
                    continued[ngram] = times;
                }
            }
            counts_[length - 1] = std::move(continued);
        }
        // The start of a sentence is never predicted.
        counts_[0].erase({std::string(kSentenceStart)});
    }

    /// What follows each n-gram of `length` glosses, by the counts one longer.
    std::map<Words, Context> contexts(int length, const Discounts& discounts) const {
        std::map<Words, Context> found;
        for (const auto& [ngram, times] : counts_[static_cast<std::size_t>(length)]) {
            Context& context = found[Words(ngram.begin(), ngram.end() - 1)];
            context.total += static_cast<double>(times);
            context.freed += discounts.of(times);
        }
        return found;
    }

    double backoffOf(const std::map<Words, Context>& following, const Words& ngram) const {
        const auto context = following.find(ngram);
        return context == following.end() ? 0.0 : std::log10(context->second.freedShare());
    }
    std::map<Words, Context> following(int length) const {
        if (length >= order_) {
            return {};
        }
        return contexts(length, Discounts(counts_[static_cast<std::size_t>(length)]));
    }

    void addUnigrams() {
        const Discounts discounts(counts_[0]);
        const Context all = contexts(0, discounts)[{}];
        const double uniform = 1.0 / static_cast<double>(vocabulary_.size());
        const auto next = following(1);
        model_.add(0, kSentenceStart, -99.0, backoffOf(next, {std::string(kSentenceStart)}));
        for (const std::string& gloss : vocabulary_) {
            const auto seen = counts_[0].find({gloss});
            const double own =
                seen == counts_[0].end() ? 0.0 : static_cast<double>(seen->second) - discounts.of(seen->second);
            const double probability = own / all.total + all.freedShare() * uniform;
            model_.add(0, gloss, std::log10(probability), backoffOf(next, {gloss}));
        }
        model_.link();
    }

    void addNgrams(int length) {
        const Counts& counts = counts_[static_cast<std::size_t>(length) - 1];
        const Discounts discounts(counts);
        const auto own = contexts(length - 1, discounts);
        const auto next = following(length);
        // Shorter n-grams are linked by now: they say what is interpolated with.
        struct Added {
            int context;
            std::string gloss;
            double probability;
            double backoff;
        };
        std::vector<Added> added;
        for (const auto& [ngram, times] : counts) {
            const Words before(ngram.begin(), ngram.end() - 1);
            const Context& context = own.at(before);
            double probability = (static_cast<double>(times) - discounts.of(times)) / context.total;
            probability += context.freedShare() * shorter(ngram);
            added.push_back({nodeOf(before), ngram.back(), std::log10(probability), backoffOf(next, ngram)});
        }
        for (const Added& entry : added) {
            model_.add(entry.context, entry.gloss, entry.probability, entry.backoff);
        }
        model_.link();
    }

    int nodeOf(const Words& ngram) const {
        int node = 0;
        for (const std::string& gloss : ngram) {
            node = model_.find(node, model_.word(gloss));
        }
        return node;
    }
    /// Probability of the n-gram's last gloss after all but its first.
    double shorter(const Words& ngram) const {
        const int context = nodeOf(Words(ngram.begin() + 1, ngram.end() - 1));
        return std::pow(10.0, model_.score(context, model_.word(ngram.back())).log10Probability);
    }

    int order_;
    NgramModel model_;
    std::vector<Counts> counts_; ///< by length - 1
    std::set<std::string> vocabulary_;
};

bool isUsable(const std::string& gloss) {
    return !gloss.empty() && gloss != kSentenceStart && gloss != kSentenceEnd && gloss != kUnknown &&
           gloss.find_first_of(" \t\r\n\v\f") == std::string::npos;
}

} // namespace

Result<NgramModel> trainNgrams(const std::vector<Words>& sentences, const NgramTrainingOptions& options,
                               const Words& glosses) {
    if (options.order < 1 || options.order > 6) {
        return failure(ErrorCode::InvalidArgument, "n-grams have 1 to 6 glosses, not " + std::to_string(options.order));
    }
    std::size_t total = 0;
    for (std::size_t i = 0; i < sentences.size(); ++i) {
        total += sentences[i].size();
        const auto bad = std::find_if_not(sentences[i].begin(), sentences[i].end(), isUsable);
        if (bad != sentences[i].end()) {
            return failure(ErrorCode::InvalidArgument,
                           "sentence " + std::to_string(i + 1) + " holds \"" + *bad + "\", which is no gloss");
        }
    }
    if (total == 0) {
        return failure(ErrorCode::InvalidArgument, "there are no glosses to learn from");
    }
    Words extra;
    std::copy_if(glosses.begin(), glosses.end(), std::back_inserter(extra), isUsable);
    return Trainer(sentences, options.order, extra).train();
}

double perplexity(const NgramModel& model, const std::vector<Words>& sentences) {
    double sum = 0.0;
    double events = 0.0;
    for (const Words& sentence : sentences) {
        int context = model.sentenceStart();
        Words whole = sentence;
        whole.emplace_back(kSentenceEnd);
        for (const std::string& gloss : whole) {
            const int known = model.word(gloss);
            const NgramModel::Score score = model.score(context, known < 0 ? model.word(kUnknown) : known);
            sum += score.log10Probability;
            context = score.context;
            ++events;
        }
    }
    return events == 0.0 ? 0.0 : std::pow(10.0, -sum / events);
}

} // namespace livegloss::language
