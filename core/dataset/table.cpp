#include "text_lines.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

namespace livegloss::dataset {
namespace {

namespace fs = std::filesystem;

std::optional<double> seconds(const std::string& text) {
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool fine = error == std::errc{} && end == text.data() + text.size() && std::isfinite(value) && value >= 0.0;
    return fine ? std::optional(value) : std::nullopt;
}

/// TableColumns by name; the first two must be there.
class TableColumns {
public:
    static Result<TableColumns> of(const ListLine& heading) {
        static const std::vector<std::string> known{"path", "glosses", "start", "end", "split", "signer", "id", "fps"};
        TableColumns columns;
        for (std::size_t i = 0; i < heading.fields.size(); ++i) {
            const std::string& name = heading.fields[i];
            if (std::find(known.begin(), known.end(), name) == known.end()) {
                return heading.wrong(
                    "\"" + name +
                    "\" is no column: expected path, glosses and perhaps start, end, split, signer, id, fps");
            }
            if (!columns.places_.emplace(name, i).second) {
                return heading.wrong("the column " + name + " is there twice");
            }
        }
        for (const char* needed : {"path", "glosses"}) {
            if (!columns.places_.contains(needed)) {
                return heading.wrong(std::string("the column ") + needed + " is missing");
            }
        }
        return columns;
    }
    std::size_t size() const { return places_.size(); }
    /// Columns of the shortest line: those behind may be left out where they are empty.
    std::size_t needed() const { return std::max(places_.at("path"), places_.at("glosses")) + 1; }
    /// Empty where the table has no such column, or the line ends before it.
    std::string operator()(const ListLine& line, const std::string& name) const {
        const auto place = places_.find(name);
        return place == places_.end() || place->second >= line.fields.size() ? std::string()
                                                                             : line.fields[place->second];
    }

private:
    std::map<std::string, std::size_t> places_;
};

Result<Clip> clipOf(const ListLine& line, const TableColumns& column, const fs::path& root) {
    auto path = innerPath(line, column(line, "path"));
    if (!path) {
        return tl::unexpected(std::move(path.error()));
    }
    Clip clip;
    clip.media = root / *path;
    std::error_code ignored;
    clip.pictures = fs::is_directory(clip.media, ignored);
    clip.glosses = wordsOf(column(line, "glosses"));
    clip.split = column(line, "split").empty() ? "train" : column(line, "split");
    if (clip.split != "train" && clip.split != "dev" && clip.split != "test") {
        return line.wrong("\"" + clip.split + "\" is no split: expected train, dev or test");
    }
    if (const std::string signer = column(line, "signer"); !signer.empty()) {
        clip.signer = signer;
    }
    if (const std::string start = column(line, "start"); !start.empty()) {
        const auto value = seconds(start);
        if (!value) {
            return line.wrong("\"" + start + "\" is no time in seconds");
        }
        clip.startSeconds = *value;
    }
    if (const std::string end = column(line, "end"); !end.empty()) {
        clip.endSeconds = seconds(end);
        if (!clip.endSeconds || *clip.endSeconds <= clip.startSeconds) {
            return line.wrong("\"" + end + "\" is no end after the start, in seconds");
        }
    }
    if (const std::string fps = column(line, "fps"); !fps.empty()) {
        const auto value = seconds(fps);
        if (!value || *value < 0.1 || *value > 1000.0) {
            return line.wrong("\"" + fps + "\" is no number of pictures a second");
        }
        clip.fps = *value;
    }
    clip.id = column(line, "id");
    if (clip.id.empty()) {
        clip.id = fs::path(*path).replace_extension().generic_string();
        if (!column(line, "start").empty()) {
            clip.id.append("@").append(column(line, "start"));
        }
    }
    if (clip.id.find_first_of(" \t") != std::string::npos) {
        return line.wrong("the name \"" + clip.id + "\" holds a space: give one without in a column id");
    }
    return clip;
}

} // namespace

Result<std::vector<Clip>> readTable(const fs::path& root) {
    ClipList clips;
    std::optional<TableColumns> columns;
    auto read = forEachLine(root / "dataset.tsv", '\t', [&](const ListLine& line) -> Result<void> {
        if (!columns) {
            auto heading = TableColumns::of(line);
            if (!heading) {
                return tl::unexpected(std::move(heading.error()));
            }
            columns = std::move(*heading);
            return {};
        }
        if (line.fields.size() > columns->size() || line.fields.size() < columns->needed()) {
            return line.wrong("expected " + std::to_string(columns->size()) + " columns, not " +
                              std::to_string(line.fields.size()));
        }
        auto clip = clipOf(line, *columns, root);
        return clip ? clips.add(line, std::move(*clip)) : tl::unexpected(std::move(clip.error()));
    });
    if (!read) {
        return tl::unexpected(std::move(read.error()));
    }
    return clips.take();
}

} // namespace livegloss::dataset
