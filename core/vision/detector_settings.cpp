#include "detector_settings.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

namespace livegloss::vision {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kLargestSide = 4096;
constexpr int kMostClasses = 10000;
constexpr std::array kKeys{"input_size", "scale", "channels", "layout",          "boxes",
                           "names",      "hands", "face",     "score_threshold", "overlap_threshold"};

fs::path settingsFile(const fs::path& file) {
    return fs::path(file).replace_extension(".json");
}

bool isWord(std::string_view name, std::initializer_list<std::string_view> words) {
    std::string word;
    for (std::size_t i = 0; i <= name.size(); ++i) {
        const auto letter = i < name.size() ? static_cast<unsigned char>(name[i]) : static_cast<unsigned char>(' ');
        if (std::isalpha(letter) != 0) {
            word += static_cast<char>(std::tolower(letter));
        } else {
            if (std::ranges::find(words, word) != words.end()) {
                return true;
            }
            word.clear();
        }
    }
    return false;
}

/// Classes whose names speak of hands and faces.
void chooseByName(const std::vector<std::string>& names, DetectorSettings& settings) {
    settings.hands.clear();
    settings.faces.clear();
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (isWord(names[i], {"hand", "hands", "palm", "palms"})) {
            settings.hands.push_back(static_cast<int>(i));
        } else if (isWord(names[i], {"face", "faces"})) {
            settings.faces.push_back(static_cast<int>(i));
        }
    }
}

/// The JSON file beside a detector. A problem is kept, and the first one is what a person is told.
class Sidecar {
public:
    Sidecar(fs::path path, json content) : path_(std::move(path)), content_(std::move(content)) {}

    const std::string& problem() const { return problem_; }
    bool has(const char* key) const { return content_.contains(key); }

    void check() {
        for (const auto& [key, value] : content_.items()) {
            if (std::ranges::find(kKeys, key) == kKeys.end()) {
                report("\"" + key + "\" is not known");
            }
        }
    }
    std::optional<double> number(const char* key, double least, double most) {
        if (!has(key)) {
            return std::nullopt;
        }
        const json& value = content_[key];
        if (!value.is_number() || value.get<double>() < least || value.get<double>() > most) {
            report(std::string("\"") + key + "\" has to be a number from " + json(least).dump() + " to " +
                   json(most).dump());
            return std::nullopt;
        }
        return value.get<double>();
    }
    void size(DetectorSettings& settings) {
        if (!has("input_size")) {
            return;
        }
        const json& value = content_["input_size"];
        const bool pair = value.is_array() && value.size() == 2;
        const json& width = pair ? value[0] : value;
        const json& height = pair ? value[1] : value;
        const auto fits = [](const json& side) {
            return side.is_number_integer() && side.get<double>() >= 1.0 && side.get<double>() <= kLargestSide;
        };
        if (!fits(width) || !fits(height)) {
            report("\"input_size\" has to be [width, height] in pixels, up to " + std::to_string(kLargestSide));
            return;
        }
        settings.width = width.get<int>();
        settings.height = height.get<int>();
    }
    /// True where the value is `second`; one of two words.
    std::optional<bool> choice(const char* key, const char* first, const char* second) {
        if (!has(key)) {
            return std::nullopt;
        }
        if (content_[key] != first && content_[key] != second) {
            report(std::string("\"") + key + "\" has to be \"" + first + "\" or \"" + second + "\"");
            return std::nullopt;
        }
        return content_[key] == second;
    }
    void names(std::vector<std::string>& into) {
        if (!has("names")) {
            return;
        }
        const json& value = content_["names"];
        const bool fits = value.is_array() && !value.empty() && value.size() <= kMostClasses &&
                          std::ranges::all_of(value, [](const json& name) { return name.is_string(); });
        if (!fits) {
            report("\"names\" has to be a list of the names of all classes");
            return;
        }
        into = value.get<std::vector<std::string>>();
    }
    /// Classes by name or by number from 0.
    void classes(const char* key, const std::vector<std::string>& names, std::vector<int>& into) {
        if (!has(key)) {
            return;
        }
        into.clear();
        const json& value = content_[key];
        for (const json& entry : value.is_array() ? value : json::array({value})) {
            const auto named = entry.is_string() ? std::ranges::find(names, entry.get<std::string>()) : names.end();
            const bool counts =
                entry.is_number_integer() && entry.get<double>() >= 0.0 &&
                entry.get<double>() < (names.empty() ? kMostClasses : static_cast<double>(names.size()));
            if (named == names.end() && !counts) {
                report(std::string("\"") + key + "\" has " + entry.dump() + ", which is no class of the detector");
                return;
            }
            into.push_back(counts ? entry.get<int>() : static_cast<int>(named - names.begin()));
        }
    }

private:
    void report(const std::string& problem) {
        if (problem_.empty()) {
            problem_ = problem;
        }
    }

    fs::path path_;
    json content_;
    std::string problem_;
};

