#include "language/ngram_model.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <optional>

namespace livegloss::language {
namespace {

constexpr int kLongest = 6;
constexpr std::uintmax_t kLargestFile = 1U << 30U;
constexpr double kRounding = 1e-4; ///< tools print six digits: a certain event may come out a little above 0

std::vector<std::string_view> fieldsOf(std::string_view line) {
    constexpr std::string_view spaces = " \t\r\v\f";
    std::vector<std::string_view> fields;
    for (std::size_t at = line.find_first_not_of(spaces); at != std::string_view::npos;) {
        const std::size_t end = std::min(line.find_first_of(spaces, at), line.size());
        fields.push_back(line.substr(at, end - at));
        at = line.find_first_not_of(spaces, end);
    }
    return fields;
}

std::string heading(int length) {
    return std::string("\\").append(std::to_string(length)).append("-grams:");
}

std::string quoted(std::string_view text) {
    return std::string("\"").append(text).append("\"");
}

template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

std::optional<double> finite(std::string_view text) {
    const auto value = number<double>(text);
    return value && std::isfinite(*value) ? value : std::nullopt;
}

/// Reads line by line; the first thing that is wrong ends it.
class ArpaParser {
public:
    ArpaParser(std::string_view text, const std::string& source) : text_(text), source_(source) {}

    Result<NgramModel> parse() {
        if (auto counts = readCounts(); !counts) {
            return tl::unexpected(std::move(counts.error()));
        }
        NgramModel model(static_cast<int>(counts_.size()));
        for (int length = 1; length <= model.order(); ++length) {
            if (auto section = readSection(model, length); !section) {
                return tl::unexpected(std::move(section.error()));
            }
        }
        if (line_ != "\\end\\") {
            return wrong("expected \\end\\");
        }
        for (const std::string_view needed : {kSentenceStart, kSentenceEnd}) {
            if (model.word(needed) < 0) {
                return failure(ErrorCode::Unreadable, source_ + " has no 1-gram " + std::string(needed), hint());
            }
        }
        model.link();
        return model;
    }

private:
    static std::string hint() { return "It should be a language model in ARPA format, as livegloss-cli lm writes."; }
    tl::unexpected<Error> wrong(const std::string& problem) const {
        return failure(ErrorCode::Unreadable, source_ + ", line " + std::to_string(lineNumber_) + ": " + problem,
                       hint());
    }

    /// The next line that is not empty; false at the end of the file.
    bool advance() {
        while (!text_.empty()) {
            const std::size_t length = std::min(text_.find('\n'), text_.size());
            line_ = text_.substr(0, length);
            text_.remove_prefix(std::min(length + 1, text_.size()));
            ++lineNumber_;
            while (!line_.empty() && (line_.back() == '\r' || line_.back() == ' ' || line_.back() == '\t')) {
                line_.remove_suffix(1);
            }
            if (!line_.empty()) {
                return true;
            }
        }
        line_ = {};
        return false;
    }

    /// Up to the line that begins the 1-grams.
    Result<void> readCounts() {
        while (line_ != "\\data\\") {
            if (!advance()) {
                return wrong("the file has no \\data\\ section");
            }
        }
        while (advance() && line_.starts_with("ngram ")) {
            const std::string_view rest = line_.substr(6);
            const std::size_t equals = std::min(rest.find('='), rest.size());
            const auto length = number<int>(rest.substr(0, equals));
            const auto count = equals < rest.size() ? number<std::int64_t>(rest.substr(equals + 1)) : std::nullopt;
            if (!length || !count || *count < 0 || *length != static_cast<int>(counts_.size()) + 1) {
                return wrong("expected \"ngram " + std::to_string(counts_.size() + 1) + "=\" and a number");
            }
            // An n-gram takes at least a digit, a space, a letter and a line break.
            if (*length > kLongest || *count > static_cast<std::int64_t>(text_.size() / 4)) {
                return wrong(*length > kLongest ? "n-grams of more than " + std::to_string(kLongest) + " glosses"
                                                : "more n-grams are announced than the file can hold");
            }
            counts_.push_back(*count);
        }
        return counts_.empty() ? Result<void>(wrong("expected \"ngram 1=\" and a number")) : Result<void>();
    }

    Result<void> readSection(NgramModel& model, int length) {
        if (line_ != heading(length)) {
            return wrong("expected " + heading(length));
        }
        std::int64_t read = 0;
        while (advance() && !line_.starts_with('\\')) {
            if (auto added = readNgram(model, length); !added) {
                return added;
            }
            ++read;
        }
        const std::int64_t announced = counts_[static_cast<std::size_t>(length) - 1];
        if (read != announced) {
            return wrong("the section before holds " + std::to_string(read) + " " + std::to_string(length) +
                         "-grams, not " + std::to_string(announced) + " as announced");
        }
        return {};
    }

    Result<void> readNgram(NgramModel& model, int length) {
        const std::vector<std::string_view> fields = fieldsOf(line_);
        const auto words = static_cast<std::size_t>(length);
        const bool hasBackoff = fields.size() == words + 2;
        if (fields.size() != words + 1 && !hasBackoff) {
            return wrong("expected a number, " + std::to_string(length) + " glosses and perhaps a back-off weight");
        }
        const auto probability = finite(fields[0]);
        const auto backoff = hasBackoff ? finite(fields.back()) : std::optional(0.0);
        if (!probability || *probability > kRounding) {
            return wrong(quoted(fields[0]) + " is no log probability");
        }
        if (!backoff || (hasBackoff && length == model.order())) {
            return wrong(quoted(fields.back()) + " is no back-off weight" +
                         (backoff ? ": the longest n-grams have none" : ""));
        }
        int context = 0;
        for (std::size_t i = 1; i <= words; ++i) {
            const int word = model.word(fields[i]);
            if (word < 0 && length > 1) {
                return wrong(quoted(fields[i]) + " is not among the 1-grams");
            }
            if (i < words) {
                context = model.find(context, word);
                if (context < 0) {
                    return wrong("the " + std::to_string(length - 1) + "-gram before \"" + std::string(fields[words]) +
                                 "\" is missing");
                }
            }
        }
        if (model.add(context, fields[words], std::min(0.0, *probability), *backoff) < 0) {
            return wrong("this n-gram is there twice");
        }
        return {};
    }

    std::string_view text_;
    const std::string& source_;
    std::string_view line_;
    int lineNumber_ = 0;
    std::vector<std::int64_t> counts_;
};

} // namespace

Result<NgramModel> parseArpa(std::string_view text, const std::string& source) {
    return ArpaParser(text, source).parse();
}

Result<NgramModel> readArpa(const std::filesystem::path& path) {
    std::error_code problem;
    if (!std::filesystem::exists(path, problem)) {
        return failure(ErrorCode::NotFound, path.string() + " does not exist", "Check the path.");
    }
    const std::uintmax_t size = std::filesystem::file_size(path, problem);
    std::ifstream stream(path, std::ios::binary);
    if (problem || !stream) {
        return failure(ErrorCode::Unreadable, path.string() + " cannot be read",
                       "Check that it is a file you may read.");
    }
    if (size > kLargestFile) {
        return failure(ErrorCode::Unsupported, path.string() + " is larger than 1 GiB", "Prune the language model.");
    }
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    return parseArpa(text, path.string());
}

} // namespace livegloss::language
