#include "metadata_values.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace livegloss::model {
namespace {

constexpr std::size_t longestNumbers = 1024;

/// Takes an array of texts token by token: a plain parse would build whatever nesting the text asks for.
class TextListHandler : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit TextListHandler(std::size_t most) : most_(most) {}
    std::vector<std::string> texts;

    bool start_array(std::size_t) override { return ++arrays_ == 1; }
    bool end_array() override { return true; }
    bool string(std::string& value) override {
        if (arrays_ == 0 || texts.size() == most_) {
            return false;
        }
        texts.push_back(value);
        return true;
    }
    bool null() override { return false; }
    bool boolean(bool) override { return false; }
    bool number_integer(std::int64_t) override { return false; }
    bool number_unsigned(std::uint64_t) override { return false; }
    bool number_float(double, const std::string&) override { return false; }
    bool binary(nlohmann::json::binary_t&) override { return false; }
    bool start_object(std::size_t) override { return false; }
    bool key(std::string&) override { return false; }
    bool end_object() override { return false; }
    bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override { return false; }

private:
    std::size_t most_;
    int arrays_ = 0;
};

} // namespace

std::optional<std::array<double, 3>> threeNumbers(std::string_view json) {
    if (json.size() > longestNumbers) {
        return std::nullopt;
    }
    const auto values = nlohmann::json::parse(json, nullptr, false);
    const bool fits = values.is_array() && values.size() == 3 &&
                      std::ranges::all_of(values, [](const auto& entry) { return entry.is_number(); });
    return fits ? std::optional(values.get<std::array<double, 3>>()) : std::nullopt;
}

std::optional<std::vector<std::string>> listOfTexts(std::string_view json, std::size_t most) {
    TextListHandler handler(most);
    if (!nlohmann::json::sax_parse(json, &handler)) {
        return std::nullopt;
    }
    return std::move(handler.texts);
}

std::string withoutControls(std::string_view text) {
    std::string plain(text);
    for (char& letter : plain) {
        const auto code = static_cast<unsigned char>(letter);
        if ((code < 0x20 && letter != '\n' && letter != '\t') || code == 0x7F) {
            letter = ' ';
        }
    }
    return plain;
}

} // namespace livegloss::model