Result<void> readSidecar(const fs::path& path, std::vector<std::string>& names, DetectorSettings& settings) {
    std::ifstream in(path, std::ios::binary);
    json content = json::parse(in, nullptr, false);
    if (!in || !content.is_object()) {
        return failure(ErrorCode::Unreadable, path.string() + " is no JSON object that can be read",
                       "Mend it, or remove it if the detector holds its own settings.");
    }
    Sidecar sidecar(path, std::move(content));
    sidecar.check();
    sidecar.size(settings);
    settings.scale = sidecar.number("scale", 1e-6, 1000.0).value_or(settings.scale);
    settings.leastScore = sidecar.number("score_threshold", 0.0, 1.0).value_or(settings.leastScore);
    settings.mostOverlap = sidecar.number("overlap_threshold", 0.0, 1.0).value_or(settings.mostOverlap);
    settings.bgr = sidecar.choice("channels", "rgb", "bgr").value_or(settings.bgr);
    if (const auto columns = sidecar.choice("layout", "rows", "columns")) {
        settings.layout = *columns ? BoxLayout::Columns : BoxLayout::Rows;
    }
    settings.fractions = sidecar.choice("boxes", "pixels", "fractions").value_or(false);
    sidecar.names(names);
    chooseByName(names, settings);
    sidecar.classes("hands", names, settings.hands);
    sidecar.classes("face", names, settings.faces);
    if (!sidecar.problem().empty()) {
        return failure(ErrorCode::Unreadable, path.string() + ": " + sidecar.problem(),
                       "docs/attention.md, \"A detector of your own\", lists what the file may hold.");
    }
    return {};
}

DetectorSettings defaultsOf(BoxLayout layout) {
    DetectorSettings settings;
    if (layout == BoxLayout::FaceGrids) {
        settings.scale = 1.0;
        settings.bgr = true;
        settings.leastScore = 0.6;
        settings.mostOverlap = 0.3;
    }
    return settings;
}

/// Of the input in the file, or of metadata written as [height, width].
void readInputSize(const OnnxOutline& outline, DetectorSettings& settings) {
    const std::vector<std::int64_t>& shape = outline.inputs.front().shape;
    const auto fits = [](std::int64_t side) { return side > 0 && side <= kLargestSide; };
    if (shape.size() == 4 && fits(shape[2]) && fits(shape[3])) {
        settings.height = static_cast<int>(shape[2]);
        settings.width = static_cast<int>(shape[3]);
        return;
    }
    const auto entry = outline.metadata.find("imgsz");
    const json size = entry != outline.metadata.end() ? json::parse(entry->second, nullptr, false) : json();
    if (size.is_array() && size.size() == 2 && size[0].is_number_integer() && size[1].is_number_integer() &&
        fits(size[0].get<std::int64_t>()) && fits(size[1].get<std::int64_t>())) {
        settings.height = size[0].get<int>();
        settings.width = size[1].get<int>();
    }
}

std::string listed(const std::vector<std::string>& names) {
    constexpr std::size_t most = 8;
    std::string list;
    for (std::size_t i = 0; i < std::min(most, names.size()); ++i) {
        list += (i == 0 ? "" : ", ") + names[i];
    }
    return list + (names.size() > most ? ", ..." : "");
}

} // namespace

std::vector<std::string> namesInDictionary(const std::string& text) {
    std::vector<std::string> names;
    const char* at = text.data();
    const char* const end = at + text.size();
    const auto skip = [&](std::string_view these) {
        while (at != end && these.find(*at) != std::string_view::npos) {
            ++at;
        }
    };
    skip(" {");
    while (at != end && *at != '}') {
        int number = 0;
        const auto [after, problem] = std::from_chars(at, end, number);
        if (problem != std::errc() || number < 0 || number >= kMostClasses) {
            return {};
        }
        at = after;
        skip(" :");
        if (at == end || (*at != '\'' && *at != '"')) {
            return {};
        }
        const char quote = *at++;
        std::string name;
        for (; at != end && *at != quote; ++at) {
            at += *at == '\\' && at + 1 != end ? 1 : 0;
            name += *at;
        }
        if (at == end) {
            return {};
        }
        ++at;
        names.resize(std::max(names.size(), static_cast<std::size_t>(number) + 1));
        names[static_cast<std::size_t>(number)] = name;
        skip(" ,");
    }
    return names;
}

Result<DetectorSettings> readDetectorSettings(const fs::path& file, const OnnxOutline& outline, BoxLayout layout) {
    DetectorSettings settings = defaultsOf(layout);
    readInputSize(outline, settings);
    const auto entry = outline.metadata.find("names");
    std::vector<std::string> names =
        entry != outline.metadata.end() ? namesInDictionary(entry->second) : std::vector<std::string>();
    chooseByName(names, settings);
    const fs::path beside = settingsFile(file);
    std::error_code problem;
    const bool settled = fs::is_regular_file(beside, problem);
    if (settled) {
        if (auto read = readSidecar(beside, names, settings); !read) {
            return tl::unexpected(std::move(read.error()));
        }
    }
    if (!names.empty()) {
        settings.classes = static_cast<int>(names.size());
    }
    if (layout != BoxLayout::FaceGrids && settings.hands.empty() && settings.faces.empty()) {
        return failure(ErrorCode::InvalidArgument,
                       file.string() + (names.empty() ? " does not say what its classes are"
                                                      : ": none of its classes is a hand or a face: " + listed(names)),
                       "Say which are in " + beside.filename().string() +
                           " beside it, for example {\"hands\": [0], \"face\": [1]}.");
    }
    if (settings.width <= 0 || settings.height <= 0) {
        return failure(ErrorCode::Unsupported, file.string() + " does not say how large its input picture is",
                       "Write it into " + beside.filename().string() + " beside it: {\"input_size\": [640, 640]}.");
    }
    return settings;
}

} // namespace livegloss::vision
