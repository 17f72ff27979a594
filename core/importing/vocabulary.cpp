#include "importing/vocabulary.h"

#include "gloss_json.h"
#include "tensorfile/npy.h"
#include "tensorfile/text.h"

#include <string_view>
#include <unordered_map>

namespace livegloss::importing {
namespace {

constexpr std::uint64_t largestText = 16U << 20U;
constexpr std::size_t longestGloss = 1000;

std::string named(const std::filesystem::path& path) {
    std::string text("'");
    text += path.string();
    text += "': ";
    return text;
}

tl::unexpected<Error> refused(const std::filesystem::path& path, const std::string& what, const std::string& hint) {
    return failure(ErrorCode::Unreadable, named(path) + what, hint);
}

/// Puts glosses into the order of their class numbers, which have to be 1, 2, 3, ...
Result<Glosses> inOrder(const std::filesystem::path& path, GlossesByNumber& byNumber) {
    Glosses glosses;
    glosses.reserve(byNumber.size());
    for (auto& [index, gloss] : byNumber) {
        const auto expected = static_cast<std::int64_t>(glosses.size()) + 1;
        if (index != expected) {
            return refused(path,
                           "no gloss has the class number " + std::to_string(expected) + "; the next one is " +
                               quotedGloss(gloss) + " with " + std::to_string(index),
                           "Class numbers start at 1 (0 is the blank) and leave none out.");
        }
        glosses.push_back(std::move(gloss));
    }
    return glosses;
}

Result<Glosses> fromDictionary(const std::filesystem::path& path) {
    auto entries = tensorfile::readGlossDictionary(path);
    if (!entries) {
        return tl::unexpected(entries.error());
    }
    Glosses glosses;
    glosses.reserve(entries->size());
    for (tensorfile::GlossEntry& entry : *entries) {
        glosses.push_back(std::move(entry.gloss));
    }
    return glosses;
}

Result<Glosses> fromJson(const std::filesystem::path& path, std::string_view text) {
    auto parsed = parseGlossJson(text);
    if (!parsed) {
        return refused(path, parsed.error().message, parsed.error().hint);
    }
    if (auto* byNumber = std::get_if<GlossesByNumber>(&*parsed)) {
        return inOrder(path, *byNumber);
    }
    return std::move(std::get<Glosses>(*parsed));
}

std::string_view trimmed(std::string_view line) {
    constexpr std::string_view spaces = " \t\r";
    const auto first = line.find_first_not_of(spaces);
    const auto last = line.find_last_not_of(spaces);
    return first == std::string_view::npos ? std::string_view() : line.substr(first, last - first + 1);
}

Result<Glosses> fromLines(const std::filesystem::path& path, std::string_view text) {
    Glosses glosses;
    for (int number = 1; !text.empty() && glosses.size() <= largestVocabulary; ++number) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (!tensorfile::isUtf8(line) || line.find('\0') != std::string_view::npos) {
            return refused(path, "line " + std::to_string(number) + " is not UTF-8 text",
                           "Save the list as plain text in UTF-8, one gloss a line.");
        }
        if (const std::string_view gloss = trimmed(line); !gloss.empty()) {
            glosses.emplace_back(gloss);
        }
    }
    return glosses;
}

Result<Glosses> checked(const std::filesystem::path& path, Result<Glosses> glosses) {
    if (!glosses) {
        return glosses;
    }
    if (!glosses->empty() && isBlank(glosses->front())) {
        glosses->erase(glosses->begin()); // a list of the classes from 0 on
    }
    if (glosses->empty() || glosses->size() > largestVocabulary) {
        return refused(path, glosses->empty() ? "holds no gloss" : "holds more than a million glosses",
                       "Choose the gloss dictionary that belongs to the checkpoint.");
    }
    std::unordered_map<std::string_view, std::size_t> seen;
    for (std::size_t i = 0; i < glosses->size(); ++i) {
        const std::string& gloss = (*glosses)[i];
        if (gloss.empty()) {
            return refused(path, "the gloss of class " + std::to_string(i + 1) + " is empty",
                           "Every class needs a gloss.");
        }
        if (gloss.size() > longestGloss) {
            return refused(path,
                           "the gloss of class " + std::to_string(i + 1) + ", " + quotedGloss(gloss) + ", has " +
                               std::to_string(gloss.size()) + " bytes, more than any real gloss",
                           "Choose the gloss dictionary that belongs to the checkpoint.");
        }
        if (const auto [other, added] = seen.emplace(gloss, i); !added) {
            return refused(path,
                           quotedGloss(gloss) + " is there twice, for the classes " +
                               std::to_string(other->second + 1) + " and " + std::to_string(i + 1),
                           "Every gloss may occur once.");
        }
    }
    return glosses;
}

/// A NumPy file, or a bare pickle of protocol 2 or newer. No text in UTF-8 begins like either of them.
bool looksLikeDictionary(std::string_view start) {
    return start.starts_with("\x93NUMPY") || start.starts_with('\x80');
}

} // namespace

Result<std::vector<std::string>> readVocabulary(const std::filesystem::path& path) try {
    const auto start = tensorfile::readFileStart(path, 6);
    if (!start) {
        return tl::unexpected(start.error());
    }
    if (looksLikeDictionary(*start)) {
        return checked(path, fromDictionary(path));
    }
    const auto whole = tensorfile::readFileStart(path, largestText + 1);
    if (!whole) {
        return tl::unexpected(whole.error());
    }
    std::string_view text = *whole;
    if (text.size() > largestText) {
        return refused(path, "is larger than 16 MB and not a NumPy file", "Choose the gloss dictionary.");
    }
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
    }
    const auto first = text.find_first_not_of(" \t\r\n");
    const bool json = first != std::string_view::npos && (text[first] == '[' || text[first] == '{');
    return checked(path, json ? fromJson(path, text) : fromLines(path, text));
} catch (const std::exception& error) {
    return failure(ErrorCode::Unreadable, named(path) + "cannot be read: " + error.what(),
                   "Choose the gloss dictionary that belongs to the checkpoint.");
}

} // namespace livegloss::importing
