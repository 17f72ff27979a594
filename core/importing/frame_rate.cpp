#include "importing/frame_rate.h"

#include <algorithm>
#include <string_view>

namespace livegloss::importing {
namespace {

constexpr double kChineseDataSets = 30.0;

bool isChinese(std::string language) {
    std::ranges::transform(language, language.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return language == "csl" || language == "chinese sign language";
}

/// Whether the gloss begins with a Chinese character: U+4E00 to U+9FFF, in UTF-8 E4 B8 80 to E9 BF BF.
bool inChinese(std::string_view gloss) {
    return gloss.size() >= 3 && gloss.substr(0, 3) >= std::string_view("\xE4\xB8\x80") &&
           gloss.substr(0, 3) <= std::string_view("\xE9\xBF\xBF");
}

} // namespace

std::optional<double> usualFrameRate(const std::string& signLanguage, const std::vector<std::string>& vocabulary) {
    // Dictionaries hold some numbers and signs of other writings too.
    const auto chinese = static_cast<std::size_t>(std::ranges::count_if(vocabulary, inChinese));
    return isChinese(signLanguage) || 2 * chinese > vocabulary.size() ? std::optional(kChineseDataSets) : std::nullopt;
}

} // namespace livegloss::importing
