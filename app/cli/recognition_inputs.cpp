#include "recognition_inputs.h"

#include "engine/default_compute.h"

#include "commands.h"
#include "resource_paths.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

namespace livegloss::cli {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

Result<json> readJson(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        return failure(ErrorCode::NotFound, "cannot open " + path.string());
    }
    json parsed = json::parse(in, nullptr, false);
    if (parsed.is_discarded()) {
        return failure(ErrorCode::Unreadable, path.string() + " is not JSON");
    }
    return parsed;
}

/// {"fps", "spans": [{"gloss", "firstFrame", "lastFrame"}]}; throws json::exception where something is missing.
ClipTruth truthOf(const json& clip) {
    const double fps = clip.at("fps").get<double>();
    ClipTruth truth;
    for (const json& span : clip.at("spans")) {
        truth.spans.push_back({span.at("gloss").get<std::string>(), span.at("firstFrame").get<double>() / fps,
                               (span.at("lastFrame").get<double>() + 1.0) / fps});
    }
    return truth;
}

tl::unexpected<Error> badTruth(const fs::path& path, const json::exception& problem) {
    return failure(ErrorCode::Unreadable, path.string() + ": " + problem.what(),
                   "A truth file holds \"fps\" and \"spans\" with \"gloss\", \"firstFrame\" and \"lastFrame\".");
}

} // namespace

engine::LoadedModelPtr openModel(std::string& path) {
    if (path.empty()) {
        path = app::demoModelPath().string();
        if (std::error_code ignored; !fs::exists(path, ignored)) {
            throw CommandFailure{{ErrorCode::NotFound, "the demo model is missing: " + path,
                                  "Name a model with --model, or the folder that holds models/demo.safetensors in the "
                                  "environment variable LIVEGLOSS_DATA_DIR."}};
        }
    }
    return valueOrFail(engine::loadModel(path, engine::defaultCompute()));
}

std::string defaultSample() {
    const fs::path sample = app::samplePaths().front();
    if (std::error_code ignored; !fs::exists(sample, ignored)) {
        throw CommandFailure{{ErrorCode::NotFound, "the sample clip is missing: " + sample.string(),
                              "Name a video, camera or stream with --input."}};
    }
    return sample.string();
}

Result<std::optional<ClipTruth>> findTruth(const fs::path& video) {
    fs::path beside = video;
    beside.replace_extension(".json");
    std::error_code ignored;
    if (fs::exists(beside, ignored)) {
        auto parsed = readJson(beside);
        if (!parsed) {
            return tl::unexpected(std::move(parsed.error()));
        }
        try {
            return truthOf(*parsed);
        } catch (const json::exception& problem) {
            return badTruth(beside, problem);
        }
    }
    const fs::path folder = fs::absolute(video, ignored).parent_path();
    if (!fs::exists(folder.parent_path() / (folder.filename().string() + ".json"), ignored)) {
        return std::nullopt;
    }
    auto clips = readSplit(folder.parent_path(), folder.filename().string());
    if (!clips) {
        return tl::unexpected(std::move(clips.error()));
    }
    for (SplitClip& clip : *clips) {
        if (clip.id == video.stem().string()) {
            return std::move(clip.truth);
        }
    }
    return std::nullopt;
}

Result<std::vector<SplitClip>> readSplit(const fs::path& folder, const std::string& split) {
    const fs::path path = folder / (split + ".json");
    auto parsed = readJson(path);
    if (!parsed) {
        return tl::unexpected(std::move(parsed.error()));
    }
    try {
        std::vector<SplitClip> clips;
        for (const json& clip : parsed->at("clips")) {
            clips.push_back(
                {clip.at("id").get<std::string>(), folder / clip.at("file").get<std::string>(), truthOf(clip)});
        }
        return clips;
    } catch (const json::exception& problem) {
        return badTruth(path, problem);
    }
}

} // namespace livegloss::cli
