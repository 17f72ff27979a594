#include "dataset/synth_truth.h"

#include "evaluation/text_file.h"

#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

namespace livegloss::dataset {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// {"fps", "spans": [{"gloss", "firstFrame", "lastFrame"}]}; throws json::exception where something is missing.
std::vector<SignSpan> spansOf(const json& clip) {
    const double fps = clip.at("fps").get<double>();
    std::vector<SignSpan> spans;
    for (const json& span : clip.at("spans")) {
        spans.push_back({span.at("gloss").get<std::string>(), span.at("firstFrame").get<double>() / fps,
                         (span.at("lastFrame").get<double>() + 1.0) / fps});
    }
    return spans;
}

/// What `interpret` makes of the file; it may throw json::exception.
template <class Value>
Result<Value> readTruth(const fs::path& path, const std::function<Value(const json&)>& interpret) {
    auto text = evaluation::readText(path);
    if (!text) {
        return tl::unexpected(std::move(text.error()));
    }
    try {
        return interpret(json::parse(*text));
    } catch (const json::exception& problem) {
        return failure(ErrorCode::Unreadable, path.string() + ": " + problem.what(),
                       "Make it again with livegloss-cli synth, or remove it: then signs have no times.");
    }
}

} // namespace

Result<std::map<std::string, SynthTruth>> readSplitTruth(const fs::path& path) {
    using Truths = std::map<std::string, SynthTruth>;
    return readTruth<Truths>(path, [&path](const json& split) {
        Truths truths;
        for (const json& clip : split.at("clips")) {
            truths.emplace(clip.at("id").get<std::string>(),
                           SynthTruth{path.parent_path() / clip.at("file").get<std::string>(), spansOf(clip),
                                      clip.at("frames").get<int>()});
        }
        return truths;
    });
}

Result<std::optional<std::vector<SignSpan>>> findSigns(const fs::path& video) {
    using Signs = std::optional<std::vector<SignSpan>>;
    fs::path beside = video;
    beside.replace_extension(".json");
    std::error_code ignored;
    if (fs::exists(beside, ignored)) {
        return readTruth<Signs>(beside, [](const json& clip) { return Signs(spansOf(clip)); });
    }
    const fs::path folder = fs::absolute(video, ignored).parent_path();
    const fs::path split = folder.parent_path() / (folder.filename().string() + ".json");
    if (!fs::exists(split, ignored)) {
        return Signs();
    }
    return readSplitTruth(split).map([&](const std::map<std::string, SynthTruth>& truths) {
        const auto found = truths.find(video.stem().string());
        return found == truths.end() ? Signs() : Signs(found->second.spans);
    });
}

} // namespace livegloss::dataset
