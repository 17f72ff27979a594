#include "dataset/synth_truth.h"

#include "evaluation/text_file.h"
#include "text_lines.h"

#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace livegloss::dataset {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// A value that no clip can have; says where it stands. Stays inside this file.
struct WrongValue : std::runtime_error {
    WrongValue(const std::string& field, const std::string& problem) : std::runtime_error(field + " " + problem) {}
};

std::string textOf(const json& object, const char* key, const std::string& place) {
    const std::string field = place + key;
    const json& value = object.at(key);
    if (!value.is_string()) {
        throw WrongValue(field, "is no text");
    }
    auto text = value.get<std::string>();
    if (text.empty() || !isText(text)) {
        throw WrongValue(field, text.empty() ? "is empty" : "holds characters that are no text");
    }
    return text;
}

double rateOf(const json& clip, const std::string& place) {
    const std::string field = place + "fps";
    const json& value = clip.at("fps");
    const double fps = value.is_number() ? value.get<double>() : 0.0;
    constexpr double fastest = 1000.0;
    if (!std::isfinite(fps) || fps <= 0.0 || fps > fastest) {
        throw WrongValue(field, "is " + value.dump() + ", but a rate is above 0 and at most 1000");
    }
    return fps;
}

/// A number of frames, or of one of them.
int countOf(const json& object, const char* key, const std::string& place) {
    const std::string field = place + key;
    const json& value = object.at(key);
    constexpr int most = std::numeric_limits<int>::max();
    // Large unsigned numbers would turn negative as signed ones.
    if (!value.is_number_integer() || value > most || value < 0) {
        throw WrongValue(field, "is " + value.dump() + ", but frames are counted from 0 in whole numbers");
    }
    return value.get<int>();
}

/// {"fps", "frames", "spans": [{"gloss", "firstFrame", "lastFrame"}]}; throws WrongValue, and json::exception where
/// something is missing.
std::vector<SignSpan> spansOf(const json& clip, const std::string& place) {
    const double fps = rateOf(clip, place);
    const int frames = clip.contains("frames") ? countOf(clip, "frames", place) : std::numeric_limits<int>::max();
    std::vector<SignSpan> spans;
    for (const json& span : clip.at("spans")) {
        const std::string inner = place + "spans[" + std::to_string(spans.size()) + "].";
        const int first = countOf(span, "firstFrame", inner);
        const int last = countOf(span, "lastFrame", inner);
        if (last < first || last >= frames) {
            throw WrongValue(inner + "lastFrame",
                             "is " + std::to_string(last) +
                                 (last < first ? ", before its firstFrame " + std::to_string(first)
                                               : ", but the clip has " + std::to_string(frames) + " frames"));
        }
        spans.push_back({textOf(span, "gloss", inner), first / fps, (last + 1.0) / fps});
    }
    return spans;
}

/// What `interpret` makes of the file; it may throw WrongValue and json::exception.
template <class Value>
Result<Value> readTruth(const fs::path& path, const std::function<Value(const json&)>& interpret) {
    auto text = evaluation::readText(path);
    if (!text) {
        return tl::unexpected(std::move(text.error()));
    }
    const auto refused = [&path](const std::exception& problem) {
        return failure(ErrorCode::Unreadable, path.string() + ": " + problem.what(),
                       "Make it again with livegloss-cli synth, or remove it: then signs have no times.");
    };
    try {
        return interpret(json::parse(*text));
    } catch (const json::exception& problem) {
        return refused(problem);
    } catch (const WrongValue& problem) {
        return refused(problem);
    }
}

/// Whether there is such a file and it is meant to be truth, damaged or not: many a program writes .json of a video's
/// name, this one does too.
bool isTruth(const fs::path& path, const char* key) {
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored)) {
        return false;
    }
    const auto text = evaluation::readText(path);
    if (!text) {
        return true; // the reader says why
    }
    const json truth = json::parse(*text, nullptr, false);
    return truth.is_discarded() ? text->find('"' + std::string(key) + '"') != std::string::npos
                                : truth.is_object() && truth.contains(key);
}

} // namespace

Result<std::map<std::string, SynthTruth>> readSplitTruth(const fs::path& path) {
    using Truths = std::map<std::string, SynthTruth>;
    return readTruth<Truths>(path, [&path](const json& split) {
        Truths truths;
        for (const json& clip : split.at("clips")) {
            const std::string place = "clips[" + std::to_string(truths.size()) + "].";
            const std::string id = textOf(clip, "id", place);
            const std::string file = textOf(clip, "file", place);
            const auto inner = innerPath(file);
            if (!inner) {
                throw WrongValue(place + "file", "is \"" + file + "\", no path inside the data set");
            }
            const SynthTruth truth{path.parent_path() / *inner, spansOf(clip, place), countOf(clip, "frames", place)};
            if (!truths.emplace(id, truth).second) {
                throw WrongValue(place + "id", "is \"" + id + "\", which an earlier clip is called");
            }
        }
        return truths;
    });
}

Result<std::optional<std::vector<SignSpan>>> findSigns(const fs::path& video) {
    using Signs = std::optional<std::vector<SignSpan>>;
    fs::path beside = video;
    beside.replace_extension(".json");
    std::error_code ignored;
    if (isTruth(beside, "spans")) {
        return readTruth<Signs>(beside, [](const json& clip) { return Signs(spansOf(clip, {})); });
    }
    const fs::path folder = fs::absolute(video, ignored).parent_path();
    const fs::path split = folder.parent_path() / (folder.filename().string() + ".json");
    if (!isTruth(split, "clips")) {
        return Signs();
    }
    return readSplitTruth(split).map([&](const std::map<std::string, SynthTruth>& truths) {
        const auto found = truths.find(video.stem().string());
        return found == truths.end() ? Signs() : Signs(found->second.spans);
    });
}

} // namespace livegloss::dataset
