#include "importing/vocabulary.h"

#include "tensorfile/npy.h"

#include <charconv>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <unordered_map>

namespace livegloss::importing {
namespace {

using Json = nlohmann::json;
using Glosses = std::vector<std::string>;

constexpr std::uintmax_t largestText = 16U << 20U;
constexpr std::size_t largestVocabulary = 1'000'000;

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
Result<Glosses> inOrder(const std::filesystem::path& path, const std::map<std::int64_t, std::string>& byIndex) {
    Glosses glosses;
    for (const auto& [index, gloss] : byIndex) {
        const auto expected = static_cast<std::int64_t>(glosses.size()) + 1;
        if (index != expected) {
            return refused(path,
                           "no gloss has the class number " + std::to_string(expected) + "; the next one is '" + gloss +
                               "' with " + std::to_string(index),
                           "Class numbers start at 1 (0 is the blank) and leave none out.");
        }
        glosses.push_back(gloss);
    }
    return glosses;
}

Result<Glosses> fromDictionary(const std::filesystem::path& path) {
    auto entries = tensorfile::readGlossDictionary(path);
    if (!entries) {
        return tl::unexpected(entries.error());
    }
    Glosses glosses;
    for (tensorfile::GlossEntry& entry : *entries) {
        glosses.push_back(std::move(entry.gloss));
    }
    return glosses;
}

std::optional<std::int64_t> wholeNumber(const std::string& text) {
    std::int64_t value = 0;
    const char* last = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), last, value);
    return parsed.ec == std::errc() && parsed.ptr == last ? std::optional(value) : std::nullopt;
}

/// The class number of a JSON value: 7 or [7, 123].
std::optional<std::int64_t> classNumber(const Json& value) {
    const Json& number = value.is_array() && !value.empty() ? value[0] : value;
    return number.is_number_integer() ? std::optional(number.get<std::int64_t>()) : std::nullopt;
}

Result<Glosses> fromJsonObject(const std::filesystem::path& path, const Json& json) {
    std::map<std::int64_t, std::string> byIndex;
    for (const auto& [key, value] : json.items()) {
        const bool glossIsValue = value.is_string();
        const auto index = glossIsValue ? wholeNumber(key) : classNumber(value);
        if (!index) {
            return refused(path, "the entry '" + key.substr(0, 60) + "' has no class number",
                           "Write {\"HELLO\": 1, ...}, {\"HELLO\": [1, 240], ...}, {\"1\": \"HELLO\", ...} or a list.");
        }
        const std::string gloss = glossIsValue ? value.get<std::string>() : key;
        if (*index == 0 && gloss.size() <= 8) {
            continue; // the blank, however it is written
        }
        if (const auto [other, added] = byIndex.emplace(*index, gloss); !added) {
            return refused(path,
                           "'" + other->second + "' and '" + gloss + "' have the same class number " +
                               std::to_string(*index),
                           "Give every gloss a number of its own.");
        }
    }
    return inOrder(path, byIndex);
}

Result<Glosses> fromJson(const std::filesystem::path& path, const std::string& text) {
    Json json;
    try {
        json = Json::parse(text);
    } catch (const Json::parse_error& error) {
        return refused(path, "is not valid JSON at byte " + std::to_string(error.byte), "Correct the file there.");
    }
    if (json.is_object()) {
        return fromJsonObject(path, json);
    }
    Glosses glosses;
    for (const Json& entry : json) {
        if (!entry.is_string()) {
            return refused(path, "entry " + std::to_string(glosses.size() + 1) + " of the list is not a text",
                           "A list holds glosses only: [\"HELLO\", \"GOOD\", ...].");
        }
        glosses.push_back(entry.get<std::string>());
    }
    return glosses;
}

std::string trimmed(const std::string& line) {
    const auto first = line.find_first_not_of(" \t\r");
    const auto last = line.find_last_not_of(" \t\r");
    return first == std::string::npos ? std::string() : line.substr(first, last - first + 1);
}

bool isUtf8(const std::string& text) {
    try {
        static_cast<void>(Json(text).dump()); // strict: throws at the first wrong byte
        return true;
    } catch (const Json::type_error&) {
        return false;
    }
}

Result<Glosses> fromLines(const std::filesystem::path& path, const std::string& text) {
    std::istringstream lines(text);
    Glosses glosses;
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        if (!isUtf8(line) || line.find('\0') != std::string::npos) {
            return refused(path, "line " + std::to_string(number) + " is not UTF-8 text",
                           "Save the list as plain text in UTF-8, one gloss a line.");
        }
        if (std::string gloss = trimmed(line); !gloss.empty()) {
            glosses.push_back(std::move(gloss));
        }
    }
    return glosses;
}

Result<Glosses> checked(const std::filesystem::path& path, Result<Glosses> glosses) {
    if (!glosses) {
        return glosses;
    }
    if (glosses->empty() || glosses->size() > largestVocabulary) {
        return refused(path, glosses->empty() ? "holds no gloss" : "holds more than a million glosses",
                       "Choose the gloss dictionary that belongs to the checkpoint.");
    }
    std::unordered_map<std::string, std::size_t> seen;
    for (std::size_t i = 0; i < glosses->size(); ++i) {
        const std::string& gloss = (*glosses)[i];
        if (gloss.empty()) {
            return refused(path, "the gloss of class " + std::to_string(i + 1) + " is empty",
                           "Every class needs a gloss.");
        }
        if (const auto [other, added] = seen.emplace(gloss, i); !added) {
            return refused(path,
                           "'" + gloss + "' is there twice, for the classes " + std::to_string(other->second + 1) +
                               " and " + std::to_string(i + 1),
                           "Every gloss may occur once.");
        }
    }
    return glosses;
}

} // namespace

Result<std::vector<std::string>> readVocabulary(const std::filesystem::path& path) try {
    std::ifstream file(path, std::ios::binary);
    std::error_code problem;
    const std::uintmax_t size = std::filesystem::file_size(path, problem);
    if (!file || problem || std::filesystem::is_directory(path)) {
        return failure(ErrorCode::NotFound, named(path) + "cannot be opened", "Check the path of the gloss list.");
    }
    std::string start(6, '\0');
    file.read(start.data(), 6);
    if (start == "\x93NUMPY") {
        return checked(path, fromDictionary(path));
    }
    if (size > largestText) {
        return refused(path, "is larger than 16 MB and not a NumPy file", "Choose the gloss dictionary.");
    }
    file.clear();
    file.seekg(0);
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.erase(0, 3);
    }
    const auto first = text.find_first_not_of(" \t\r\n");
    const bool json = first != std::string::npos && (text[first] == '[' || text[first] == '{');
    return checked(path, json ? fromJson(path, text) : fromLines(path, text));
} catch (const std::exception& error) {
    return failure(ErrorCode::Unreadable, named(path) + "cannot be read: " + error.what());
}

} // namespace livegloss::importing
