#include "evaluation/stm_ctm.h"

#include "base/new_file.h"
#include "evaluation/text_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <tuple>
#include <utility>

namespace livegloss::evaluation {
namespace {

constexpr std::string_view kSpaces = " \t\r\v\f\n";

std::vector<std::string_view> fieldsOf(std::string_view line) {
    std::vector<std::string_view> fields;
    while (true) {
        const std::size_t first = line.find_first_not_of(kSpaces);
        if (first == std::string_view::npos) {
            return fields;
        }
        line.remove_prefix(first);
        const std::size_t length = std::min(line.find_first_of(kSpaces), line.size());
        fields.push_back(line.substr(0, length));
        line.remove_prefix(length);
    }
}

std::optional<double> parsedNumber(std::string_view text) {
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || std::isnan(value)) {
        return std::nullopt;
    }
    return value;
}

tl::unexpected<Error> badLine(const std::string& source, int line, const std::string& wanted) {
    return failure(ErrorCode::Unreadable, source + ", line " + std::to_string(line) + ": expected " + wanted,
                   "Check that the file is of the kind its name says.");
}

/// Calls `take(fields, lineNumber)` for every line that says something, until it fails.
Result<void> forEachLine(std::string_view text,
                         const std::function<Result<void>(const std::vector<std::string_view>&, int)>& take) {
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
    }
    for (int line = 1; !text.empty(); ++line) {
        const std::size_t length = std::min(text.find('\n'), text.size());
        const std::vector<std::string_view> fields = fieldsOf(text.substr(0, length));
        text.remove_prefix(std::min(length + 1, text.size()));
        if (fields.empty() || fields.front().starts_with(";;")) {
            continue;
        }
        if (auto taken = take(fields, line); !taken) {
            return taken;
        }
    }
    return {};
}

std::string written(const std::string& word) {
    std::string result = word.empty() ? "[EMPTY]" : word;
    std::replace_if(
        result.begin(), result.end(), [](char c) { return kSpaces.find(c) != std::string_view::npos; }, '_');
    return result;
}

/// Milliseconds for times of ordinary size, else the few digits that published files have.
std::string written(double value) {
    std::array<char, 64> text{};
    char* const end = text.data() + text.size();
    const auto last = std::abs(value) < 1e9 ? std::to_chars(text.data(), end, value, std::chars_format::fixed, 3)
                                            : std::to_chars(text.data(), end, value, std::chars_format::general, 6);
    return {text.data(), last.ptr};
}

void appendLine(std::string& text, const std::vector<std::string>& fields) {
    for (const std::string& field : fields) {
        text.append(field).push_back(&field == &fields.back() ? '\n' : ' ');
    }
}

bool earlier(const CtmWord& a, const CtmWord& b) {
    return std::tie(a.file, a.channel, a.startSeconds) < std::tie(b.file, b.channel, b.startSeconds);
}

} // namespace

Result<std::vector<StmSegment>> parseStm(std::string_view text, const std::string& source) {
    std::vector<StmSegment> segments;
    auto read = forEachLine(text, [&](const auto& fields, int line) -> Result<void> {
        const auto start = fields.size() < 5 ? std::nullopt : parsedNumber(fields[3]);
        const auto end = fields.size() < 5 ? std::nullopt : parsedNumber(fields[4]);
        if (!start || !end) {
            return badLine(source, line, "file, channel, speaker, start and end in seconds, glosses");
        }
        if (*start < 0.0 || *end < *start) {
            return badLine(source, line, "a start of 0 or later and an end that is not before it");
        }
        auto word = fields.begin() + 5;
        if (word != fields.end() && word->starts_with('<') && word->ends_with('>')) {
            ++word;
        }
        segments.push_back({std::string(fields[0]), std::string(fields[1]), std::string(fields[2]), *start, *end,
                            Words(word, fields.end()), line});
        return {};
    });
    if (!read) {
        return tl::unexpected(read.error());
    }
    return segments;
}

Result<std::vector<CtmWord>> parseCtm(std::string_view text, const std::string& source) {
    std::vector<CtmWord> words;
    auto read = forEachLine(text, [&](const auto& fields, int line) -> Result<void> {
        const auto start = fields.size() < 5 ? std::nullopt : parsedNumber(fields[2]);
        const auto duration = fields.size() < 5 ? std::nullopt : parsedNumber(fields[3]);
        if (!start || !duration || fields.size() > 6) {
            return badLine(source, line, "file, channel, start and duration in seconds, one gloss");
        }
        if (*start < 0.0 || *duration < 0.0) {
            return badLine(source, line, "a start and a duration of 0 or more");
        }
        CtmWord word{std::string(fields[0]),
                     std::string(fields[1]),
                     *start,
                     *duration,
                     std::string(fields[4]),
                     {},
                     std::string(fields[2]),
                     line};
        if (fields.size() == 6) {
            word.confidence = parsedNumber(fields[5]);
            if (!word.confidence) {
                return badLine(source, line, "a number as confidence after the gloss");
            }
        }
        words.push_back(std::move(word));
        return {};
    });
    if (!read) {
        return tl::unexpected(read.error());
    }
    return words;
}

std::string formatStm(const std::vector<StmSegment>& segments) {
    std::string text;
    for (const StmSegment& segment : segments) {
        std::vector<std::string> fields{written(segment.file), written(segment.channel), written(segment.speaker),
                                        written(segment.startSeconds), written(segment.endSeconds)};
        for (const std::string& word : segment.words) {
            fields.push_back(written(word));
        }
        appendLine(text, fields);
    }
    return text;
}

std::string formatCtm(std::vector<CtmWord> words) {
    std::stable_sort(words.begin(), words.end(), earlier);
    std::string text;
    for (const CtmWord& word : words) {
        std::vector<std::string> fields{written(word.file), written(word.channel), written(word.startSeconds),
                                        written(word.durationSeconds), written(word.word)};
        if (word.confidence) {
            fields.push_back(written(*word.confidence));
        }
        appendLine(text, fields);
    }
    return text;
}

Result<std::vector<StmSegment>> readStm(const std::filesystem::path& path) {
    return readText(path).and_then([&](const std::string& text) { return parseStm(text, path.string()); });
}

Result<std::vector<CtmWord>> readCtm(const std::filesystem::path& path) {
    return readText(path).and_then([&](const std::string& text) { return parseCtm(text, path.string()); });
}

Result<void> writeStm(const std::filesystem::path& path, const std::vector<StmSegment>& segments) {
    return writeNewFile(path, formatStm(segments));
}

Result<void> writeCtm(const std::filesystem::path& path, const std::vector<CtmWord>& words) {
    return writeNewFile(path, formatCtm(words));
}

} // namespace livegloss::evaluation
