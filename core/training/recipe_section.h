#pragma once

#include "training/recipe.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace livegloss::training {

/// One JSON object whose keys are taken one by one; what is left over at the end is an error that names the place and
/// the nearest known key. `known`, where given, collects the keys with the values that they had before.
class RecipeSection {
public:
    RecipeSection(const nlohmann::json& json, std::string path, std::vector<RecipeKey>* known = nullptr);

    template <class T>
    void take(const char* key, T& value) {
        note(key, nlohmann::json(value).dump());
        if (const auto found = json_.find(key); found != json_.end()) {
            try {
                value = converted<T>(key, *found);
            } catch (const nlohmann::json::exception&) {
                throw wrongKind(key, *found);
            }
        }
    }
    /// A list of numbers between `least` and `most`, both included.
    void take(const char* key, std::vector<int>& values, int least, int most) {
        take(key, values);
        for (const int value : values) {
            if (value < least || value > most) {
                throw std::invalid_argument("\"" + pathOf(key) + "\" holds " + std::to_string(value) +
                                            ", not between " + std::to_string(least) + " and " + std::to_string(most));
            }
        }
    }
    /// A number between `least` and `most`, both included.
    template <class T>
    void take(const char* key, T& value, T least, T most) {
        take(key, value);
        if (!(value >= least && value <= most)) {
            throw std::invalid_argument("\"" + pathOf(key) + "\" is " + nlohmann::json(value).dump() +
                                        ", not between " + nlohmann::json(least).dump() + " and " +
                                        nlohmann::json(most).dump());
        }
    }
    /// One of a few words.
    void takeWord(const char* key, std::string& value, const std::vector<std::string>& words);
    /// A part of the recipe; an empty object where it is missing.
    RecipeSection child(const char* key);
    bool has(const char* key) const { return json_.contains(key); }
    const nlohmann::json& json() const { return json_; }
    std::string pathOf(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }
    void finish() const;
    /// Adds a key to the known ones.
    void note(const std::string& key, const std::string& standard);

private:
    /// Whole numbers only where whole numbers are meant, and none that does not fit.
    template <class T>
    T converted(const char* key, const nlohmann::json& json) const {
        if constexpr (std::is_same_v<T, bool> || !std::is_integral_v<T>) {
            if constexpr (std::is_same_v<T, std::vector<int>>) {
                T list;
                for (const nlohmann::json& entry : json.get<std::vector<nlohmann::json>>()) {
                    list.push_back(converted<int>(key, entry));
                }
                return list;
            } else if constexpr (std::is_floating_point_v<T>) {
                if (!json.is_number()) {
                    throw wrongKind(key, json);
                }
                return json.get<T>();
            } else {
                return json.get<T>();
            }
        } else {
            const bool fits = json.is_number_unsigned()  ? std::in_range<T>(json.get<std::uint64_t>())
                              : json.is_number_integer() ? std::in_range<T>(json.get<std::int64_t>())
                                                         : false;
            if (!fits) {
                throw wrongKind(key, json);
            }
            return json.get<T>();
        }
    }
    std::invalid_argument wrongKind(const char* key, const nlohmann::json& json) const {
        std::string message = pathOf(key);
        message.insert(0, 1, '"').append("\" has a value of the wrong kind or size, ").append(json.dump(), 0, 40);
        return std::invalid_argument(message);
    }

    const nlohmann::json& json_;
    std::string path_;
    std::vector<std::string> seen_;
    std::vector<RecipeKey>* known_;
};

/// The word of `words` that is nearest to `word`; empty where none is near.
std::string nearestWord(const std::string& word, const std::vector<std::string>& words);

/// Throws std::invalid_argument where keys contradict each other.
void checkRecipe(const Recipe& recipe);

} // namespace livegloss::training
