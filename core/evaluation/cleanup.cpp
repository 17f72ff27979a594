#include "evaluation/cleanup.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

namespace livegloss::evaluation {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kReplacements{{{"loc-", ""},
                                                                                       {"cl-", ""},
                                                                                       {"qu-", ""},
                                                                                       {"poss-", ""},
                                                                                       {"lh-", ""},
                                                                                       {"S0NNE", "SONNE"},
                                                                                       {"HABEN2", "HABEN"},
                                                                                       {"__EMOTION__", ""},
                                                                                       {"__PU__", ""},
                                                                                       {"__LEFTHAND__", ""}}};
constexpr std::array<std::string_view, 3> kNoGloss{"__LEFTHAND__", "__EPENTHESIS__", "__EMOTION__"};
constexpr std::string_view kPoint = "ZEIGEN";
constexpr std::string_view kRoom = "RAUM";

/// One pass from left to right, as a stream editor makes it: what a replacement puts together is not looked at again.
void replaceAll(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
}

bool isCapital(char c) {
    return c >= 'A' && c <= 'Z';
}

/// Two capitals keep no "RAUM" behind them.
void dropRooms(std::string& text) {
    std::size_t unread = 0; // a capital serves one "RAUM" only
    for (std::size_t at = text.find(kRoom, 2); at != std::string::npos; at = text.find(kRoom, at)) {
        if (at >= unread + 2 && isCapital(text[at - 1]) && isCapital(text[at - 2])) {
            text.erase(at, kRoom.size());
            unread = at;
        } else {
            ++at;
        }
    }
}

} // namespace

std::string cleanPhoenixGloss(std::string gloss) {
    for (const auto& [from, to] : kReplacements) {
        replaceAll(gloss, from, to);
    }
    if (gloss.ends_with(kPoint)) {
        gloss.append("-BILDSCHIRM");
    }
    dropRooms(gloss);
    replaceAll(gloss, "-PLUSPLUS", "");
    const bool dropped = std::any_of(kNoGloss.begin(), kNoGloss.end(),
                                     [&](std::string_view mark) { return gloss.find(mark) != std::string::npos; });
    return dropped ? std::string() : gloss;
}

Words cleanPhoenixWords(Words words) {
    for (std::string& word : words) {
        word = cleanPhoenixGloss(std::move(word));
    }
    std::erase(words, std::string());
    return words;
}

std::vector<CtmWord> cleanPhoenixHypothesis(std::vector<CtmWord> words, const std::vector<StmSegment>& reference) {
    std::set<std::string> answered;
    for (CtmWord& word : words) {
        word.word = cleanPhoenixGloss(std::move(word.word));
        if (!word.word.empty()) {
            answered.insert(word.file);
        }
    }
    std::erase_if(words, [](const CtmWord& word) { return word.word.empty(); });
    for (const StmSegment& segment : reference) {
        if (answered.insert(segment.file).second) {
            words.push_back({segment.file, segment.channel, segment.startSeconds, 0.0, "[EMPTY]", {}, "0.00", 0});
        }
    }
    std::stable_sort(words.begin(), words.end(), [](const CtmWord& a, const CtmWord& b) {
        return std::tie(a.file, a.startText) < std::tie(b.file, b.startText);
    });
    return words;
}

} // namespace livegloss::evaluation
