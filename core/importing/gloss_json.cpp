#include "gloss_json.h"

#include "base/decimal.h"
#include "tensorfile/text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace livegloss::importing {
namespace {

using Json = nlohmann::json;

constexpr std::size_t longestQuoted = 60;

/// Takes the JSON token by token. Every callback returns false to stop, with the reason in `error`.
class GlossHandler : public nlohmann::json_sax<Json> {
public:
    Glosses list;
    GlossesByNumber byNumber;
    bool isObject = false;
    std::optional<Error> error;

    bool start_object(std::size_t) override {
        if (place_ != Place::Start) {
            return unexpected();
        }
        isObject = true;
        place_ = Place::Key;
        return true;
    }
    bool key(std::string& name) override {
        key_ = name;
        place_ = Place::Value;
        return true;
    }
    bool end_object() override { return true; }
    bool start_array(std::size_t) override {
        if (place_ != Place::Start && place_ != Place::Value) {
            return unexpected();
        }
        place_ = place_ == Place::Start ? Place::List : Place::FirstOfPair;
        return true;
    }
    bool end_array() override {
        if (place_ == Place::FirstOfPair) {
            return unexpected();
        }
        place_ = isObject ? Place::Key : Place::End;
        return true;
    }
    bool string(std::string& value) override {
        if (place_ == Place::List) {
            list.push_back(value);
            return list.size() <= largestVocabulary || tooMany();
        }
        const auto number = place_ == Place::Value ? wholeNumber(key_) : std::nullopt;
        return place_ == Place::RestOfPair || (number ? add(*number, value) : unexpected());
    }
    bool number_integer(std::int64_t value) override {
        const bool isNumber = place_ == Place::Value || place_ == Place::FirstOfPair;
        return place_ == Place::RestOfPair || (isNumber ? add(value, key_) : unexpected());
    }
    bool number_unsigned(std::uint64_t value) override {
        // Numbers past the signed ones are too high for a class just as well.
        return number_integer(static_cast<std::int64_t>(std::min<std::uint64_t>(value, INT64_MAX)));
    }
    bool number_float(double, const std::string&) override { return scalar(); }
    bool null() override { return scalar(); }
    bool boolean(bool) override { return scalar(); }
    bool binary(Json::binary_t&) override { return scalar(); }
    bool parse_error(std::size_t position, const std::string&, const Json::exception&) override {
        return fail("is not valid JSON at byte " + std::to_string(position), "Correct the file there.");
    }

private:
    enum class Place { Start, List, Key, Value, FirstOfPair, RestOfPair, End };

    bool fail(std::string what, const char* hint) {
        error = Error{ErrorCode::Unreadable, std::move(what), hint};
        return false;
    }
    bool tooMany() {
        return fail("holds more than a million glosses", "Choose the gloss dictionary that belongs to the checkpoint.");
    }
    bool scalar() { return place_ == Place::RestOfPair || unexpected(); }
    bool unexpected() {
        if (place_ == Place::List) {
            return fail("entry " + std::to_string(list.size() + 1) + " of the list is not a text",
                        "A list holds glosses only: [\"HELLO\", \"GOOD\", ...].");
        }
        return fail("the entry " + quotedGloss(key_) + " has no class number",
                    "Write {\"HELLO\": 1, ...}, {\"HELLO\": [1, 240], ...}, {\"1\": \"HELLO\", ...} or a list.");
    }

    bool add(std::int64_t number, const std::string& gloss) {
        place_ = place_ == Place::FirstOfPair ? Place::RestOfPair : Place::Key;
        if (number == 0 && (gloss.empty() || gloss == "-" || gloss == "_" || isBlank(gloss))) {
            return true;
        }
        if (const auto [other, added] = byNumber.emplace(number, gloss); !added) {
            return fail(quotedGloss(other->second) + " and " + quotedGloss(gloss) + " have the same class number " +
                            std::to_string(number),
                        "Give every gloss a number of its own.");
        }
        return byNumber.size() <= largestVocabulary || tooMany();
    }

    Place place_ = Place::Start;
    std::string key_;
};

} // namespace

bool isBlank(std::string_view gloss) {
    constexpr std::string_view names[] = {"<blank>", "[blank]", "blank", "<blk>", "<pad>", "[pad]", "<eps>", "ε"};
    return std::ranges::any_of(names, [gloss](std::string_view name) {
        return std::ranges::equal(gloss, name, [](char a, char b) {
            return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
        });
    });
}

std::string quotedGloss(std::string_view gloss) {
    std::string text("'");
    std::size_t length = std::min(gloss.size(), longestQuoted);
    while (length < gloss.size() && length > 0 && !tensorfile::isUtf8(gloss.substr(0, length))) {
        --length;
    }
    text += gloss.substr(0, length);
    text += length < gloss.size() ? "...'" : "'";
    return text;
}

Result<std::variant<Glosses, GlossesByNumber>> parseGlossJson(std::string_view json) {
    GlossHandler handler;
    if (!Json::sax_parse(json, &handler)) {
        return tl::unexpected(*handler.error);
    }
    if (handler.isObject) {
        return std::move(handler.byNumber);
    }
    return std::move(handler.list);
}

} // namespace livegloss::importing
