#include "language/ngram_model.h"

#include <array>
#include <charconv>

namespace livegloss::language {
namespace {

std::string number(double value) {
    std::array<char, 32> text{};
    return {text.data(),
            std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 7).ptr};
}

} // namespace

std::string formatArpa(const NgramModel& model) {
    std::string text = "\\data\\\n";
    const std::vector<std::int64_t> counts = model.counts();
    for (std::size_t length = 1; length <= counts.size(); ++length) {
        text.append("ngram ").append(std::to_string(length)).append("=");
        text.append(std::to_string(counts[length - 1])).append("\n");
    }
    for (int length = 1; length <= model.order(); ++length) {
        text.append("\n\\").append(std::to_string(length)).append("-grams:\n");
        for (const int node : model.ngrams(length)) {
            text.append(number(model.log10Probability(node))).append("\t");
            bool first = true;
            for (const int word : model.wordsOf(node)) {
                text.append(first ? "" : " ").append(model.gloss(word));
                first = false;
            }
            if (length < model.order() && model.log10Backoff(node) != 0.0) {
                text.append("\t").append(number(model.log10Backoff(node)));
            }
            text.append("\n");
        }
    }
    return text.append("\n\\end\\\n");
}

} // namespace livegloss::language
