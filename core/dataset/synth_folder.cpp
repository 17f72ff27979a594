#include "evaluation/stm_ctm.h"
#include "evaluation/text_file.h"
#include "text_lines.h"

#include <map>
#include <nlohmann/json.hpp>

namespace livegloss::dataset {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Truth {
    fs::path video;
    std::vector<SignSpan> spans;
    int frames = 0;
};

/// SPLIT.json: where each clip is and when it signs what.
Result<std::map<std::string, Truth>> readTruth(const fs::path& path) {
    auto text = evaluation::readText(path);
    if (!text) {
        return tl::unexpected(std::move(text.error()));
    }
    try {
        std::map<std::string, Truth> known;
        const json parsed = json::parse(*text);
        for (const json& clip : parsed.at("clips")) {
            const double fps = clip.at("fps").get<double>();
            Truth truth{path.parent_path() / clip.at("file").get<std::string>(), {}, clip.at("frames").get<int>()};
            for (const json& span : clip.at("spans")) {
                truth.spans.push_back({span.at("gloss").get<std::string>(), span.at("firstFrame").get<double>() / fps,
                                       (span.at("lastFrame").get<double>() + 1.0) / fps});
            }
            known.emplace(clip.at("id").get<std::string>(), std::move(truth));
        }
        return known;
    } catch (const json::exception& problem) {
        return failure(ErrorCode::Unreadable, path.string() + ": " + problem.what(),
                       "Make it again with livegloss-cli synth, or remove it: then signs have no times.");
    }
}

} // namespace

Result<std::vector<Clip>> readSynthFolder(const fs::path& root) {
    ClipList clips;
    std::error_code ignored;
    for (const std::string split : {"train", "dev", "test"}) {
        const fs::path list = root / (split + ".stm");
        if (!fs::exists(list, ignored)) {
            continue;
        }
        auto segments = evaluation::readStm(list);
        if (!segments) {
            return tl::unexpected(std::move(segments.error()));
        }
        std::map<std::string, Truth> known;
        if (const fs::path truth = root / (split + ".json"); fs::exists(truth, ignored)) {
            auto read = readTruth(truth);
            if (!read) {
                return tl::unexpected(std::move(read.error()));
            }
            known = std::move(*read);
        }
        for (const evaluation::StmSegment& segment : *segments) {
            const ListLine line{list, segment.line, {}};
            auto name = innerPath(line, segment.file);
            if (!name) {
                return tl::unexpected(std::move(name.error()));
            }
            Clip clip;
            clip.id = segment.file;
            clip.split = split;
            clip.signer = segment.speaker;
            clip.glosses = segment.words;
            clip.media = root / split / (name->string() + ".mp4");
            if (const auto truth = known.find(segment.file); truth != known.end()) {
                clip.media = truth->second.video;
                clip.spans = truth->second.spans;
                clip.announcedFrames = truth->second.frames;
            }
            if (auto added = clips.add(line, std::move(clip)); !added) {
                return tl::unexpected(std::move(added.error()));
            }
        }
    }
    return clips.take();
}

} // namespace livegloss::dataset
