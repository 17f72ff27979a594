#include "text_lines.h"

#include "evaluation/text_file.h"

#include <algorithm>

namespace livegloss::dataset {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestLine = 1U << 20U;
constexpr std::string_view kSpaces = " \t\r\v\f";

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kSpaces);
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

/// Length of the UTF-8 sequence that `text` begins with; 0 where it is none, or an overlong or forbidden one.
std::size_t sequenceLength(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3 : 4;
    if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4 || text.size() < length) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
    const bool forbidden = (lead == 0xED && byte(1) >= 0xA0) || (lead == 0xF4 && byte(1) >= 0x90);
    return overlong || forbidden ? 0 : length;
}

} // namespace

bool isText(std::string_view line) {
    while (!line.empty()) {
        const std::size_t length = sequenceLength(line);
        const auto first = static_cast<unsigned char>(line.front());
        if (length == 0 || (first < 0x20 && line.front() != '\t' && line.front() != '\r') || first == 0x7F) {
            return false;
        }
        line.remove_prefix(length);
    }
    return true;
}

tl::unexpected<Error> ListLine::wrong(const std::string& problem) const {
    return failure(ErrorCode::Unreadable, file.string() + ", line " + std::to_string(number) + ": " + problem,
                   "Correct the line, or take the file from the data set's owners again.");
}

std::vector<std::string> fieldsOf(std::string_view text, char separator) {
    std::vector<std::string> fields;
    while (true) {
        const std::size_t length = std::min(text.find(separator), text.size());
        fields.emplace_back(trimmed(text.substr(0, length)));
        if (length == text.size()) {
            return fields;
        }
        text.remove_prefix(length + 1);
    }
}

std::vector<std::string> wordsOf(std::string_view text) {
    std::vector<std::string> words;
    for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
        const std::size_t length = std::min(text.find_first_of(kSpaces), text.size());
        words.emplace_back(text.substr(0, length));
        text.remove_prefix(length);
    }
    return words;
}

Result<void> forEachLine(const fs::path& file, char separator,
                         const std::function<Result<void>(const ListLine&)>& take) {
    auto contents = evaluation::readText(file);
    if (!contents) {
        return tl::unexpected(std::move(contents.error()));
    }
    std::string_view text = *contents;
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
    }
    for (int number = 1; !text.empty(); ++number) {
        const std::size_t length = std::min(text.find('\n'), text.size());
        const std::string_view content = text.substr(0, length);
        text.remove_prefix(std::min(length + 1, text.size()));
        if (trimmed(content).empty()) {
            continue;
        }
        ListLine line{file, number, {}};
        if (content.size() > kLongestLine || !isText(content)) {
            return line.wrong("this is no text in UTF-8");
        }
        const bool carriageReturn = content.ends_with('\r');
        line.fields = fieldsOf(content.substr(0, content.size() - (carriageReturn ? 1 : 0)), separator);
        if (auto taken = take(line); !taken) {
            return taken;
        }
    }
    return {};
}

Result<void> forEachRow(const fs::path& file, char separator, const std::vector<std::string>& columns,
                        const std::function<Result<void>(const ListLine&)>& take) {
    bool heading = true;
    auto read = forEachLine(file, separator, [&](const ListLine& line) -> Result<void> {
        if (heading) {
            heading = false;
            if (line.fields == columns) {
                return {};
            }
            std::string wanted;
            for (const std::string& column : columns) {
                wanted.append(wanted.empty() ? "" : std::string(1, separator)).append(column);
            }
            return line.wrong("expected the columns " + wanted);
        }
        if (line.fields.size() != columns.size()) {
            return line.wrong("expected " + std::to_string(columns.size()) + " columns, not " +
                              std::to_string(line.fields.size()));
        }
        return take(line);
    });
    if (read && heading) {
        return failure(ErrorCode::Unreadable, file.string() + " is empty",
                       "Take the file from the data set's owners again.");
    }
    return read;
}

std::optional<fs::path> innerPath(const std::string& text) {
    const fs::path path = fs::path(text).lexically_normal();
    const bool outside = text.empty() || path.is_absolute() || *path.begin() == "..";
    return outside ? std::nullopt : std::optional(path);
}

Result<fs::path> innerPath(const ListLine& line, const std::string& text) {
    auto path = innerPath(text);
    if (!path) {
        return line.wrong("\"" + text + "\" is no path inside the data set");
    }
    return *std::move(path);
}

Result<void> ClipList::add(const ListLine& line, Clip clip) {
    if (clip.id.empty()) {
        return line.wrong("the clip has no name");
    }
    // Files are called by it, below the folder that a copy of the data set is written to.
    if (auto inside = innerPath(line, clip.id); !inside) {
        return tl::unexpected(std::move(inside.error()));
    }
    if (!ids_.insert(clip.id).second) {
        return line.wrong("the clip \"" + clip.id + "\" is listed twice");
    }
    clip.listedIn = line.file;
    clip.line = line.number;
    clips_.push_back(std::move(clip));
    return {};
}

} // namespace livegloss::dataset
