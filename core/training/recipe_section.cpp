#include "recipe_section.h"

namespace livegloss::training {
namespace {

/// Letters to insert, delete, replace or swap with their neighbour.
std::size_t distance(const std::string& from, const std::string& to) {
    std::vector<std::vector<std::size_t>> table(from.size() + 1, std::vector<std::size_t>(to.size() + 1));
    for (std::size_t i = 0; i <= from.size(); ++i) {
        for (std::size_t j = 0; j <= to.size(); ++j) {
            if (i == 0 || j == 0) {
                table[i][j] = i + j;
                continue;
            }
            const std::size_t replaced = table[i - 1][j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
            table[i][j] = std::min({replaced, table[i - 1][j] + 1, table[i][j - 1] + 1});
            if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) {
                table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
            }
        }
    }
    return table.back().back();
}

const nlohmann::json& emptyObject() {
    static const nlohmann::json empty = nlohmann::json::object();
    return empty;
}

} // namespace

std::string nearestWord(const std::string& word, const std::vector<std::string>& words) {
    std::string nearest;
    std::size_t least = std::max<std::size_t>(2, word.size() / 2) + 1;
    for (const std::string& candidate : words) {
        if (const std::size_t here = distance(word, candidate); here < least) {
            least = here;
            nearest = candidate;
        }
    }
    return nearest;
}

RecipeSection::RecipeSection(const nlohmann::json& json, std::string path, std::vector<RecipeKey>* known)
    : json_(json), path_(std::move(path)), known_(known) {
    if (!json_.is_object()) {
        throw std::invalid_argument((path_.empty() ? std::string("the recipe") : "\"" + path_ + "\"") +
                                    " is not an object in braces");
    }
}

void RecipeSection::note(const std::string& key, const std::string& standard) {
    seen_.push_back(key);
    if (known_ != nullptr) {
        known_->push_back({pathOf(key), standard});
    }
}

void RecipeSection::takeWord(const char* key, std::string& value, const std::vector<std::string>& words) {
    take(key, value);
    if (std::find(words.begin(), words.end(), value) != words.end()) {
        return;
    }
    std::string list;
    for (const std::string& word : words) {
        list.append(list.empty() ? "" : ", ").append(word);
    }
    throw std::invalid_argument("\"" + pathOf(key) + "\" is \"" + value.substr(0, 40) + "\", not one of " + list);
}

RecipeSection RecipeSection::child(const char* key) {
    seen_.emplace_back(key);
    const auto found = json_.find(key);
    return {found == json_.end() ? emptyObject() : *found, pathOf(key), known_};
}

void RecipeSection::finish() const {
    for (const auto& [key, value] : json_.items()) {
        if (std::find(seen_.begin(), seen_.end(), key) != seen_.end()) {
            continue;
        }
        const std::string nearest = nearestWord(key, seen_);
        std::string message = "\"";
        message.append(pathOf(key.substr(0, 80)));
        if (nearest.empty()) {
            message.append("\" is not a known key");
        } else {
            message.append("\" is not a known key; did you mean \"").append(nearest).append("\"?");
        }
        throw std::invalid_argument(message);
    }
}

} // namespace livegloss::training
